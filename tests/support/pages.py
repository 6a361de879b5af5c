"""Pages of the static site for tests: run directories to make them of, and their tags, ids, links and text."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from conformance.evidence.recording import EVIDENCE_FILE, Recorder
from conformance.results.matrix import Cell, Matrix
from tests.support.making import recorded_facts
from tests.support.matrices import HOSTILE, matrix

VOID = {"meta", "link", "br", "input", "hr", "img", "wbr"}
ATTACK = HOSTILE + "</script><img src=x onerror=alert(1)>{{ 7*7 }}{% raw %}{# x #}\"'><b onclick=alert(1)>"


class Document(HTMLParser):
    """A page as its tags, ids, links and text; a tag that is not closed in order is an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        assert len(attributes) == len(attrs), f"an attribute of {tag} is there twice"
        self.tags.append((tag, attributes))
        self.ids += [attributes["id"] or ""] if "id" in attributes else []
        self.links += [attributes[name] or "" for name in ("href", "src") if name in attributes]
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"{tag} is closed where something else is open, line {self.getpos()[0]}"

    def handle_data(self, data: str) -> None:
        self.text += data

    def with_tag(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def save(folder: Path, saved: Matrix, *exchanges: Any) -> Path:
    """Write a run directory with this matrix, and with these exchanges as its evidence."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "matrix.json").write_text(json.dumps(saved.document()), encoding="utf-8")
    if exchanges:
        with Recorder(folder / EVIDENCE_FILE, recorded_facts()) as recorder:
            for recorded in exchanges:
                recorder(recorded)
    return folder


def night(number: int, *cells: Cell, **facts: Any) -> Matrix:
    """Return the run of a night in January."""
    times = {"started": f"2026-01-{number:02}T03:04:05Z", "ended": f"2026-01-{number:02}T03:14:05Z"}
    return matrix(*cells, **{**times, **facts})
