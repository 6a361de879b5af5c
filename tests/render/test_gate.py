"""What a gate prints: equal causes folded in each format, and the forms that GitHub and readers of SARIF take."""

import json
import re
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from conformance.render.gate import LISTED, text
from conformance.render.gate_annotations import commands
from conformance.render.gate_chat import message as chat_message
from conformance.render.gate_markdown import markdown
from conformance.render.gate_sarif import sarif
from conformance.results.expectations import Stale
from conformance.results.findings import findings
from conformance.results.gate import Comparison, Kind, compare
from conformance.results.matrix import Cell, Matrix
from tests.support import npm
from tests.support.matrices import FOUR, HOSTILE, cell, hostile, matrix, said

MODELS = ("a", "b", "c", "d")
PRESUPPOSED = {"reason": "presupposition failed", "observed": None}


def on_all(claim: str, verdict: str = "conforms", **parts: object) -> list[Cell]:
    """A cell of a claim on each of four models."""
    return [cell(claim, verdict, model=model, **parts) for model in MODELS]


def blocked(claim: str, cause: str) -> list[Cell]:
    """A claim on each of four models, blocked by another."""
    return on_all(claim, "blocked", cause=cause, **PRESUPPOSED)


CLAIMS = ("chat.n.count", "chat.n.limit", "chat.n.usage", "chat.stop.one")
GOOD = matrix(*[each for claim in CLAIMS for each in on_all(claim)])
BAD = matrix(
    *on_all("chat.n.count", "deviates"),
    *blocked("chat.n.limit", "chat.n.count"),
    *blocked("chat.n.usage", "chat.n.count"),
    *on_all("chat.stop.one"),
)
WORSE = compare(GOOD, BAD)


def test_one_cause_is_one_entry_over_all_models() -> None:
    """It has what was seen once, and the number and names of what it blocks; the last line counts cells."""
    assert text(WORSE).splitlines()[3:] == [
        "regressed (4), cells that deviate now and did not before, or not as often:",
        "  chat.n.count on all 4 models",
        "    conforms (honoured: what chat.n.count showed) -> deviates (ignored: what chat.n.count showed)",
        "    blocks 8 cells: chat.n.limit, chat.n.usage",
        "",
        "gate: FAILED (4 regressed, 8 consequence, 4 same)",
    ]
    (row,) = [line for line in markdown(WORSE).splitlines() if line.startswith("| chat")]
    assert row.startswith("| chat.n.count on all 4 models; blocks 8 cells: chat.n.limit, chat.n.usage | conforms ")


def test_models_that_show_different_things_are_apart_in_their_entry() -> None:
    """Two observations are shown, and the number of the others."""
    seen = zip(on_all("chat.n.count", "deviates"), ("1", "1", "1-2", "1-3"), strict=True)
    found = compare(GOOD, replace(BAD, cells=tuple(replace(each, measured=limit) for each, limit in seen)))
    lines = text(found).splitlines()
    assert [line.partition(" (")[0] for line in lines if line.startswith("    ")] == [
        "    openai:a, openai:b: conforms",
        "    openai:c: conforms",
        "    and 1 other observation",
    ]
    assert sum(line.startswith("    openai:") for line in text(found, whole=True).splitlines()) == 4


def test_a_fixed_cause_takes_along_what_it_blocked() -> None:
    """What is judged again and conforms is no entry of its own."""
    lines = text(compare(BAD, GOOD)).splitlines()
    assert lines[4] == "  chat.n.count on all 4 models"
    assert lines[6:] == [
        "    blocked 8 cells: chat.n.limit, chat.n.usage",
        "",
        "gate: passed (4 fixed, 8 changed, 4 same)",
    ]


def test_a_consequence_without_its_cause_is_an_entry_of_its_own() -> None:
    """No cell that changed is lost."""
    found = compare(GOOD, replace(BAD, cells=tuple(each for each in BAD.cells if each.claim != "chat.n.count")))
    assert "consequence (8)" in text(found)
    assert "not in the candidate: chat.n.count" in text(found)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (GOOD, BAD),
        (BAD, GOOD),
        (GOOD, replace(BAD, cells=BAD.cells[2:9])),
        (replace(BAD, cells=BAD.cells[2:9]), BAD),
        (FOUR, replace(FOUR, cells=FOUR.cells[::2])),
    ],
)
def test_every_cell_that_changed_is_in_one_finding(before: Matrix, after: Matrix) -> None:
    """None is lost and none is in two, whether it changed by itself or is blocked."""
    found = compare(replace(before, run=after.run), after)
    every = [finding for kind in LISTED for finding in findings(found, kind)]
    named = [each for finding in every for each in (*finding.problem.cells, *finding.problem.blocked)]
    assert sorted(each.id for each in named) == sorted(
        change.cell for change in found.changes if change.kind is not Kind.SAME
    )


