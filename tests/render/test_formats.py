"""The formats that a finished run can be written in: summary, CSV, badges; whatever an endpoint sent."""

import csv
import io
import json
import re
import sys
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from conformance.base.errors import ConfigurationError
from conformance.render import FORMATS, GROUP, Format, badge, texts
from conformance.render.summary import render as summary
from conformance.render.table import COLUMNS
from conformance.render.table import render as table
from conformance.results.gate import Kind, compare
from conformance.results.matrix import Matrix
from conformance.trial.judge import Verdict
from tests.support.matrices import FOUR, cell, hostile, matrix, said

ENDLESS = matrix(*(cell(f"chat.n.c{number}", "deviates", detail="long " * 200) for number in range(300)))


MINE, TAKEN = Format("mine.txt", table), Format("matrix.csv", table)


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_the_same_every_time(name: str) -> None:
    """Byte for byte, from the same matrix and from its document."""
    render = FORMATS[name].render
    assert render(FOUR) == render(Matrix.from_document(json.loads(json.dumps(FOUR.document()))))


@pytest.mark.parametrize("name", FORMATS)
def test_hostile_text_can_be_written_and_obeyed_by_nothing(name: str) -> None:
    """No control character and no lone surrogate comes through, whatever the format."""
    text = FORMATS[name].render(hostile())
    text.encode()
    assert all(letter.isprintable() or letter in "\r\n" for letter in text)


@pytest.mark.parametrize("name", FORMATS)
def test_an_empty_matrix_can_be_written(name: str) -> None:
    """Nothing breaks where nothing is."""
    assert FORMATS[name].render(matrix()).endswith("\n")


def test_no_two_formats_share_a_file() -> None:
    """Writing all of them loses none."""
    assert len({form.file for form in FORMATS.values()}) == len(FORMATS)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("mine", "nowhere:FORMAT", "cannot be loaded: No module named 'nowhere'"),
        ("mine", "json:FORMAT", "cannot be loaded: module 'json' has no attribute 'FORMAT'"),
        ("mine", "json:loads", "must refer to a Format, got function"),
        ("csv", f"{__name__}:MINE", "must have a name and a file of its own, and csv or mine.txt is taken"),
        ("mine", f"{__name__}:TAKEN", "must have a name and a file of its own, and mine or matrix.csv is taken"),
    ],
)
def test_a_format_of_another_package_that_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    """It is named with its entry point, where all formats are asked for; formats of ours that are named are written."""
    monkeypatch.setitem(sys.modules, __name__, SimpleNamespace(MINE=MINE, TAKEN=TAKEN))
    monkeypatch.setattr(
        "conformance.render.entry_points", lambda group: [EntryPoint(name, value, group)] if group == GROUP else []
    )
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        texts(FOUR)
    assert texts(FOUR, ["csv"]) == {"matrix.csv": table(FOUR)}


# ---------------------------------------------------------------- summary


def test_a_summary_counts_per_model() -> None:
    """A row per model, a column per verdict, and the facts of the run."""
    text = summary(FOUR)
    rows = [line for line in text.splitlines() if re.match(r"\| (openai|claude|gemini):", line)]
    assert len(rows) == 4
    assert rows[0] == "| openai:gpt-4.1-mini | 1 | 1 | 1 | 1 | 1 | 2 | 1 |"
    for fact in ("cometapi d1", "8 of 9 cases, 30 requests", "version not known"):
        assert fact in text


def test_a_summary_lists_what_is_against_the_contract() -> None:
    """Deviations before differences, with what was documented and seen, and a command to look closer."""
    text = summary(FOUR)
    assert text.index("✗ deviates | `chat.n.deviates`") < text.index("≠ differs | `chat.n.differs`")
    assert "| openai:gpt-4.1-mini | 1-128 | ignored: so it was |" in text
    assert "`conformance explain chat.n.deviates@openai:gpt-4.1-mini --run RUN`" in text
    assert "chat.n.inconclusive" not in text


def test_a_summary_stays_within_two_screens() -> None:
    """Rows and texts have a cap, and what was left out is counted."""
    text = summary(ENDLESS)
    assert len(text.splitlines()) < 60
    assert len(text) < 20_000
    assert "and 275 more, in matrix.md" in text


