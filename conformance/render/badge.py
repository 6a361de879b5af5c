"""A run as a badge: an SVG for a web page, and the JSON that the endpoint badge of shields.io reads."""

from __future__ import annotations

import json
from dataclasses import replace

from conformance.render.escaping import one_line, shortened, xml
from conformance.render.signs import counts_in_words, selection
from conformance.results.matrix import Matrix
from conformance.trial.judge import Verdict

LABEL = "conformance"
_SHOWN = (Verdict.DEVIATES, Verdict.DIFFERS, Verdict.BLOCKED, Verdict.CONFORMS)
_RED, _AMBER, _GREEN, _GREY = "b3261e", "8a5a00", "1a7f37", "57606a"  # white on each has a contrast above 4.5:1
_LETTER, _MARGIN, _HEIGHT = 7, 6, 20  # pixels: the width of a letter at font size 11, and the usual height of a badge


def document(matrix: Matrix) -> str:
    """Return the JSON of an endpoint badge."""
    data = {"schemaVersion": 1, "label": LABEL, "message": message(matrix), "color": colour(matrix)}
    return json.dumps(data, ensure_ascii=False) + "\n"


def picture(matrix: Matrix) -> str:
    """Return an SVG without outside resources; its accessible name says what it shows, with all counts."""
    text = message(matrix)
    left, right = _width(LABEL), _width(text)
    title = xml(f"{LABEL} of {shortened(one_line(matrix.run.target), 60)}: {_scope(matrix)}{_counts(matrix)}")
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{_HEIGHT}" role="img" aria-labelledby="title">
<title id="title">{title}</title>
<rect width="{left}" height="{_HEIGHT}" fill="#3b4148"/>
<rect x="{left}" width="{right}" height="{_HEIGHT}" fill="#{colour(matrix)}"/>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
{_text(LABEL, _MARGIN)}
{_text(text, left + _MARGIN)}
</g>
</svg>
"""


def message(matrix: Matrix) -> str:
    """Return the counts that matter, after the words for a selection or a stopped run."""
    counts = matrix.counts()
    shown = {verdict: counts[verdict] for verdict in _SHOWN if counts.get(verdict)}
    return f"{_scope(matrix)}{counts_in_words(shown) if shown else 'nothing judged'}"


def colour(matrix: Matrix) -> str:
    """Return the colour: red for a deviation, else grey if not everything was tested, amber for a difference, else green."""
    counts = matrix.counts()
    if counts.get(Verdict.DEVIATES):
        return _RED
    if _scope(matrix) or counts.get(Verdict.BLOCKED) or not counts.get(Verdict.CONFORMS):
        return _GREY
    return _AMBER if counts.get(Verdict.DIFFERS) else _GREEN


def _counts(matrix: Matrix) -> str:
    """Return all counts in words, for each API if there are several."""
    if len(matrix.surfaces) < 2:
        return counts_in_words(matrix.counts())
    parts = {name: [cell for cell in matrix.cells if cell.surface == name] for name in matrix.surfaces}
    counts = {name: replace(matrix, cells=tuple(cells)).counts() for name, cells in parts.items()}
    return "; ".join(f"{one_line(name)} {counts_in_words(found)}" for name, found in counts.items())


def _scope(matrix: Matrix) -> str:
    return "stopped: " if matrix.run.stopped else f"{selection(matrix.run)}: " if matrix.run.partial else ""


def _width(text: str) -> int:
    return _LETTER * len(text) + 2 * _MARGIN


def _text(text: str, x: int) -> str:
    """Return a text element with a fixed width, so that the text fits its box in any font."""
    return f'<text x="{x}" y="14" textLength="{_LETTER * len(text)}" lengthAdjust="spacingAndGlyphs">{xml(text)}</text>'