def test_what_stands_in_both_is_one_line() -> None:
    """With what it newly blocks; all of it, cell by cell, if asked."""
    before = replace(GOOD, cells=(*on_all("chat.n.count", "deviates"), *GOOD.cells[4:]))
    found = compare(before, BAD)
    assert (
        text(found).splitlines()[3] == "deviates in both (4): chat.n.count; blocks 8 cells: chat.n.limit, chat.n.usage"
    )
    assert "\ndeviates in both (4): chat.n.count; blocks 8 cells" in markdown(found)
    assert text(found, whole=True).count(" -> deviates") == 4
    assert markdown(found, whole=True).count("| deviates ") == 8


def test_a_blocked_model_is_one_line() -> None:
    """Which one, how many cells, why, and what to do; whatever its cells were before."""
    many = [cell(f"chat.n.c{number}", "conforms", model=model) for number in range(200) for model in MODELS]
    before = [*many, cell("chat.n.open", "inconclusive", model="a")]
    why = "preflight failed: 401, wrong key"
    dead = [
        replace(cell(each.claim, "blocked", model="a", observed=None, reason="preflight failed"), detail=why)
        if each.model == "a"
        else each
        for each in before
    ]
    found = compare(matrix(*before), matrix(*dead))
    assert (found.exit_code, found.counts()) == (5, {"lost coverage": 200, "changed": 1, "same": 600})
    printed = text(found)
    assert len(printed.splitlines()) < 25
    assert (
        "nothing was judged of openai:a: 401, wrong key (201 cells not judged); once that is mended, run the candidate again"
        in printed
    )
    assert printed.count("openai:a") == 1


def test_a_change_at_one_value_is_told() -> None:
    """Where the case that decides shows the same in both runs."""
    cells = [
        cell(
            "chat.n.disputed",
            "noted",
            observed="refused",
            detail="so",
            says="unstated",
            seen={"5": seen, "6": "refused"},
        )
        for seen in ("honoured", "ignored")
    ]
    printed = text(compare(matrix(cells[0]), matrix(cells[1])))
    assert "    noted (refused: so): 5: honoured -> ignored" in printed.splitlines()


def test_a_long_list_is_cut_and_says_so() -> None:
    """Twenty of what fails, five of what does not."""
    claims = [f"chat.n.c{number}" for number in range(30)]
    good, bad = (matrix(*[cell(claim, verdict) for claim in claims]) for verdict in ("conforms", "deviates"))
    assert text(compare(good, bad)).count(" -> ") == 20
    assert "  and 10 more; --verbose lists them" in text(compare(good, bad))
    assert text(compare(bad, good)).count(" -> ") == 5
    assert text(compare(good, bad), whole=True).count(" -> ") == 30
    assert "\n10 more are in the JSON output" in markdown(compare(good, bad))


# ---------------------------------------------------------------- GitHub

COMMAND = re.compile(r"::(error|warning) title=([^:,\r\n]+)::([^\r\n]*)")


def test_annotations_have_the_form_that_github_documents() -> None:
    """A title without colon and comma, a message on one line; percent signs are escaped first."""
    worse = replace(BAD, cells=tuple(replace(each, detail="50% of,\r\n::error::x") for each in BAD.cells))
    (line,) = commands(compare(GOOD, worse)).splitlines()[:-1]
    match = COMMAND.fullmatch(line)
    assert match
    assert match[2] == "regressed%3A chat.n.count on all 4 models"
    assert "50%25 of," in match[3]
    assert match[3].endswith("%0Ablocks 8 cells: chat.n.limit, chat.n.usage")
    assert commands(WORSE).splitlines()[-1] == "gate: FAILED (4 regressed, 8 consequence, 4 same)"


def test_at_most_ten_annotations_of_a_level_are_written() -> None:
    """GitHub drops the others; the tenth says how many there are."""
    claims = [f"chat.n.c{number}" for number in range(12)]
    judged = cell("chat.n.good", "conforms")
    for verdict, level, count in (
        ("deviates", "error", 12),
        ("deviates", "error", 10),
        ("inconclusive", "warning", 12),
    ):
        good, bad = ([cell(claim, now) for claim in claims[:count]] for now in ("conforms", verdict))
        found = compare(matrix(judged, *good), matrix(judged, *bad))
        lines = commands(found).splitlines()[:-1]
        assert len(lines) == 10
        assert all((match := COMMAND.fullmatch(line)) and match[1] == level for line in lines)
        assert ("title=3 more::" in lines[-1]) == (count == 12)


def test_a_stale_expectation_and_a_stopped_run_are_annotated() -> None:
    """The one is an error, the other a warning."""
    stale = Stale("known.toml, line 4", "chat.n.*", "now conforms; remove it")
    found = replace(compare(GOOD, matrix(*GOOD.cells, stopped=True)), stale=(stale,))
    assert [COMMAND.fullmatch(line)[1] for line in commands(found).splitlines()[:-1]] == ["error", "warning"]  # type: ignore[index]


