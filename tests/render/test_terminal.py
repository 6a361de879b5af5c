"""A run in the terminal: what holds, the table of the documentation, what is not in order; whatever an endpoint sent."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from conformance.base.observation import Reason
from conformance.contract.claims import Says
from conformance.render import FORMATS, terminal
from conformance.render.signs import SIGNS
from conformance.results.matrix import Cell, Matrix
from conformance.results.problems import NOT_IN_ORDER
from conformance.results.reading import read
from conformance.run.option_table import Show
from conformance.trial.judge import Verdict
from tests.support.matrices import FOUR, HOSTILE, cell, matrix, of_all_verdicts, said

ROOT = Path(__file__).parents[2]
OUT = Path("reports/runs/x")
STOPPED = {"detail": "stopped: not reached before the run ended", "reason": Reason.STOPPED}
SURFACES = {"contract": {"name": "c", "surfaces": ["chat", "responses", "models"], "digest": "d"}}
MODELS = (("openai", "gpt-a"), ("openai", "gpt-b"), ("claude", "claude-a"), ("gemini", "gemini-a"))


def summary(found: Matrix, width: int = 100, *, show: str = "short", colour: bool = False, unicode: bool = True) -> str:
    """The terminal's text."""
    return terminal.summary(found, OUT, width=width, colour=colour, unicode=unicode, show=Show(show))


def on_models(claim: str, *verdicts: str, **parts: object) -> list[Cell]:
    """Cells of one claim, with these verdicts on the first models."""
    return [
        cell(claim, verdict, column=column, model=model, **parts)
        for verdict, (column, model) in zip(verdicts, MODELS, strict=False)
    ]


def row(text: str, title: str) -> str:
    """The line of a table that begins with this title, blanks folded."""
    return next(" ".join(line.split()) for line in text.splitlines() if line.split()[:1] == [title])


# ---------------------------------------------------------------- width, signs, colour


@pytest.mark.parametrize("show", Show)
@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_terminal_is_not_exceeded(width: int, show: str) -> None:
    """No line of tables, legend and problems is wider, whatever the names and details; lines to copy may be."""
    copied = ("look closer: ", "written to ", "the whole contract: ", "all cells: ")
    for line in summary(FOUR, width, show=show).splitlines():
        assert cell_len(line) <= width or line.startswith(copied) or "cells)" in line, line


@pytest.mark.parametrize("show", ["short", "table", "all"])
def test_every_model_is_there_at_any_width(show: str) -> None:
    """In the lines of the models, whatever the tables have room for."""
    for width in (40, 80, 120):
        text = re.sub(r"\s+", "", summary(FOUR, width, show=show))
        for model in FOUR.run.models:
            assert f"chat{model}:" in text


def test_no_name_is_cut_where_models_share_the_width() -> None:
    """Four models on 80 columns: what does not fit is wrapped, and nothing is cut off."""
    names = ["mock-openai", "mock-openai-reasoning", "mock-claude", "mock-gemini"]
    documented = "only with stream true, and then as documented"
    found = matrix(*(cell("chat.n.one", "conforms", model=name, documented=documented) for name in names))
    text = summary(found, 80, show="all")
    assert text.count("✓ honoured") == 4
    assert text.count("documented") == 4


def test_without_unicode_the_terminal_gets_ascii() -> None:
    """Signs have their plain forms; nothing else of ours is outside of ASCII."""
    for show in Show:
        assert summary(FOUR, show=show, unicode=False).isascii()
    text = summary(FOUR, unicode=False)
    for sign in SIGNS.values():
        assert f"{sign.plain} {sign.meaning}" in text


