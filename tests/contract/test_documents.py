"""Documentation pages: what is read from them in any language, and that every planted change is found."""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from conformance.base.errors import UsageError
from conformance.contract.boundaries import Limits, decimals
from conformance.contract.contract import Contract
from conformance.contract.docs import pages as documents
from conformance.contract.docs.comparison import BODY, LIMITED, TABLE, Comparison, agree, compare
from conformance.contract.docs.pages import FactKind, fact
from conformance.render.ledger import comparisons
from tests.support.collecting import over
from tests.support.making import contract

PAGES = Path(__file__).parent / "pages"
REAL = Path(__file__).parents[3] / "shared" / "docs-pages"
OWN = ["chinese", "english", "invented", "italian", "japanese"]
COLUMNS = ("openai", "claude", "gemini")
TABLED = ("temperature", "top_p", "n", "stop", "tools", "response_format", "logprobs", "reasoning_effort")
CELLS = [(parameter, column) for parameter in TABLED for column in COLUMNS]
FORMAL = [name for name, formal in LIMITED.items() if formal]

needs_real_pages = pytest.mark.skipif(not REAL.is_dir(), reason="the real pages are not next to this checkout")
for_every_page = over("page", OWN)
for_every_cell = over("parameter, column", CELLS)
for_every_limit = over("parameter", LIMITED)
for_every_cell_of_every_page = over("page, parameter, column", [(page, *cell) for page in OWN for cell in CELLS])
for_every_limit_of_every_page = over("page, parameter", product(OWN, LIMITED))


def text_of(page: str) -> str:
    return (PAGES / f"{page}.txt").read_text(encoding="utf-8")


def checked(text: str, against: Contract | None = None) -> Comparison:
    """Compare a page's text with the built-in contract, or with another one."""
    held = against or contract()
    return compare(documents.read("page", text, held.columns), held)


def row_of(lines: list[str], parameter: str) -> int:
    """Return the index of the line with a parameter's row in the provider table."""
    return next(place for place, line in enumerate(lines) if re.match(rf"[|\s`]*{parameter}`?\s*\|", line))


def plant(text: str, parameter: str, column: str, cell: str | None = None) -> str:
    """Return the page with one cell changed: to `cell`, or to another fact of the same kind."""
    lines = text.splitlines()
    place = row_of(lines, parameter)
    parts = lines[place].split("|")
    index = COLUMNS.index(column) + (2 if lines[place].startswith("|") else 1)
    parts[index] = f" {cell if cell is not None else other(parts[index].strip())} "
    lines[place] = "|".join(parts)
    return "\n".join(lines)


def other(cell: str) -> str:
    """Return another fact in the same form: a cross for a tick, the next number, or one model fewer."""
    for old, new in (("✅", "❌"), ("❌", "✅"), ("✔", "✘"), ("✘", "✔")):
        if old in cell:
            return new
    if "GPT" in cell:
        return "GPT-5.1+"
    return re.sub(r"\d+(?=\D*$)", lambda found: str(int(found[0]) + 1), cell)


def limit_lines(lines: list[str]) -> dict[str, int]:
    """Return the index of the line of each limit of the request body."""
    found = documents.read("page", "\n".join(lines), contract().columns).limits
    return {name: limit.line - 1 for name, limit in zip(LIMITED, found, strict=True)}


def changed_limit(text: str, parameter: str) -> str:
    """Return the page with the limit of one parameter changed."""
    lines = text.splitlines()
    place = limit_lines(lines)[parameter]
    if LIMITED[parameter]:
        bounds = re.match(r"(-?\d+ (?:<=|≤) x (?:<=|≤) )(\d+)", lines[place])
        lines[place] = (
            f"{bounds[1]}{int(bounds[2]) + 1}{lines[place][bounds.end() :]}"
            if bounds
            else re.sub(r"^\w+", "other", lines[place])
        )
    else:
        lines[place] = re.sub(r"(?<!\d)-?(4|100)(?!\d)", lambda found: f"{found[0]}9", lines[place])
    return "\n".join(lines)


def without_limit(text: str, parameter: str) -> str:
    """Return the page without the bounds or values of one parameter; the text around them stays."""
    lines = text.splitlines()
    place = limit_lines(lines)[parameter]
    if LIMITED[parameter]:
        bare = r"^(?:-?\d+ (?:<=|≤) x (?:<=|≤) \d+|[a-z]+(?:, [a-z]+)+)"
        lines[place] = re.sub(bare, "", lines[place]).strip()
    else:
        lines[place] = re.sub(r"-?\d+(?!.*<=)", "", lines[place]) if parameter == "stop" else bounds_of(lines[place])
    return "\n".join(lines)


