"""An explanation of a cell or claim as text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from conformance.base.observation import printable
from conformance.http.exchange import Exchange
from conformance.render.signs import SIGNS, seen
from conformance.results.explanation import Explanation
from conformance.results.matrix import Cell
from conformance.trial.judge import Verdict

_LONGEST = 1200  # characters of a reply, about half a screen
_LONGEST_COMMAND = 100_000  # characters; shells take little more as one argument


def render(explanation: Explanation) -> str:
    """Return claim, sources, cells and evidence; control characters that an endpoint sent are escaped."""
    lines = [_safe(line) for line in _lines(explanation)]
    for exchange, command in explanation.exchanges:
        lines += [_safe(line) for line in _exchange(exchange)]
        lines.append(_reproduction(command))
    if explanation.more:
        lines.append(f"\n{explanation.more} more exchanges of this cell are in evidence.ndjson")
    return "\n".join(lines) + "\n"


def parameter(explanations: Sequence[Explanation]) -> str:
    """Return the claims about a parameter, each with its statement and its verdict on each model that it applies to."""
    return "\n".join(_safe(line) for explanation in explanations for line in _claim(explanation)) + "\n"


def _safe(line: str) -> str:
    """Return lines with what a terminal would obey spelt out, whoever wrote the contract, the matrix and the evidence."""
    return printable(line, keep="\n")


def _claim(explanation: Explanation) -> Iterator[str]:
    claim = explanation.claim
    yield f"{claim.id} ({claim.terms.level}): {claim.statement}"
    for cell in (cell for cell in explanation.cells if cell.verdict is not Verdict.NOT_APPLICABLE):
        shown = f"{SIGNS[cell.verdict].mark} {cell.column}:{cell.model}: documented {cell.documented}; {seen(cell)}"
        yield f"  {shown}"


def _lines(explanation: Explanation) -> Iterator[str]:
    claim = explanation.claim
    yield f"{claim.id}\n  {claim.statement}"
    for source in claim.sources:
        yield f"  source: {source.page}, section {source.section!r}, read {source.read}\n          {source.url}"
    for cell in explanation.cells:
        yield from _cell(cell)
    if not explanation.cells:
        yield "\nno run has judged it yet: conformance run"


def _cell(cell: Cell) -> Iterator[str]:
    sign = SIGNS[cell.verdict]
    yield f"\n{sign.mark} {cell.verdict}  {cell.id}"
    yield f"  contract:   {cell.says}, {cell.level}; documented {cell.documented}"
    yield f"  observed:   {cell.observed or 'nothing was asked'}{f', measured {cell.measured}' if cell.measured else ''}"
    yield f"  detail:     {cell.detail}"
    yield f"  cases:      {', '.join(f'{count} {verdict}' for verdict, count in cell.counts.items())}"


def _exchange(exchange: Exchange) -> Iterator[str]:
    yield f"\nexchange {exchange.id}, {exchange.seconds * 1000:.0f} ms"
    status = exchange.status if exchange.status is not None else f"{exchange.failure}: {exchange.failure_detail}"
    yield printable(f"  reply:      {status} {exchange.header('content-type') or ''}").rstrip()
    text = (
        exchange.text
        if len(exchange.text) <= _LONGEST
        else f"{exchange.text[:_LONGEST]} ... ({len(exchange.text)} characters)"
    )
    yield textwrap.indent(text, "    ")


def _reproduction(command: str) -> str:
    """Return a command line as it is, for a shell must read it exactly; it has no control characters."""
    if len(command) > _LONGEST_COMMAND:
        command = f"{len(command)} characters are too long for a command line; the request is in evidence.ndjson"
    return f"  reproduce:\n    {command}"
