"""Text from outside in every format: whatever a matrix says that somebody else wrote, no reader of a format obeys it.

Every string of the matrix that its schema leaves open is replaced, so a new field and a new format are walked as well.  What a
format must look like is seen from the same matrix with harmless words.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from conformance.render import FORMATS, explanation, feed, gate, gate_chat, history, terminal, turns, watch
from conformance.render.gate_annotations import commands
from conformance.render.gate_document import document
from conformance.render.gate_markdown import markdown
from conformance.render.gate_sarif import sarif
from conformance.results.expectations import Expectations, Stale, load, propose
from conformance.results.explanation import Explanation
from conformance.results.gate import Comparison, compare
from conformance.results.history import turns as turns_of
from conformance.results.matrix import Matrix
from conformance.results.turning import Turned, turned
from conformance.run.option_table import Show
from conformance.trial.judge import Verdict
from tests.support.making import contract, exchange, request
from tests.support.matrices import attacked

PAYLOADS = {
    "control": "\x1b]52;c;aGk=\x07\x1b[2J\x9b31m\x00\x7f",
    "lines": "a\r\n\n# head\n- item\n1. one\n    code\n> quote\u2028b\u2029c\x85d\x0be\n---\n",
    "direction": "\u202etxt\u2066\u2067\u200f\u061c\ufeff\u200b",
    "surrogates": "\ud800\udfff\udce9\ufffe\uffff",
    "tags": "<script>alert(1)</script><img src=x onerror=alert(1)><b>&lt;&#60;<!-- --><",
    "markup": "[a](https://e.example) ![i](x) `b` ```c``` **d** __e__ ~~f~~ | g | \\| h \\ &amp; $x$ $$",
    "calls": "@team me@evil.example #17 www.evil.example https://evil.example org/repo#18 <@U1> <!channel>",
    "commands": "::error title=a,b::c ::stop-commands::d ::add-mask::e ##[error]f %0A::warning::g",
    "wrapped": " ".join(["x" * 30, "::error::owned", "::add-mask::e"] * 8),
    "formula": '=HYPERLINK("http://evil.example")',
    "formula of another sign": "\t+1",
    "formula of mail": "@SUM(A1)",
    "metrics": '"} 1\nevil{a="\\',
    "XML": "]]>&amp;<!DOCTYPE x [<!ENTITY y 'z'>]>&y;",
    "rich": "[bold red]x[/bold red] [/no] [link=https://evil.example]y[/link] :smile: [not a tag",
    "shell": "'; touch owned; $(id) `id` \"$HOME\" '",
    "template": "{{ 7*7 }} {% raw %} ${7*7}",
}
SGR = re.compile(r"\x1b\[[\d;]*m")
COMMAND = re.compile(r"\s*::[A-Za-z-]+(?: .*)?::|.*##\[")
PLAIN = "words"
COUNT = contract().claim("chat.n.count")


@cache
def of(text: str) -> Matrix:
    """Return a matrix in which every open string has this text in it."""
    return attacked(text)


@cache
def good(text: str) -> Matrix:
    """Return the same matrix as it was when all was in order."""
    found = of(text)
    return replace(found, cells=tuple(replace(each, verdict=Verdict.CONFORMS) for each in found.cells))


@cache
def turned_in(text: str) -> tuple[Turned, ...]:
    """Return what turned between the two."""
    return turned({each.id: each for each in good(text).cells}, of(text).cells)


@cache
def compared(text: str) -> Comparison:
    """Return a comparison in which all is news, with an expectation that is stale."""
    found = of(text)
    comparison = compare(good(text), found)
    return replace(comparison, stale=(Stale(found.run.target, found.cells[0].id, found.run.target),))


def explained(text: str) -> str:
    """Return the explanation of a cell with an exchange that says the same."""
    sent = exchange(sent=request(n=2), text=text, headers={"content-type": text})
    return explanation.render(Explanation(COUNT, of(text).cells[:2], ((sent, "curl x"),), 1))


def history_of(text: str) -> str:
    """Return what changed."""
    run = of(text).run
    return history.text(run.target, run.contract.name, 2, turns_of((good(text), of(text))))


def in_terminal(text: str, show: Show, *, colour: bool = False, unicode: bool = True, width: int = 80) -> str:
    """Return the summary of a run, without colours."""
    shown = terminal.summary(of(text), Path("runs/x"), width=width, colour=colour, unicode=unicode, show=show)
    return SGR.sub("", shown) if colour else shown


TERMINAL: dict[str, Callable[[str], str]] = {
    "what matters": lambda text: in_terminal(text, Show.SHORT),
    "problems": lambda text: in_terminal(text, Show.PROBLEMS, width=50),
    "table": lambda text: in_terminal(text, Show.TABLE, unicode=False),
    "all in colour": lambda text: in_terminal(text, Show.ALL, colour=True, width=120),
    "excerpt": lambda text: terminal.excerpt(
        of(text), Path("x"), width=100, colour=False, unicode=False, show=Show.PROBLEMS
    ),
    "gate": lambda text: gate.text(compared(text), whole=True),
    "gate in short": lambda text: gate.text(compared(text)),
    "history": history_of,
    "turns": lambda text: turns.text(of(text).run.target, turned_in(text)),
    "trouble": lambda text: watch.trouble(of(text)),
    "explanation": explained,
    "explanation of a parameter": lambda text: explanation.parameter([Explanation(COUNT, of(text).cells)]),
}


def formatted(name: str) -> Callable[[str], str]:
    """Return a format of a matrix."""
    return lambda text: FORMATS[name].render(of(text))


MARKDOWN: dict[str, Callable[[str], str]] = {
    **{name: formatted(name) for name in ("markdown", "summary", "clients")},
    "gate": lambda text: markdown(compared(text)),
    "whole gate": lambda text: markdown(compared(text), whole=True),
    "issue": lambda text: turns.issue(of(text).run.target, turned_in(text))["body"],
}
DOCUMENTS: dict[str, Callable[[str], Any]] = {
    **{name: lambda text, name=name: json.loads(formatted(name)(text)) for name in ("support", "badge-json")},  # type: ignore[misc]
    "gate": lambda text: document(compared(text)),
    "SARIF": lambda text: sarif(compared(text)),
    "web hook": lambda text: turns.document(of(text).run.target, of(text).run.contract.name, turned_in(text)),
}
every_payload = pytest.mark.parametrize("payload", PAYLOADS)


def test_every_format_is_walked() -> None:
    """Those that a matrix has, by name."""
    assert {*FORMATS} <= {*MARKDOWN, *DOCUMENTS, "csv", "badge", "openmetrics"}


@every_payload
@pytest.mark.parametrize("name", TERMINAL)
def test_a_terminal_and_a_workflow_obey_nothing(name: str, payload: str) -> None:
    """No control character but line ends, no sign of direction, and no line that begins with a command of a workflow."""
    text = TERMINAL[name](PAYLOADS[payload])
    text.encode()
    assert [char for char in text if not char.isprintable() and char != "\n"] == []
    assert [line for line in text.splitlines() if COMMAND.match(line)] == []


def shape(text: str) -> list[str]:
    """Return the tags of Markdown in HTML, without comments, which are between letters that must not stand together."""
    html = pytest.importorskip("markdown_it").MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)
    return re.findall(r"<[^!][^>]*>", html)


@every_payload
@pytest.mark.parametrize("name", MARKDOWN)
def test_markdown_has_no_other_shape(name: str, payload: str) -> None:
    """No heading, row, link, code, emphasis or tag comes with the text, nobody is called and no address is linked."""
    text = MARKDOWN[name](PAYLOADS[payload])
    text.encode()
    assert [char for char in text if not char.isprintable() and char != "\n"] == []
    assert shape(text) == shape(MARKDOWN[name](PLAIN))
    outside = re.sub(r"`[^`\n]*`", "", text)
    assert not re.search(r"(?<!\w)@\w|@[\w-]+\.\w|#\d|://|www\.\w|(?<!\\)\$", outside)
    assert [line for line in text.splitlines() if COMMAND.match(line)] == []


@every_payload
def test_annotations_are_the_gates_own(payload: str) -> None:
    """Each is one line, with a title that neither ends early nor has another property."""
    lines, plain = (commands(compared(text)).splitlines() for text in (PAYLOADS[payload], PLAIN))
    assert len(lines) == len(plain)
    for line in lines[:-1]:
        assert re.fullmatch(r"::(error|warning) title=[^:,\r\n]*::.*", line)
        assert line.isprintable()
        assert not re.search(r"%(?!25|0A|0D|3A|2C)", line)
    assert not lines[-1].startswith("::")


@every_payload
@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_stay_json(name: str, payload: str) -> None:
    """Any reader can parse them and print their strings; no message of SARIF has a link."""
    text = json.dumps(DOCUMENTS[name](PAYLOADS[payload]), ensure_ascii=False)
    text.encode()
    strings = list(of_json(json.loads(text)))
    assert [char for string in strings for char in string if not char.isprintable() and char not in "\n\u200b"] == []
    assert not any("](" in message for message in of_json(json.loads(text), "text"))


def of_json(value: Any, field: str | None = None, name: str = "") -> Iterator[str]:
    """Yield every string of a document, names included; or only the values of one field."""
    if isinstance(value, str) and field in {None, name}:
        yield value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from of_json(inner, field, key)
            yield from [key] if field is None else []
    for inner in value if isinstance(value, list) else ():
        yield from of_json(inner, field, name)


@every_payload
def test_a_chat_calls_nobody_and_links_nothing(payload: str) -> None:
    """Neither from the gate nor from a watch."""
    found = PAYLOADS[payload]
    for text in (gate_chat.message(compared(found)), turns.message(of(found).run.target, turned_in(found))):
        assert not re.search(r"[<>]|(?<!\w)@\w|://", text)
        assert [char for char in text if not char.isprintable() and char not in "\n\u200b"] == []


@every_payload
def test_no_field_of_a_table_is_a_formula(payload: str) -> None:
    """Rows and columns are those of the matrix."""
    found = of(PAYLOADS[payload])
    rows = list(csv.reader(io.StringIO(formatted("csv")(PAYLOADS[payload]), newline="")))
    assert {len(row) for row in rows} == {len(rows[0])}
    assert len(rows) == 1 + len(found.cells)
    for field in (field for row in rows for field in row):
        assert field.isprintable()
        assert not field.lstrip().startswith(("=", "+", "-", "@")), field


@every_payload
def test_metrics_have_no_other_lines(payload: str) -> None:
    """A label ends where it should."""
    label = r'[a-z]+="(?:[^"\\\n]|\\["\\n])*"'
    lines, plain = (formatted("openmetrics")(text).splitlines() for text in (PAYLOADS[payload], PLAIN))
    assert len(lines) == len(plain)
    for line in lines:
        assert line.startswith("# ") or re.fullmatch(rf"[a-z_]+\{{{label}(?:,{label})*\}} [0-9.e+]+", line), line
        assert line.isprintable()


class Tags(HTMLParser):
    """The tags of HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(f"{tag}{attrs or ''}")