def bounds_of(line: str) -> str:
    """Return the bounds that a line starts with, without the sentence after them."""
    found = re.match(r"-?\d+ (?:<=|≤) x (?:<=|≤) \d+", line)
    return found[0] if found else ""


@for_every_page
def test_a_page_agrees_whatever_its_language(page: str) -> None:
    """All 24 cells and 9 limits are read from ticks, numbers and names."""
    found = checked(text_of(page))
    assert (found.cells, found.limits, found.differences) == (24, 9, ())
    assert agree([found])


@for_every_cell_of_every_page
def test_a_changed_cell_is_found_and_named(page: str, parameter: str, column: str) -> None:
    """Exactly this cell is reported, with its line."""
    text = plant(text_of(page), parameter, column)
    found = checked(text).differences
    assert [(each.parameter, each.column) for each in found] == [(parameter, column)]
    assert found[0].line == row_of(text.splitlines(), parameter) + 1
    assert found[0].page != found[0].contract


@for_every_cell_of_every_page
def test_an_emptied_cell_is_found_and_named(page: str, parameter: str, column: str) -> None:
    """An empty cell differs from what the contract states."""
    found = checked(plant(text_of(page), parameter, column, "")).differences
    assert [(each.parameter, each.column, each.page) for each in found] == [(parameter, column, "an empty cell")]


@for_every_limit_of_every_page
def test_a_changed_limit_is_found_and_named(page: str, parameter: str) -> None:
    """Exactly this limit is reported, with its line."""
    text = changed_limit(text_of(page), parameter)
    found = checked(text).differences
    assert [(each.parameter, each.column) for each in found] == [(parameter, BODY)]
    assert found[0].line == limit_lines(text.splitlines())[parameter] + 1
    assert None not in (found[0].page, found[0].contract)


@for_every_limit_of_every_page
def test_a_missing_limit_is_found_and_named(page: str, parameter: str) -> None:
    """The limits of neighbouring parameters are not reported."""
    found = checked(without_limit(text_of(page), parameter)).differences
    assert [(each.parameter, each.column) for each in found] == [(parameter, BODY)]
    assert found[0].page is None or found[0].page.endswith("in its sentence only")


@over("page, parameter", product(OWN, TABLED))
def test_a_missing_row_is_found_cell_by_cell(page: str, parameter: str) -> None:
    """Every cell that the contract has and the page lacks is reported."""
    lines = text_of(page).splitlines()
    del lines[row_of(lines, parameter)]
    found = checked("\n".join(lines)).differences
    assert [(each.parameter, each.column, each.page) for each in found] == [(parameter, c, None) for c in COLUMNS]


def test_a_row_that_the_contract_lacks_is_found() -> None:
    """Every cell that the page has and the contract lacks is reported."""
    lines = text_of("english").splitlines()
    lines.insert(row_of(lines, "tools"), "seed | ✅ | ❌ | ✅ |")
    found = checked("\n".join(lines)).differences
    assert [(each.parameter, each.column, each.page, each.contract) for each in found] == [
        ("seed", "openai", "yes", None),
        ("seed", "claude", "no", None),
        ("seed", "gemini", "yes", None),
    ]


def test_a_duplicate_row_is_read_twice() -> None:
    """The second row is compared as well."""
    lines = text_of("english").splitlines()
    lines.insert(row_of(lines, "top_p"), "temperature | 0–2 | 0–1 | 0–9 |")
    assert [(each.parameter, each.page) for each in checked("\n".join(lines)).differences] == [
        ("temperature", "0 to 9"),
    ]


def test_a_column_that_is_missing_is_found_in_every_row() -> None:
    """A column that the contract lacks is found, too."""
    text = text_of("english").replace("Gemini (via compat)", "Grok (via compat)")
    found = checked(text).differences
    assert {each.column for each in found} == {"gemini", "Grok (via compat)"}
    assert len(found) == 2 * len(TABLED)


def test_columns_are_recognised_by_their_headings() -> None:
    """Columns may be in any order, with their headings."""
    swapped = [
        re.sub(r"^([^|]+\||\|[^|]+\|)([^|]+\|)([^|]+\|)", r"\1\3\2", line) if line.count("|") >= 4 else line
        for line in text_of("english").splitlines()
    ]
    assert checked("\n".join(swapped)).differences == ()


def test_a_page_without_its_table_differs() -> None:
    """A missing table is reported in one line."""
    text = "\n".join(line for line in text_of("italian").splitlines() if "|" not in line)
    found = checked(text)
    assert [(each.parameter, each.page, each.line) for each in found.differences] == [(TABLE, None, None)]
    assert not agree([found])


def test_a_page_without_its_limits_differs() -> None:
    """Each missing limit is reported by name; equal neighbours are named together."""
    lines = text_of("japanese").splitlines()
    found = checked("\n".join(lines[: row_of(lines, "reasoning_effort") + 1])).differences
    assert {each.parameter for each in found} >= {"temperature", "stop", "presence_penalty or frequency_penalty"}
    assert len(found) == len(LIMITED)
    assert all(each.page is None for each in found)


