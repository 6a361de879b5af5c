"""What turned in a watch: for a terminal, a chat, a program and an issue.

A chat gets no word of the endpoint's: what a reply says could be a mention or a link there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from conformance.base.observation import printable
from conformance.render.escaping import chat, code, markdown, shortened
from conformance.results.matrix import Cell
from conformance.results.turning import Direction, Turned

LISTED = 10  # turns that a message lists; the others are counted
_LONGEST = 160  # characters of a detail


def headline(target: str, turns: Sequence[Turned]) -> str:
    """Return how many cells turned which way, in one line."""
    counts = {way: sum(turn.direction is way for turn in turns) for way in Direction}
    words = [f"{count} cell{'' if count == 1 else 's'} turned {way}" for way, count in counts.items() if count]
    return f"{target}: {', '.join(words)}"


def text(target: str, turns: Sequence[Turned]) -> str:
    """Return every turn for a terminal, with what was seen."""
    lines = [f"{headline(target, turns)}:"]
    for turn in turns:
        lines.append(f"  {turn.direction}: {turn.after.id}: {_words(turn.before)} -> {_words(turn.after)}")
        lines.append(f"    documented {turn.after.documented}; {shortened(turn.after.detail, _LONGEST)}")
    return "\n".join(map(printable, lines)) + "\n"


def message(target: str, turns: Sequence[Turned], link: str = "") -> str:
    """Return a short text for a chat, with a link if there is one."""
    lines = [chat(headline(target, turns)), *(f"• {chat(_line(turn))}" for turn in turns[:LISTED])]
    lines += [f"and {len(turns) - LISTED} more"] if len(turns) > LISTED else []
    return "\n".join([*lines, *([link] if link else [])])


def document(target: str, contract: str, turns: Sequence[Turned], link: str = "") -> dict[str, Any]:
    """Return the body of a webhook: `text` is what a chat shows, the rest is for programs."""
    return {
        "text": message(target, turns, link),
        "target": target,
        "contract": contract,
        **({"link": link} if link else {}),
        "turned": [_row(turn) for turn in turns],
    }


def issue(target: str, turns: Sequence[Turned], link: str = "") -> dict[str, str]:
    """Return title and body of an issue in GitHub's Markdown."""
    return {
        "title": f"Conformance of {printable(headline(target, turns))}",
        "body": "\n".join(_body(turns, link)) + "\n",
    }


def _body(turns: Sequence[Turned], link: str) -> Iterator[str]:
    yield "| | cell | before | now | documented | what was seen |"
    yield "|---|---|---|---|---|---|"
    for turn in turns:
        cells = [f"`{code(turn.after.id)}`", markdown(_words(turn.before)), markdown(_words(turn.after))]
        seen = shortened(markdown(turn.after.detail), _LONGEST)
        yield f"| {turn.direction} | {' | '.join(cells)} | {markdown(turn.after.documented)} | {seen} |"
    if link:
        yield f"\n{link}"


def _line(turn: Turned) -> str:
    return f"{turn.direction}: {turn.after.id} ({_words(turn.before)} -> {_words(turn.after)})"


def _words(cell: Cell | None) -> str:
    return f"{cell.verdict}, {cell.observed or 'nothing seen'}" if cell else "not asked before"


def _row(turn: Turned) -> dict[str, Any]:
    return {
        "cell": turn.after.id,
        "direction": turn.direction.value,
        "before": _state(turn.before),
        "after": _state(turn.after),
    }


def _state(cell: Cell | None) -> dict[str, Any] | None:
    if cell is None:
        return None
    return {
        "verdict": cell.verdict.value,
        "observed": cell.observed and cell.observed.value,
        "documented": cell.documented,
        "measured": cell.measured,
        "detail": cell.detail,
    }
