"""Each way in which the mock gateway can lie turns the cells it is meant to turn, and no others."""

import itertools
import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from conformance.contract import loading as contracts
from conformance.mock.defects.defect import Json
from conformance.mock.defects.reports import REPORTS
from conformance.mock.server import registry
from conformance.mock.surfaces.chat.defect import ChatDefect
from tests.mutation import faults, mutating, table
from tests.mutation.mutating import Mutant, Mutation

DEFECTS = registry.defects()
CONTRACT = contracts.load("cometapi")
ROWS = Path(__file__).parents[3] / "shared" / "facts" / "defects.jsonl"
SURFACES = {"chat", "chat-stream", "errors", "catalog"}

Mutate = Callable[[str], Mutant]


@pytest.fixture(scope="module")
def run() -> Iterator[Mutation]:
    """The truthful gateway, asked once what chat is asked."""
    with mutating.mutation("chat") as run:
        yield run


@pytest.fixture(scope="module")
def mutant(run: Mutation) -> Mutate:
    """What a defect turned, by its name."""
    return cache(run.mutant)


@pytest.mark.parametrize("name", ["drops_n", "repeats_id", "refuses_in_bare_words"])
def test_a_mutant_without_a_fault_has_none(name: str, mutant: Mutate) -> None:
    """It turns the cells of the listed claims, on the kinds of models that it concerns, in three of three attempts."""
    found = faults.of_mutant(mutant(name), CONTRACT)
    assert not found, "\n".join([name, *found])


def test_the_page_counts_what_was_found_of_reports_planted_blind() -> None:
    """Of three reports two came onto the wire and one was found; each row says what found it, if anything did."""
    found = ([], None, ["chat.n.count"])
    rows = [{"id": f"B{n}", "url": "u", "symptom": "s", "suites": {"now": claims}} for n, claims in enumerate(found)]
    rows.append({"id": "B3", "url": "u", "symptom": "s", "suites": {"now": None, "later": ["chat.n.count"]}})
    section = table.blind({"suites": ["now", "later"], "reports": rows})
    assert "| now | 2 of 4 | 1 (50%) | 25% |" in section
    assert "| later | 1 of 1 | 1 (100%) | 100% |" in section, "only of the reports that were measured then"
    assert [line.split(" | ")[-1] for line in section if line.startswith("| [B")] == [
        "**nothing** |",
        "not on the wire |",
        "chat.n.count |",
        "chat.n.count |",
    ]


def test_a_claim_without_a_killer_is_named(mutant: Mutate) -> None:
    """Without the defects of a claim the summary names it."""
    few = [mutant("drops_n")]
    assert "chat.temperature.range" in table.summary(few, CONTRACT)[1]
    assert "chat.n.count" not in table.summary(few, CONTRACT)[1]


def test_a_case_is_skipped_only_where_the_replies_are_equal(run: Mutation) -> None:
    """Asked in full, a defect turns the same cells, in the same words and with the same evidence."""
    for name in ("drops_n", "streams_without_done", "blanks_request_id", "takes_no_detail_as_low"):
        quick, full = run.mutant(name), run.mutant(name, skip=False)
        assert quick.asked < full.asked, name
        assert quick.cells == full.cells, name


def test_a_defect_that_counts_requests_is_asked_in_full(run: Mutation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the order of requests decides, one replay proves nothing: a second one in the opposite order shows it."""
    numbers = itertools.count()

    def every_third(body: Json) -> Json:
        return {**body, "n": 1} if next(numbers) % 3 == 0 else body

    defect = ChatDefect("drops_some_n", "It drops n at times.", ("chat.n.count",), parameter="n", body=every_third)
    monkeypatch.setattr(registry, "find", lambda name: defect)
    found = run.mutant(defect.name, suspicious=True)
    assert found.asked == found.cases > 0


def test_every_defect_is_described() -> None:
    """A sentence, claims of the contract, kinds that the mock serves."""
    assert list(faults.of_descriptions(DEFECTS, CONTRACT)) == []


def test_a_report_has_a_defect_or_a_reason() -> None:
    """One of the two, and no defect cites a report that is not there."""
    assert list(faults.of_reports(DEFECTS.values())) == []


def test_every_row_of_the_field_is_in_the_reports() -> None:
    """Of the surfaces that the suite has, where the rows lie beside the checkout."""
    if not ROWS.exists():
        pytest.skip("the rows from the field do not lie beside this checkout")
    rows = [json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()]
    wanted = {row["id"]: row["url"] for row in rows if row["surface"] in SURFACES}
    assert {number: REPORTS[number].url for number in wanted} == wanted