def test_a_summary_says_what_is_blocked_and_what_is_not_whole() -> None:
    """With the reason of each model."""
    found = said(
        matrix(cell("chat.n.count", "blocked"), partial=True, stopped=True), blocked="the key was not accepted"
    )
    text = summary(found)
    assert "- openai:gpt-4.1-mini: the key was not accepted" in text
    assert "a selection, not the whole contract" in text
    assert "stopped before its end" in text
    assert "Blocked" not in summary(FOUR)


def test_hostile_text_is_no_markup_in_a_summary() -> None:
    """No tag, link, address or heading of an endpoint's making, and rows stay rows."""
    text = re.sub(r"`[^`]*`", "", summary(hostile()).replace("\\`", ""))
    assert not re.search(r"(?<!\\)<script", text)
    assert "[click](" not in text
    assert "https://" not in text
    assert not re.search(r"^# head", text, re.MULTILINE)
    assert not re.search(r"(?m)^\| .*(?<!\|)$", text)


# ---------------------------------------------------------------- CSV


def read(text: str) -> list[dict[str, str]]:
    """The rows of a CSV by their header."""
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_a_table_read_back_is_the_matrix() -> None:
    """One row per cell in the matrix's order; empty stands for null."""
    full = cell(
        "chat.n.limit", "deviates", detail='1: a "quoted", text', measured="1-4", evidence=("a.0.0", "b.0.0"),
        counts={"deviates": 1, "conforms": 2}, seen={"1": "ignored"}, wider=True,
    )  # fmt: skip
    found = matrix(full, *FOUR.cells)
    rows = read(table(found))
    assert tuple(rows[0]) == COLUMNS
    for row, original in zip(rows, found.cells, strict=True):
        looks = tuple(row.pop(name) for name in ("looks", "against", "noticed"))
        assert looks == ("", "", "")
        assert {**row, "looks": None, "tokens": None, "evidence": tuple(row["evidence"].split()),
                "counts": json.loads(row["counts"]), "seen": json.loads(row["seen"]),
                "observed": row["observed"] or None, "measured": row["measured"] or None,
                "reason": row["reason"] or None, "cause": row["cause"] or None, "wider": row["wider"] == "true",
                } == {**vars(original), "parameter": original.parameter, "target": "mine", "surface": "chat"}  # fmt: skip


def test_a_table_ends_its_lines_as_the_standard_says() -> None:
    """CRLF, also after the last, and no field breaks a line."""
    text = table(hostile())
    assert text.endswith("\r\n")
    assert text.count("\r\n") == text.count("\n") == text.count("\r") == len(hostile().cells) + 1


@pytest.mark.parametrize("detail", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "＝1", "'=1", "'text"])
def test_no_field_is_a_formula(detail: str) -> None:
    """What a spreadsheet would compute gets one apostrophe in front, and taking it away gives the text back."""
    [row] = read(table(matrix(cell("chat.n.count", "deviates", detail=detail))))
    assert row["detail"] == f"'{detail}"


@pytest.mark.parametrize("detail", ["1-8", "it's", "a=b", ">=16", ""])
def test_a_field_that_is_no_formula_is_left_as_it_is(detail: str) -> None:
    """Texts keep their letters."""
    [row] = read(table(matrix(cell("chat.n.count", "deviates", detail=detail))))
    assert row["detail"] == detail


# ---------------------------------------------------------------- badges


def one(*verdicts: str, **run: bool) -> Matrix:
    """Return a matrix with a cell for each of these verdicts."""
    return matrix(*(cell(f"chat.n.c{number}", verdict) for number, verdict in enumerate(verdicts)), **run)


@pytest.mark.parametrize(
    ("found", "message", "colour"),
    [
        (one("conforms", "conforms", "noted"), "2 conforms", "1a7f37"),
        (one("conforms", "deviates"), "1 deviates, 1 conforms", "b3261e"),
        (one("conforms", "differs"), "1 differs, 1 conforms", "8a5a00"),
        (one("conforms", "blocked"), "1 blocked, 1 conforms", "57606a"),
        (one("inconclusive", "noted"), "nothing judged", "57606a"),
        (one(), "nothing judged", "57606a"),
        (one("conforms", partial=True), "a selection: 1 conforms", "57606a"),
        (one("conforms", stopped=True), "stopped: 1 conforms", "57606a"),
    ],
)
def test_a_badge_says_how_it_went(found: Matrix, message: str, colour: str) -> None:
    """Green is kept for a whole run in which nothing is against the contract and something conforms."""
    assert json.loads(badge.document(found)) == {
        "schemaVersion": 1, "label": "conformance", "message": message, "color": colour,
    }  # fmt: skip