@pytest.mark.parametrize("form", [text, markdown, commands])
def test_hostile_text_stays_text(form: object) -> None:
    """No line of its own, no control character; a command begins only where the gate wrote one."""
    found = hostile()
    good = replace(found, cells=tuple(replace(each, verdict=GOOD.cells[0].verdict) for each in found.cells))
    written = form(compare(good, found))  # type: ignore[operator]
    assert all(char.isprintable() or char == "\n" for char in written)
    assert written.count("\n# head") == 0


# ---------------------------------------------------------------- SARIF

SCHEMA = "@microsoft/jest-sarif@1.0.0-beta.0"  # has the schema of SARIF 2.1.0 (rtm.5), which code scanning is documented with


def test_sarif_has_a_result_for_each_cell_that_deviates() -> None:
    """The level is that of the claim; what is not news is unchanged, what is expected is suppressed."""
    before = matrix(cell("chat.n.a", "conforms"), cell("chat.n.b", "differs"), cell("chat.n.c", "conforms"))
    after = matrix(cell("chat.n.a", "deviates"), cell("chat.n.b", "differs"), cell("chat.n.c", "deviates"))
    found = compare(before, after)
    changes = tuple(
        replace(each, kind=Kind.EXPECTED, entry="known.toml, line 4") if "n.c" in each.cell else each
        for each in found.changes
    )
    (run,) = sarif(replace(found, changes=changes))["runs"]
    kept = [(row["ruleId"], row["level"], row["baselineState"], "suppressions" in row) for row in run["results"]]
    assert kept == [
        ("chat.n.a", "error", "new", False),
        ("chat.n.b", "warning", "unchanged", False),
        ("chat.n.c", "error", "new", True),
    ]
    prints = {row["partialFingerprints"]["primaryLocationLineHash"] for row in run["results"]}
    assert len(prints) == len(kept)
    assert [run["tool"]["driver"]["rules"][row["ruleIndex"]]["id"] for row in run["results"]] == [k[0] for k in kept]


def test_sarif_says_what_was_not_judged() -> None:
    """Otherwise nothing of it would look like nothing wrong."""
    gone = said(matrix(*on_all("chat.stop.one", "inconclusive")), blocked="no key", exit_code=4)
    (run,) = sarif(compare(GOOD, gone))["runs"]
    (invocation,) = run["invocations"]
    assert not invocation["executionSuccessful"]
    notes = " ".join(note["message"]["text"] for note in invocation["toolExecutionNotifications"])
    assert "no key" in notes
    assert "lost coverage: " in notes
    assert "chat.n.count@openai:a" in notes


def test_sarif_fits_its_schema(tmp_path: Path) -> None:
    """The one that the SARIF tools of its authors validate with."""
    folder = npm.package(SCHEMA, tmp_path / "npm") / "@microsoft" / "jest-sarif" / "lib" / "schemas"
    schema = json.loads((folder / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
    check = jsonschema.Draft4Validator(schema)
    expected: Comparison = replace(
        WORSE, changes=tuple(replace(each, kind=Kind.EXPECTED, entry="x") for each in WORSE.changes)
    )
    bad = hostile()
    for found in (
        WORSE,
        compare(BAD, GOOD),
        expected,
        compare(bad, bad),
        compare(GOOD, matrix(*GOOD.cells, stopped=True)),
    ):
        assert [error.message for error in check.iter_errors(sarif(found))] == []
    assert list(check.iter_errors({"version": "2.1.0"}))
    assert HOSTILE[0] not in json.dumps(sarif(compare(bad, bad)), ensure_ascii=False)


# ---------------------------------------------------------------- chat


def test_a_chat_gets_a_few_lines_and_no_word_of_the_endpoint() -> None:
    """The result, a line for each cause with its claims and models, and the link."""
    assert chat_message(WORSE, "https://site.example").splitlines() == [
        "mine: gate: FAILED (4 regressed, 8 consequence, 4 same)",
        "• regressed: chat.n.count on openai:a, openai:b, openai:c and 1 more",
        "https://site.example",
    ]
    assert chat_message(compare(GOOD, GOOD)) == "mine: gate: passed (16 same)\n"
    bad = hostile()
    attacked = chat_message(
        compare(bad, replace(bad, cells=tuple(replace(each, detail="<!channel>") for each in bad.cells)))
    )
    assert "<" not in attacked
    assert HOSTILE[0] not in attacked


def test_a_chat_names_ten_causes_at_most() -> None:
    """The others are counted."""
    claims = [f"chat.n.c{number}" for number in range(12)]
    found = compare(matrix(*(cell(claim, "conforms") for claim in claims)),
                    matrix(*(cell(claim, "deviates", detail=claim) for claim in claims)))  # fmt: skip
    assert chat_message(found).splitlines()[-1] == "and 2 more"