@pytest.mark.parametrize("show", Show)
def test_colour_changes_nothing_but_colour(show: str) -> None:
    """With the escape sequences taken out the text is the same; without colour there is none."""
    plain = summary(FOUR, show=show)
    assert "\x1b" not in plain
    coloured = summary(FOUR, show=show, colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain


@pytest.mark.parametrize("show", Show)
@pytest.mark.parametrize("colour", [False, True])
def test_hostile_text_does_nothing_in_a_terminal(colour: bool, show: str) -> None:
    """No control sequence, no markup of ours, no stray byte comes through; the words do."""
    hostile = said(matrix(*of_all_verdicts("[red]m[/nope]", HOSTILE), target_version=HOSTILE), echoed=HOSTILE)
    text = re.sub(r"\x1b\[[\d;]*m", "", summary(hostile, show=show, colour=colour))
    assert all(letter.isprintable() or letter == "\n" for letter in text)
    text.encode()
    assert "[red]m[/nope]" in text
    assert ("alert(1)" in text) is (show != "table")


def test_a_blocked_reason_does_nothing_in_a_terminal() -> None:
    """It quotes the endpoint as well."""
    assert "\x1b" not in summary(said(matrix(cell("chat.n.one", "blocked")), blocked=HOSTILE))


# ---------------------------------------------------------------- lines of models


def test_each_api_and_model_has_a_line() -> None:
    """The binding claims that hold, and the others by what became of them; what is noted or does not apply is none of them."""
    cells = [
        cell(f"chat.n.c{number}", verdict)
        for number, verdict in enumerate(["conforms", "conforms", *map(str, Verdict)])
    ]
    open_ = cell("chat.n.undocumented", "inconclusive", level="unstated", says="unstated")
    other = cell("responses.n.count", "deviates")
    endpoint = cell("models.list.one", "noted", column="endpoint", model="any", level="unstated")
    surfaces = {"name": "c", "surfaces": ["chat", "responses", "models"], "digest": "d"}
    lines = summary(matrix(*cells, open_, endpoint, other, contract=surfaces)).splitlines()
    assert "chat openai:gpt-4.1-mini:      3 of 7 binding claims hold, 1 deviate, 1 differ, 2 open" in lines
    assert "responses openai:gpt-4.1-mini: 0 of 1 binding claims hold, 1 deviate" in lines
    assert "models endpoint:               no binding claims" in lines
    assert "c chat, responses, models on mine" in lines


def test_many_models_that_hold_everything_share_a_line() -> None:
    """With more than a screen has room for, over all APIs; those with something open or wrong have their own."""
    cells = [cell("chat.n.count", "conforms", model=f"m{number}") for number in range(20)]
    endpoint = cell("responses.error.no_key", "conforms", column="endpoint", model="any")
    one = cell("responses.n.count", "conforms", model="m0")
    lines = summary(
        matrix(*cells, cell("chat.n.count", "deviates", model="bad"), one, endpoint, **SURFACES)
    ).splitlines()
    assert "chat openai:bad:               0 of 1 binding claims hold, 1 deviate" in lines
    assert "chat 20 models:                all 20 binding claims hold" in lines
    assert "responses openai:m0, endpoint: all 2 binding claims hold" in lines
    assert not any(line.startswith("chat openai:m0:") for line in lines)


# ---------------------------------------------------------------- the table of the documentation


def test_a_parameter_is_a_row_with_its_limits() -> None:
    """What is documented for each column, what was measured, and the number of the problem."""
    limit = {"documented": "1-128", "measured": "1-128"}
    cells = [
        cell("chat.n.count", "conforms", **limit),
        cell("chat.n.count", "deviates", column="claude", model="c", documented="1-8", measured="1-4"),
    ]
    text = summary(matrix(*cells))
    assert row(text, "n") == "n ✓ 1-128 [1-128] ✗ 1-8 [1-4] #1"
    assert " 1 ✗ deviates: chat.n.count on claude:c" in text


def test_parameters_that_are_alike_share_lines() -> None:
    """If they are in order, undocumented ones aside; --show table has a row for each of them."""
    cells = [cell for name in ("a", "b") for cell in on_models(f"chat.{name}.x", *["conforms"] * 4, documented="yes")]
    cells += on_models("chat.c.x", *["conforms"] * 3, documented="0-2")
    cells.append(cell("chat.c.x", "conforms", column="gemini", model="gemini-a", documented="0-1"))
    cells += on_models("chat.d.x", *["conforms"] * 2, documented="0-1")
    cells += on_models("chat.d.y", *["noted"] * 3, level="unstated", says="unstated", documented="unstated")
    text = summary(matrix(*cells))
    assert "✓ as documented: a, b, d (0-1)\n" in text
    assert row(text, "c") == "c ✓ 0-2 ✓ 0-2 ✓ 0-1"
    whole = summary(matrix(*cells), show="table")
    assert row(whole, "a") == "a ✓ yes ✓ yes ✓ yes"
    assert "as documented" not in whole


def test_one_failed_claim_never_hides_behind_an_undocumented_one() -> None:
    """The worst binding verdict decides; what nothing documents counts only where there is nothing else."""
    cells = [
        cell("chat.a.x", "conforms"),
        cell("chat.a.y", "noted", level="unstated", says="unstated"),
        cell("chat.b.x", "differs"),
        cell("chat.b.y", "inconclusive", level="unstated", says="unstated"),
        cell("chat.c.x", "inconclusive", level="unstated", says="unstated"),
        cell("chat.c.y", "noted", level="unstated", says="unstated"),
    ]
    text = summary(matrix(*cells))
    assert "✓ as documented: a (1-128)" in text
    assert row(text, "b").startswith("b ≠ 1-128 #1")
    assert "· not documented, noted: c" in text


def test_models_of_one_class_share_a_column() -> None:
    """It shows the worst, and on how many of them."""
    text = summary(matrix(*on_models("chat.n.count", "conforms", "deviates", "conforms", "conforms")))
    assert "2 models chat" in text
    assert row(text, "n") == "n ✗ 1-128 1 of 2 #1 ✓ 1-128 ✓ 1-128"


def test_each_api_has_its_own_table() -> None:
    """In the order of the run, under its name; two parameters of one name stand apart; claims about the endpoint are one line."""
    cells = [
        cell("models.list.listed", "conforms", column="endpoint", model="any"),
        cell("responses.n.count", "deviates"),
        cell("chat.n.count", "conforms", measured="1-8"),
    ]
    for show in ("short", "table", "all"):
        text = summary(matrix(*cells, **SURFACES), show=show)
        lines = text[text.index("binding claims hold") :].splitlines()
        heads = [
            line.split()[0].strip(":") for line in lines if re.match(r"(chat|responses|models)\b(?!.*binding)", line)
        ]
        assert heads == ["chat", "responses", "models"], show
    short = summary(matrix(*cells, **SURFACES))
    assert "chat: ✓ as documented: n (1-128 [1-8])" in short
    assert row(short, "n") == "n ✗ 1-128 #1"
    assert "models: ✓ 1 as documented" in short
    assert "models: endpoint: ✓ list" in summary(matrix(*cells, **SURFACES), show="table")


def test_apis_on_which_all_is_in_order_have_one_line_each() -> None:
    """It counts the topics; --show table lists them.  A measured limit, or more than is documented, is shown as ever."""
    cells = [
        cell("chat.n.count", "deviates"),
        cell("responses.n.count", "conforms"),
        cell("responses.stop.count", "conforms", column="claude", model="c"),
        cell("responses.seed.taken", "noted", level="unstated", says="unstated"),
        cell("models.list.one", "conforms", column="endpoint", model="any"),
    ]
    text = summary(matrix(*cells, **SURFACES))
    assert "\n\nresponses: ✓ 2 as documented, · 1 not documented, noted\nmodels: ✓ 1 as documented\n\n" in text
    limit = cell("responses.n.limit", "conforms", measured="1-8")
    assert "responses: ✓ as documented: n (1-128 [1-8]), stop" in summary(matrix(*cells, limit, **SURFACES))


# ---------------------------------------------------------------- all cells


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_parameter_has_one_block(width: int) -> None:
    """Whatever fits: models without room for words get a column of signs; claims about the endpoint are in the same block."""
    cells = [
        *on_models("chat.n.count", "conforms", "deviates", "conforms", "noted"),
        *on_models("chat.n.limit", *["conforms"] * 4, measured="1-8"),
        cell("chat.n.no_key", "conforms", column="endpoint", model="any"),
    ]
    lines = summary(matrix(*cells), width, show="all").splitlines()
    for name in ("n", "count", "limit", "no_key"):
        assert len([line for line in lines if line.split()[:1] == [name]]) == 1, name
    [line] = [line for line in lines if line.split()[:1] == ["count"]]
    assert [word for word in line.split() if word in "✓✗·"] == ["✓", "✗", "✓", "·"]
    [line] = [line for line in lines if line.split()[:1] == ["no_key"]]
    assert line.split()[:3] == ["no_key", "*", "✓"]
    assert "* about the endpoint as a whole" in lines
    assert ("1 openai:gpt-a" in "\n".join(lines)) is (width == 40)  # models are numbered where their names do not fit


# ---------------------------------------------------------------- what is not in order


def test_what_is_not_in_order_is_listed_worst_first() -> None:
    """With what was documented, seen and shown; what is in order is not."""
    text = summary(matrix(*reversed(of_all_verdicts())))
    places = [
        text.index(f"{verdict}: chat.n.{verdict} on openai:gpt-4.1-mini")
        for verdict in ("deviates", "differs", "inconclusive")
    ]
    assert places == sorted(places)
    assert "documented 1-128; ignored: so it was" in text
    assert "conforms: chat.n" not in text
    assert "noted: chat.n" not in text
    assert "1 deviates, 1 differs, 1 blocked, 1 inconclusive, 1 noted, 2 conforms, 1 not applicable (8 cells)" in text
    assert "look closer: conformance explain 'chat.n.deviates@openai:gpt-4.1-mini' --run reports/runs/x" in text


def test_a_long_list_is_cut_and_says_so() -> None:
    """A command prints the rest, and what it prints is whole."""
    found = matrix(
        *(cell(f"chat.n.c{number}", "deviates", detail=f"{number}: {'long ' * 100}") for number in range(30))
    )
    text = summary(found)
    assert text.count("deviates: chat.n.c") == 20
    assert "and 10 more: conformance show reports/runs/x --show problems" in text
    whole = summary(found, show="problems")
    assert whole.count("deviates: chat.n.c") == 30
    assert whole.count("long") == 3000 > 4 * text.count("long")


def test_what_nothing_documents_is_counted_only() -> None:
    """It fails nothing; --show problems has it."""
    found = matrix(cell("chat.n.x", "inconclusive", level="unstated", says="unstated"), cell("chat.n.y", "deviates"))
    assert "chat.n.x on" not in summary(found)
    assert "and 1 more, 1 of which concern nothing documented: conformance show" in summary(found)
    assert "inconclusive: chat.n.x on openai:gpt-4.1-mini" in summary(found, show="problems")


def test_one_claim_over_several_models_is_one_entry() -> None:
    """What was observed alike is said once, and the rest with its models."""
    cells = on_models("chat.n.count", *["deviates"] * 4, detail="one choice for n=2")
    text = summary(matrix(*cells))
    assert "1 ✗ deviates: chat.n.count on all 4 models" in text
    assert text.count("one choice for n=2") == 1
    other = replace(cells[3], measured="1-4", detail="four at most")
    text = summary(matrix(*cells[:3], other))
    assert "openai:gpt-a, openai:gpt-b, claude:claude-a: documented 1-128; ignored: one choice for n=2" in text
    assert "gemini:gemini-a: documented 1-128; ignored, measured 1-4: four at most" in text


def test_a_claim_that_is_less_binding_on_a_model_is_in_the_same_entry() -> None:
    """It deviates on one model and differs on the other."""
    cells = on_models("chat.n.count", "deviates", "deviates", "differs", detail="one choice", observed="ignored")
    text = summary(matrix(*cells))
    assert "1 ✗ deviates: chat.n.count on openai:gpt-a, openai:gpt-b; differs on claude:claude-a" in text
    assert text.count("one choice") == 1


def test_a_cause_is_one_entry_with_what_it_blocks() -> None:
    """The blocked cells have no entries of their own, and the table points to the cause."""
    blocked = {"cause": "chat.tool_choice.required", "reason": "presupposition failed"}
    cells = [
        cell("chat.tool_choice.required", "deviates"),
        *(cell(f"chat.tools.c{number}", "blocked", **blocked) for number in range(5)),
    ]
    text = summary(matrix(*cells))
    assert "blocks 5 cells: chat.tools.c0, chat.tools.c1, chat.tools.c2 and 2 more" in text
    assert "\n 2 " not in text
    assert "■ blocked: tools #1\n" in text
    assert row(summary(matrix(*cells), show="table"), "tools") == "tools ■ 1-128 #1"
    alone = summary(matrix(*cells[1:]))
    assert "■ blocked: chat.tools.c0" in alone


def test_input_that_is_not_checked_is_one_entry() -> None:
    """Values that must be refused and are accepted, whatever was answered; what is observed otherwise stands apart."""
    refused = {"says": "refused", "observed": "accepted"}
    cells = [
        cell(f"chat.p{number}.wrong_type", "deviates", detail=f"answered {number}", **refused) for number in range(4)
    ]
    broken = cell("chat.q.wrong_type", "deviates", says="refused", observed="mishandled")
    text = summary(matrix(*cells, broken), 200)
    assert "deviates: chat.p0.wrong_type, chat.p1.wrong_type, chat.p2.wrong_type and 1 more on openai" in text
    assert "deviates: chat.q.wrong_type on openai" in text
    used = [replace(cell, says=Says.SUPPORTED) for cell in cells]
    assert summary(matrix(*used)).count("✗ deviates: chat.p") == 4


def test_a_blocked_model_is_one_entry() -> None:
    """Not a red row per cell; models blocked for one reason stand together, and are in no table."""
    cells = [cell(f"chat.n.c{number}", "blocked", model=model) for number in range(9) for model in ("a", "b")]
    text = summary(said(matrix(*cells), blocked="the key was not accepted"))
    assert "blocked: openai:a, openai:b: the key was not accepted (18 cells not judged)" in text
    assert text.count("the key was not accepted") == 1
    assert "chat.n.c0" not in text.replace("explain 'chat.n.c0@openai:a'", "")


def test_a_model_that_one_surface_blocks_is_told_with_it() -> None:
    """Its cells there are one entry; on the other surface it is shown as ever."""
    cells = [cell(f"{surface}.n.c{number}", verdict) for surface, verdict in (("chat", "conforms"), ("responses", "blocked"))
             for number in range(3)]  # fmt: skip
    found = said(matrix(*cells), "responses", blocked="the path is not known there")
    text = summary(found, show="all")
    assert "blocked: openai:gpt-4.1-mini on responses: the path is not known there (3 cells not judged)" in text
    assert "blocked: responses.n" not in text
    assert text.count("✓ honoured") == 3
    assert "- openai:gpt-4.1-mini on responses: the path" in FORMATS["summary"].render(found)


_IN_ORDER = dict.fromkeys(NOT_IN_ORDER, Verdict.CONFORMS)
_BAD = {"chat.n.count@openai:gpt-a", "chat.stream.done@openai:gpt-b", "chat.stop.ends_text@claude:claude-a"}


def test_a_run_with_a_few_deviations_and_a_dead_model_fits_sixty_lines() -> None:
    """All claims of a published run over four models, three deviations, and a fifth model that does not answer."""
    published = [cell for cell in read(ROOT / "reports" / "vllm-0.32.0").cells if cell.column == "openai"]
    good = [
        replace(cell, verdict=_IN_ORDER.get(cell.verdict, cell.verdict), cause=None, reason=None) for cell in published
    ]
    cells = [replace(cell, column=column, model=model) for column, model in MODELS for cell in good]
    bad = [replace(cell, verdict=Verdict.DEVIATES) if cell.id in _BAD else cell for cell in cells]
    why = {"verdict": Verdict.BLOCKED, "reason": Reason.PREFLIGHT, "detail": "preflight of chat: 404 not found"}
    dead = [replace(cell, model="dead", **why) for cell in good]
    text = summary(matrix(*bad, *dead), 100)
    assert text.count("✗ deviates: ") == 3
    assert text.count("404 not found") == 1
    assert len(text.splitlines()) <= 60


# ---------------------------------------------------------------- runs that did not ask everything


def test_what_was_not_reached_is_one_line() -> None:
    """With the number of cells."""
    cells = [cell(f"chat.n.c{number}", "blocked", **STOPPED) for number in range(9)]
    text = summary(matrix(*cells, stopped=True))
    assert "blocked: 9 cells were not reached before the run ended" in text
    assert "stopped: 9 cases planned, 8 reported, 30 requests sent" in text


def test_a_run_that_left_something_says_how_to_go_on() -> None:
    """After an interrupt and after a budget; a replay, which asks nobody, has no such line."""
    stopped = matrix(cell("chat.n.one", "blocked", **STOPPED), stopped=True)
    assert "go on: conformance run --resume reports/runs/x\n" in summary(stopped)
    left = "budget: not asked, it might cost more than is left of 1 USD"
    spent = matrix(cell("chat.n.one", "blocked", detail=left, reason="budget spent"))
    assert "go on: conformance run --resume reports/runs/x --budget USD\n" in summary(spent)
    assert "go on" not in terminal.summary(stopped, OUT, width=100, colour=False, replays=True)
    assert "go on" not in summary(FOUR)


def test_what_a_recording_lacks_is_one_line_where_it_is_much() -> None:
    """With the number of cells; a few are named one by one, with the request."""
    lacking = [
        cell(f"chat.n.c{number}", "blocked", detail=f"not in the recording: POST /x {number}", reason="not recorded")
        for number in range(9)
    ]
    text = summary(matrix(*lacking), width=200)
    assert "blocked: 9 cells need requests that are not in the recording" in text
    assert "chat.n.c2@openai:gpt-4.1-mini and 6 more" in text
    assert text.count("not in the recording") == 1
    assert summary(matrix(*lacking[:3]), width=200).count("not in the recording: POST /x") == 3


@pytest.mark.parametrize("show", Show)
def test_an_empty_matrix_is_shown_as_such(show: str) -> None:
    """Nothing breaks where nothing is."""
    assert "nothing (0 cells)" in summary(matrix(), show=show)


# ---------------------------------------------------------------- parts of a run


def test_an_excerpt_says_nothing_of_the_whole_run() -> None:
    """Its cells, their counts and how to look closer; the numbers of the run would be wrong for it."""
    part = replace(FOUR, cells=FOUR.cells[:2])
    text = terminal.excerpt(part, OUT, width=100, colour=False, unicode=True, show=Show.ALL)
    assert "(2 cells)" in text
    assert "planned" not in text
    assert "written to" not in text
    assert "look closer: conformance explain" in text