@every_payload
def test_pictures_and_feeds_stay_xml(payload: str) -> None:
    """They have the elements of a harmless one, and the HTML in a feed has paragraphs and lists only."""
    texts = [
        (formatted("badge")(text), feed.render(of(text).run.target, text, "*", turns_of((good(text), of(text)))))
        for text in (PAYLOADS[payload], PLAIN)
    ]
    for hostile, harmless in zip(*texts, strict=True):
        assert [char for char in hostile if not char.isprintable() and char != "\n"] == []
        root = ElementTree.fromstring(hostile)
        assert [element.tag for element in root.iter()] == [
            element.tag for element in ElementTree.fromstring(harmless).iter()
        ]
        for content in root.iter("{http://www.w3.org/2005/Atom}content"):
            assert Tags(content.text or "").tags <= {"p", "ul", "li"}


@every_payload
def test_proposed_expectations_expect_those_cells(payload: str, tmp_path: Path) -> None:
    """The file can be read, is about that contract, and each of its entries matches its cell."""
    found = of(PAYLOADS[payload])
    text = propose(found.cells, found.run.contract.name, Expectations(), date(2030, 1, 1))
    file = tmp_path / "expected.toml"
    file.write_text(text.replace('reason = ""', 'reason = "r"').replace('owner = ""', 'owner = "o"'), encoding="utf-8")
    known = load(file, found.run.contract.name, date(2029, 1, 1))
    against = [each for each in found.cells if each.verdict in {"deviates", "differs"}]
    assert len(known.entries) == len(against) > 0
    assert all(known.meets(each) for each in against)