@pytest.mark.parametrize("found", [FOUR, one(), hostile()])
def test_a_badge_needs_no_other_file(found: Matrix) -> None:
    """A picture that is well-formed, has an accessible name with all counts, and asks for nothing from elsewhere."""
    text = badge.picture(found)
    root = ElementTree.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    title = root.find(f"{space}title")
    assert title is not None
    assert root.attrib["aria-labelledby"] == title.attrib["id"]
    assert root.attrib["role"] == "img"
    assert "conformance of " in (title.text or "")
    assert {element.tag.removeprefix(space) for element in root.iter()} == {"svg", "title", "rect", "g", "text"}
    assert not re.search(r"href|url\(|@import|style=", text)


@pytest.mark.parametrize("background", ["3b4148", "b3261e", "8a5a00", "1a7f37", "57606a"])
def test_a_badge_can_be_read(background: str) -> None:
    """White on each colour has the contrast that small text needs, 4.5 to 1."""
    parts = [int(background[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    assert 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= 4.5
    assert background in badge.picture(FOUR) or background in {"8a5a00", "1a7f37", "57606a"}


# ---------------------------------------------------------------- several APIs

SEVERAL = matrix(
    cell("chat.n.count", "conforms", measured="1-128"),
    cell("responses.n.count", "deviates", measured="1"),
    cell("responses.n.zero", "differs", column="claude", model="c"),
    cell("models.list.listed", "conforms", column="endpoint", model="any"),
    contract={"name": "c", "surfaces": ["chat", "responses", "models"], "digest": "d"},
)


def test_the_same_parameter_of_two_apis_stands_apart_in_every_format() -> None:
    """What holds on one says nothing about the other."""
    found = json.loads(FORMATS["support"].render(SEVERAL))["models"]["openai:gpt-4.1-mini"]
    assert {name: (entry["works"], entry["limit"]) for name, entry in found.items()} == {
        "chat.n": (True, "1-128"),
        "responses.n": (False, None),
    }
    text = FORMATS["markdown"].render(SEVERAL)
    chat, responses = (text[text.index(f"## {name}") :].split("\n## ")[0] for name in ("chat.n", "responses.n"))
    assert "| claim | openai:gpt-4.1-mini |\n" in chat
    assert "| claim | openai:gpt-4.1-mini | claude:c |\n" in responses
    assert [(row["surface"], row["parameter"]) for row in read(table(SEVERAL))][:2] == [
        ("chat", "n"),
        ("responses", "n"),
    ]


def test_the_gate_compares_a_claim_with_that_of_the_same_api() -> None:
    """A claim of the same name on another API is neither worse nor better for it."""
    good = (replace(cell, verdict=Verdict.CONFORMS) for cell in SEVERAL.cells)
    found = compare(replace(SEVERAL, cells=tuple(good)), SEVERAL)
    assert [change.cell for change in found.of(Kind.REGRESSED)] == [
        "responses.n.count@openai:gpt-4.1-mini",
        "responses.n.zero@claude:c",
    ]
    assert [change.cell.split(".")[0] for change in found.of(Kind.SAME)] == ["chat", "models"]


def test_counts_are_told_for_each_api() -> None:
    """In the summary a row for each API and model, in the accessible name of the badge a part for each API."""
    rows = [line for line in summary(SEVERAL).splitlines() if re.match(r"\| (chat|responses|models) ", line)]
    assert [row.split(" | ")[0] for row in rows] == [
        "| chat openai:gpt-4.1-mini", "| responses openai:gpt-4.1-mini", "| responses claude:c", "| models endpoint:any",
    ]  # fmt: skip
    assert "conformance of mine: chat 1 conforms; responses 1 deviates, 1 differs; models 1 conforms<" in badge.picture(
        SEVERAL
    )


# ---------------------------------------------------------------- documentation


def test_every_format_is_documented() -> None:
    """A row of the table in docs/formats.md has its file and its name."""
    text = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    rows = {tuple(row.split(" | ")[:2]) for row in text.splitlines() if row.startswith("| `")}
    assert {(f"| `{form.file}`", f"`{name}`") for name, form in FORMATS.items()} <= rows