def test_a_page_with_parameters_but_without_table_and_limits_differs() -> None:
    """The missing table and limits are reported."""
    found = checked("Use response_format and reasoning_effort.")
    assert found.comparable
    assert len(found.differences) == 1 + len(LIMITED)


def test_a_limit_that_the_contract_lacks_is_found() -> None:
    """It is reported for a parameter without limits on other pages."""
    text = text_of("english").replace("0 <= x <= 1How many answers", "0 <= x <= 1\n1 <= x <= 128How many answers")
    found = checked(text).differences
    assert [(each.page, each.contract) for each in found] == [("1 to 128", None)]


def test_a_sentence_that_contradicts_its_bounds_is_found() -> None:
    """Both statements of one limit are compared with the contract."""
    found = checked(text_of("english").replace("drawn, 0 to 2;", "drawn, 0 to 1;")).differences
    assert [(each.parameter, each.page) for each in found] == [("temperature", "0 to 1, in its sentence")]


def test_an_index_is_not_compared() -> None:
    """It has nothing to compare, and alone it proves no agreement."""
    found = checked(text_of("index"))
    assert (found.comparable, found.cells, found.limits, found.differences) == (False, 0, 0, ())
    assert not agree([found])
    assert agree([found, checked(text_of("english"))])
    assert not agree([])
    assert comparisons([found]) == "page: no provider table, no limits, no parameters: not a page to compare\n"


PARAMETERS = contract().surfaces["chat"].parameters


def with_limits(parameter: str, limits: Limits) -> Contract:
    """Return the contract with other limits of one parameter."""
    chat = contract().surfaces["chat"]
    changed = replace(chat, parameters={**chat.parameters, parameter: limits})
    return replace(contract(), surfaces={**contract().surfaces, "chat": changed})


def contracts_with_one_change() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield changes of one documented cell or one range of the contract."""
    for parameter, column in CELLS:
        wrong = "no" if PARAMETERS[parameter].on[column].documented != "no" else "yes"
        yield parameter, column, {"documented": wrong}
    for parameter in ("temperature", "top_p", "n", "stop"):
        for column in COLUMNS:
            yield parameter, column, {"range": decimals([7, 9]), "agreed": decimals([7, 9])}


@over("parameter, column, change", contracts_with_one_change())
def test_a_change_of_the_contract_is_found_too(parameter: str, column: str, change: dict[str, Any]) -> None:
    """A changed cell and a changed range are reported."""
    limits = PARAMETERS[parameter]
    changed = replace(limits, on={**limits.on, column: replace(limits.on[column], **change)})
    found = checked(text_of("english"), with_limits(parameter, changed)).differences
    assert (parameter, column) in {(each.parameter, each.column) for each in found}
    assert {each.parameter for each in found} == {parameter}


def test_a_limit_of_the_body_holds_for_all_columns() -> None:
    """If one column of the contract has another range, the page's single limit differs."""
    limits = PARAMETERS["top_p"]
    gemini = replace(limits.on["gemini"], documented="0-2", range=decimals([0, 2]))
    changed = with_limits("top_p", replace(limits, on={**limits.on, "gemini": gemini}))
    found = checked(plant(text_of("english"), "top_p", "gemini", "0–2"), changed)
    assert [(each.parameter, each.column, each.contract) for each in found.differences] == [
        ("top_p", BODY, "no limit common to all columns")
    ]


@over("parameter", [name for name in LIMITED if name not in TABLED])
def test_a_changed_limit_of_the_contract_is_found_too(parameter: str) -> None:
    """The limit is common to all columns."""
    limits = PARAMETERS[parameter]
    change: dict[str, Any] = {"values": ("one", "two")} if limits.values else {"range": decimals([7, 9])}
    found = checked(text_of("english"), with_limits(parameter, replace(limits, **change))).differences
    assert [(each.parameter, each.column) for each in found] == [(parameter, BODY)]


