"""A key in every spelling through every place that a run, or what is made of it afterwards, writes to."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.evidence.recording import EVIDENCE_FILE, Recorder, find
from conformance.http.exchange import Exchange
from conformance.http.redaction import Redactor
from conformance.render import FORMATS, explanation, feed, gate, gate_chat, history, terminal, turns
from conformance.render.gate_annotations import commands
from conformance.render.gate_document import document
from conformance.render.gate_markdown import markdown
from conformance.render.gate_sarif import sarif
from conformance.results.explanation import Explanation, reproduce
from conformance.results.gate import compare
from conformance.results.history import turns as turns_of
from conformance.results.matrix import Matrix
from conformance.results.turning import turned
from conformance.run.option_table import Show
from conformance.site.building import build
from conformance.trial.judge import Verdict
from tests.support.making import contract, exchange, recorded_facts, request
from tests.support.matrices import cell, matrix
from tests.support.pages import save
from tests.support.scanning import shows
from tests.support.spellings import FORMS

KEY = 'sk-live-aB3/dE+f=%GhI<x&y"9\\Zq7'
EVENTS: dict[str, Callable[[str], dict[str, Any]]] = {
    "chat": lambda text: {"choices": [{"index": 0, "delta": {"content": text}}]},
    "responses": lambda text: {"type": "response.output_text.delta", "output_index": 0, "delta": text},
    "messages": lambda text: {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}},
    "gemini": lambda text: {"candidates": [{"index": 0, "content": {"parts": [{"text": text}]}}]},
}


def replies(spelled: str, number: int) -> Iterator[Exchange]:
    """Yield replies that hold a spelling: in the message of an error, in headers, in a page, and in the stream of each API."""
    header = {"content-type": "application/json", "x-debug": f"it is {spelled}.", spelled: "x"}
    yield exchange(400, {"error": {"message": f"bad {spelled} key"}}, headers=header, sent=request(n=number))
    yield exchange(502, text=f"<html>{spelled}</html>", sent=request(n=number, a=1))
    for surface, event in EVENTS.items():
        text = "".join(f"data: {json.dumps(event(each))}\n\n" for each in ("well ", spelled, " said"))
        yield exchange(text=text, headers={"content-type": "text/event-stream"}, sent=request(n=number, b=surface))
    yield exchange(sent=request(n=number, messages=[{"role": "user", "content": spelled}]))


@pytest.fixture(scope="module")
def sinks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What everything that writes has written, by name."""
    folder, redact = tmp_path_factory.mktemp("spellings"), Redactor([KEY])
    cells = []
    (folder / "run").mkdir()
    with Recorder(folder / "run" / EVIDENCE_FILE, recorded_facts(), None, redact) as recorder:
        for number, (name, spell) in enumerate(FORMS.items()):
            spelled = spell(KEY)
            sent = [*replies(spelled, number)]
            for each in sent:
                recorder(each)
            detail = redact.sentence(f"{name}: it said {spelled!r}, {spelled[: len(spelled) * 2 // 3]}...")
            cells.append(
                cell(
                    f"chat.n.f{number}",
                    "deviates",
                    detail=detail,
                    measured=redact(spelled),
                    evidence=tuple(each.id for each in sent),
                )
            )
    after = matrix(
        *cells, api_key_env="KEY", target_version=redact.sentence(" ".join(form(KEY) for form in FORMS.values()))
    )
    save(folder / "run", after)
    build([folder / "run"], folder / "site")
    return {**written(after, folder), **files(folder)}


def written(after: Matrix, folder: Path) -> dict[str, str]:
    """Return what the formats make of a matrix."""
    before = replace(after, cells=tuple(replace(each, verdict=Verdict.CONFORMS) for each in after.cells))
    found, news = compare(before, after), turned({each.id: each for each in before.cells}, after.cells)
    exchanges = find(folder / "run", [name for each in after.cells for name in each.evidence])
    shown = tuple((each, reproduce(each.request, False, "http://a/v1", "$KEY")) for each in exchanges.values())
    changes = list(turns_of((before, after)))
    return {
        **{name: form.render(after) for name, form in FORMATS.items()},
        "terminal": terminal.summary(after, Path("x"), width=100, colour=False, show=Show.ALL),
        "problems": terminal.summary(after, Path("x"), width=100, colour=False, show=Show.PROBLEMS),
        "explanation": explanation.render(Explanation(contract().claim("chat.n.count"), after.cells, shown)),
        "gate": gate.text(found, whole=True),
        "gate in Markdown": markdown(found, whole=True),
        "gate in JSON": json.dumps(document(found)),
        "annotations": commands(found),
        "SARIF": json.dumps(sarif(found)),
        "chat": gate_chat.message(found),
        "history": history.text("mine", "c", 2, changes),
        "feed": feed.render("mine", "c", "*", changes),
        "turns": turns.text("mine", news),
        "web hook": json.dumps(turns.document("mine", "c", news)),
        "issue": json.dumps(turns.issue("mine", news)),
    }


def files(folder: Path) -> dict[str, str]:
    """Return what was written to the disk, a kind of file in one text."""
    texts: dict[str, str] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        kind = path.name if path.parent.name == "run" else f"{path.suffix} of the site"
        texts[kind] = texts.get(kind, "") + path.read_text(encoding="utf-8")
    return texts


SINKS = (
    *FORMATS, "terminal", "problems", "explanation", "gate", "gate in Markdown", "gate in JSON", "annotations", "SARIF", "chat",
    "history", "feed", "turns", "web hook", "issue", "matrix.json", EVIDENCE_FILE, ".html of the site",
)  # fmt: skip


@pytest.mark.parametrize("name", SINKS)
def test_no_sink_holds_a_spelling_of_the_key(sinks: dict[str, str], name: str) -> None:
    """Neither as it was spelt nor in any way that a reader could undo."""
    text = "\n".join(dict.fromkeys(sinks[name].splitlines()))  # pages have many lines in common
    assert [form for form, spell in FORMS.items() if spell(KEY) in text] == []
    assert not any(KEY[start : start + 12].lower() in text.lower() for start in range(len(KEY) - 11))
    for start in range(0, len(text), 50_000):
        assert shows(text[max(0, start - 500) : start + 50_000], KEY) is None


def test_every_sink_is_looked_at(sinks: dict[str, str]) -> None:
    """Files of a new kind need a row above; each sink says where something was removed, or has no word of the endpoint's."""
    assert {*sinks} - {*SINKS} <= {".js of the site", ".css of the site", ".svg of the site", ".txt of the site"}
    silent = {name for name in SINKS if "redacted" not in sinks[name]}
    assert silent <= {"badge", "badge-json", "clients", "openmetrics", "annotations", "chat", "history", "feed"}, silent
