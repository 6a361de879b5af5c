"""Each way in which the mock gateway can lie turns the cells it is meant to turn, and no others."""

from collections.abc import Callable, Iterator
from functools import cache

import mutating
import pytest
from mutating import KINDS, Mutant, Mutation, kind_of

from conformance import contract as contracts
from conformance.mock.defects import ALL

Lied = Callable[[str], Mutant]
CLAIMS = contracts.load("cometapi").claims


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
    assert mutant.killed, "\n".join(mutating.say(mutant))
    assert not mutant.alarms, "\n".join(mutating.say(mutant))


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
    seen = [cell for cell in mine if mutant.cells[cell].observed != mutant.clean[cell].observed]
    assert seen
    if any(not CLAIMS[claim].per_endpoint for claim in mutant.defect.claims):
        kinds = {kind_of(mutant.cells[cell]) for cell in seen if not CLAIMS[mutant.cells[cell].claim].per_endpoint}
        assert kinds == set(mutant.defect.kinds)


@pytest.mark.parametrize("name", ALL)
def test_what_it_hides_is_inconclusive(name: str, lied: Lied) -> None:
    """Any other cell keeps its verdict or is without evidence: what is hidden is never held against the endpoint."""
    mutant = lied(name)
    for cell in mutant.cells.keys() - mutant.turned:
        now, before = mutant.cells[cell].verdict, mutant.clean[cell].verdict
        assert now in {before, "inconclusive"}, f"{cell}: {mutant.cells[cell].detail}"