@over(
    "cell, kind, text",
    [
        ("0–2", FactKind.RANGE, "0 to 2"),
        ("0 to 2.0", FactKind.RANGE, "0 to 2"),
        ("０〜２", FactKind.RANGE, "0 to 2"),
        ("-2 – 2", FactKind.RANGE, "-2 to 2"),
        ("0.1−1.5", FactKind.RANGE, "0.1 to 1.5"),
        ("-100 to 100", FactKind.RANGE, "-100 to 100"),
        ("1 only", FactKind.AT_MOST, "1 only"),
        ("仅 1", FactKind.AT_MOST, "1 only"),
        ("1のみ", FactKind.AT_MOST, "1 only"),
        ("Up to 4", FactKind.AT_MOST, "up to 4"),
        ("最多4个", FactKind.AT_MOST, "up to 4"),
        ("≤ 4", FactKind.AT_MOST, "up to 4"),
        ("✅", FactKind.YES, "yes"),
        ("✔️", FactKind.YES, "yes"),
        ("✅（`json_schema`）", FactKind.YES, "yes (json_schema)"),
        ("✅ (newer ones)", FactKind.YES, "yes (newer ones)"),
        ("❌ (use thinking)", FactKind.NO, "no"),
        ("❌ (but json_schema)", FactKind.NO, "no (json_schema)"),
        ("o-series, GPT-5.1+", FactKind.MODELS, "o-series, gpt-5.1+"),
        ("o 系列、GPT-5.1+", FactKind.MODELS, "o-series, gpt-5.1+"),
        ("claude-sonnet-4-5, o3", FactKind.MODELS, "claude-sonnet-4-5, o3"),
        ("≥ 4", FactKind.UNREAD, "'≥ 4', which cannot be read"),
        ("4+", FactKind.UNREAD, "'4+', which cannot be read"),
        ("50%", FactKind.UNREAD, "'50%', which cannot be read"),
        ("4 (soon 8)", FactKind.UNREAD, "'4 (soon 8)', which cannot be read"),
        ("perhaps", FactKind.UNREAD, "'perhaps', which cannot be read"),
        ("", FactKind.UNREAD, "an empty cell"),
    ],
)
def test_a_cell_is_read_by_structure(cell: str, kind: FactKind, text: str) -> None:
    """Words, widths of letters and kinds of dashes do not matter; what cannot be read is reported."""
    assert (fact(cell).kind, str(fact(cell))) == (kind, text)


def test_what_cannot_be_read_agrees_with_nothing() -> None:
    """It does not even agree with itself."""
    assert not fact("perhaps").agrees(fact("perhaps"))
    assert fact("GPT-5.1+, o-series").agrees(fact("o-series, GPT-5.1+"))
    assert fact("4").numbers == (Decimal(4),)


def test_a_file_is_read_as_text(tmp_path: Path) -> None:
    """A byte order mark is skipped, even before a table; a file that is not text is a usage error."""
    page, lines = tmp_path / "page.md", text_of("invented").splitlines()
    text = "\n".join(lines[next(place for place, line in enumerate(lines) if "OpenAI" in line) :])
    page.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert documents.load(page, contract().columns) == documents.read("page.md", text, contract().columns)
    page.write_bytes(b"\xff\xfe\x00")
    for unreadable in (page, tmp_path / "absent.md"):
        with pytest.raises(UsageError, match=rf"{unreadable.name} cannot be read"):
            documents.load(unreadable, contract().columns)


def test_a_comparison_is_printed_in_lines_that_fit() -> None:
    """There is one line for a page and one for each difference, with its line, place and both texts."""
    page = plant(plant(text_of("english"), "n", "claude", "\x1b[31m8"), "stop", "gemini", "")
    printed = comparisons([checked(text_of("english")), checked(page)])
    assert printed.splitlines()[:2] == [
        "page: 24 cells and 9 limits of parameters agree with the contract",
        "page: 24 cells and 9 limits of parameters, 2 differences",
    ]
    assert "line 12: n, claude: the page says" in printed
    assert "the contract says 1 only" in printed
    assert "\x1b" not in printed
    assert max(map(len, printed.splitlines())) <= 100


def real_pages() -> list[Path]:
    return sorted(REAL.glob("*.txt")) if REAL.is_dir() else []


@needs_real_pages
def test_the_real_pages_agree_with_the_contract() -> None:
    """Four language versions agree with the contract; the fifth page is an index."""
    found = [compare(documents.load(path, contract().columns), contract()) for path in real_pages()]
    assert sum(each.comparable for each in found) == 4
    assert [each for each in found if each.differences] == []
    assert agree(found)


@needs_real_pages
@for_every_cell
def test_a_change_of_a_real_page_is_found(parameter: str, column: str) -> None:
    """It is found in each language."""
    for path in real_pages():
        text = path.read_text(encoding="utf-8")
        if checked(text).comparable:
            found = checked(plant(text, parameter, column)).differences
            assert [(each.parameter, each.column) for each in found] == [(parameter, column)], path.name


@needs_real_pages
@for_every_limit
def test_a_change_of_a_real_limit_is_found(parameter: str) -> None:
    """A changed or missing limit is found in each language."""
    for path in real_pages():
        text = path.read_text(encoding="utf-8")
        if checked(text).comparable:
            for planted in (changed_limit(text, parameter), without_limit(text, parameter)):
                found = checked(planted).differences
                assert [(each.parameter, each.column) for each in found] == [(parameter, BODY)], path.name
