"""Each way in which the mock gateway can lie turns the cells it is meant to turn, and no others."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from conformance.contract import loading as contracts
from conformance.mock.defects.reports import REPORTS
from conformance.mock.server import registry
from conformance.results.matrix import Cell
from tests.mutation import mutating, table
from tests.mutation.mutating import KINDS, Mutant, Mutation, kind_of

ALL = registry.defects()
Lied = Callable[[str], Mutant]
CONTRACT = contracts.load("cometapi")
CLAIMS = CONTRACT.claims
ROWS = Path(__file__).parents[3] / "shared" / "facts" / "defects.jsonl"
SURFACES = {"chat", "chat-stream", "errors", "catalog"}


@pytest.fixture(scope="module")
def run() -> Iterator[Mutation]:
    """The truthful gateway, asked once."""
    with mutating.mutation() as run:
        yield run


@pytest.fixture(scope="module")
def lied(run: Mutation) -> Lied:
    """What a defect turned, by its name."""
    return cache(run.mutant)


def test_the_truth_is_in_order(run: Mutation) -> None:
    """Without a defect nothing is red, so that every red cell is a defect's."""
    assert {cell.verdict for cell in run.clean.cells.values()} == {"conforms", "noted", "not applicable"}


@pytest.mark.parametrize("name", ALL)
def test_it_is_described(name: str) -> None:
    """A sentence, claims of the contract, kinds that the mock serves."""
    assert ALL[name].symptom.endswith(".")
    assert ALL[name].claims
    assert set(ALL[name].claims) <= set(CLAIMS)
    assert set(ALL[name].kinds) <= set(KINDS)


@pytest.mark.parametrize("name", ALL)
def test_it_turns_its_cells_and_no_others(name: str, lied: Lied) -> None:
    """What turns are the cells of the listed claims on the kinds of models that it concerns."""
    mutant = lied(name)
    assert mutant.killed, "\n".join(table.say(mutant))
    assert not mutant.alarms, "\n".join(table.say(mutant))


@pytest.mark.parametrize("name", ALL)
def test_it_fails_where_the_contract_is_binding(name: str, lied: Lied) -> None:
    """Of the cells that turn red, those at must deviate and those at should differ, each seen in three of three attempts."""
    for cell in lied(name).expected:
        seen = lied(name).cells[cell]
        assert seen.verdict == ("deviates" if seen.level == "must" else "differs"), cell
        assert "3 of 3 times" in seen.detail, cell
        assert {each.rsplit(".", 1)[1] for each in seen.evidence} >= {"0", "1", "2"}, cell


@pytest.mark.parametrize("name", ALL)
def test_it_shows_on_every_kind_of_model(name: str, lied: Lied) -> None:
    """On each kind that it concerns one of its claims is observed differently, judged or not.

    Claims about the endpoint as a whole are observed once, and on no model.
    """
    mutant = lied(name)
    mine = [cell for cell, seen in mutant.cells.items() if seen.claim in mutant.defect.claims]
    seen = [cell for cell in mine if words(mutant.cells[cell]) != words(mutant.clean[cell])]
    assert seen
    if any(not CLAIMS[claim].per_endpoint for claim in mutant.defect.claims):
        kinds = {kind_of(mutant.cells[cell]) for cell in seen if not CLAIMS[mutant.cells[cell].claim].per_endpoint}
        assert kinds == set(mutant.defect.kinds)


def words(cell: Cell) -> tuple[Any, ...]:
    """What was seen of each case of a cell."""
    return cell.observed, cell.seen


@pytest.mark.parametrize("name", ALL)
def test_what_it_hides_is_inconclusive(name: str, lied: Lied) -> None:
    """Any other cell keeps its verdict or is without evidence: what is hidden is never held against the endpoint."""
    mutant = lied(name)
    for cell in mutant.cells.keys() - mutant.turned:
        now, before = mutant.cells[cell].verdict, mutant.clean[cell].verdict
        assert now in {before, "inconclusive"}, f"{cell}: {mutant.cells[cell].detail}"


def test_every_claim_has_a_killer(lied: Lied) -> None:
    """A claim that no lie turns could not fail."""
    killers = table.by_claim([lied(name) for name in ALL], CONTRACT)
    assert [claim for claim, names in killers.items() if not names] == []


def test_a_claim_without_a_killer_is_told(lied: Lied) -> None:
    """Without the defects of a claim the summary names it."""
    few = [lied("drops_n")]
    assert "chat.temperature.range" in table.summary(few, CONTRACT)[1]
    assert "chat.n.count" not in table.summary(few, CONTRACT)[1]


def test_the_page_of_the_docs_is_that_of_this_version(lied: Lied) -> None:
    """Written by `tox run -e mutation -- --write`."""
    assert table.PAGE.read_text(encoding="utf-8") == table.page([lied(name) for name in ALL], CONTRACT)


def test_a_report_has_a_defect_or_a_reason() -> None:
    """One of the two, and no defect cites a report that is not there."""
    cited = {number for defect in ALL.values() for number in defect.reports}
    assert cited <= set(REPORTS)
    for number, report in REPORTS.items():
        assert (number in cited) != bool(report.reason), number
        assert bool(report.reason) == bool(report.symptom), number


def test_every_row_of_the_field_is_in_the_reports() -> None:
    """Of the surfaces that the suite has, where the rows lie beside the checkout."""
    if not ROWS.exists():
        pytest.skip("the rows from the field do not lie beside this checkout")
    rows = [json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()]
    wanted = {row["id"]: row["url"] for row in rows if row["surface"] in SURFACES}
    assert {number: REPORTS[number].url for number in wanted} == wanted
