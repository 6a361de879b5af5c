"""The changes from run to run of one target as an Atom feed (RFC 4287), with an entry for each run that changed cells."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

from conformance.render.escaping import one_line, shortened, xml
from conformance.render.signs import SIGNS, counts_in_words
from conformance.results.history import Turn
from conformance.results.matrix import Cell

AUTHOR = "llm-conformance"
_LISTED, _LONGEST, _ENTRIES = 100, 300, 100  # changes of an entry, characters of a change, entries: 3 MB at most


def render(target: str, contract: str, cells: str, turns: Iterable[Turn]) -> str:
    """Return the feed, newest entry first; `cells` is the pattern by which cells were chosen, and part of the feed's id."""
    name = f"{target} {contract} {cells}"
    by_run = groupby(turns, key=lambda turn: turn.run.started)
    entries = [_entry(name, target, list(group)) for _, group in by_run][-_ENTRIES:]
    return "\n".join(_lines(name, f"Conformance of {target} to {contract}", entries)) + "\n"


def _lines(name: str, title: str, entries: list[tuple[str, list[str]]]) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield '<feed xmlns="http://www.w3.org/2005/Atom">'
    yield f"<id>{_id(name)}</id>"
    yield f"<title>{xml(title)}</title>"
    yield f"<updated>{xml(entries[-1][0] if entries else '1970-01-01T00:00:00Z')}</updated>"
    yield f"<author><name>{AUTHOR}</name></author>"
    for _, lines in reversed(entries):
        yield from lines
    yield "</feed>"


def _entry(name: str, target: str, turns: list[Turn]) -> tuple[str, list[str]]:
    """Return when the run ended, and the lines of its entry."""
    run = turns[0].run
    started, ended = run.started, run.ended
    first = all(turn.before is None for turn in turns)
    title = f"{target} {run.target_version or ''}".strip() + f": {_title(turns, first=first)}"
    content = f"<p>{xml(_counts(turns))}</p>" if first else f"<ul>{''.join(_items(turns))}</ul>"
    return ended, [
        "<entry>",
        f"<id>{_id(f'{name} {started}')}</id>",
        f"<title>{xml(title)}</title>",
        f"<updated>{xml(ended)}</updated>",
        f'<content type="html">{xml(content)}</content>',
        "</entry>",
    ]


def _title(turns: list[Turn], *, first: bool) -> str:
    """Return the number of cells that changed, and their verdicts now."""
    if first:
        return f"first seen, {len(turns)} cells"
    return f"{len(turns)} cell{'' if len(turns) == 1 else 's'} turned, now {_counts(turns)}"


def _counts(turns: list[Turn]) -> str:
    counted = Counter(turn.after.verdict for turn in turns)
    return counts_in_words({verdict: counted[verdict] for verdict in SIGNS if counted[verdict]})


def _items(turns: list[Turn]) -> Iterator[str]:
    """Yield a line of HTML for each change, worst first; text of an endpoint is escaped."""
    order = list(SIGNS)
    turned = sorted(turns, key=lambda turn: order.index(turn.after.verdict))
    for turn in turned[:_LISTED]:
        before = _cell(turn.before) if turn.before else "new"
        text = f"{turn.cell}: {before} → {_cell(turn.after)}: {turn.after.detail}"
        yield f"<li>{xml(shortened(one_line(text), _LONGEST))}</li>"
    if len(turned) > _LISTED:
        yield f"<li>and {len(turned) - _LISTED} more</li>"


def _cell(cell: Cell) -> str:
    return f"{cell.verdict}{f' [{cell.measured}]' if cell.measured else f' ({cell.observed})' if cell.observed else ''}"


def _id(name: str) -> str:
    """Return an id that is the same whenever and wherever a feed or entry is written, so that readers know it again."""
    return uuid.uuid5(uuid.NAMESPACE_URL, one_line(f"llm-conformance {name}")).urn
