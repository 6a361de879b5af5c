"""Patterns that select claims and cells, in options, commands and expectations, and what to write where one selects nothing."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterable
from fnmatch import fnmatchcase

from conformance.base.errors import UsageError


def covers(pattern: str, cell: str) -> bool:
    """Return whether a pattern covers a cell, CLAIM@COLUMN:MODEL; a pattern of the claim alone covers its cells on all models.

    `*` matches any text, `?` any letter and `[ab]` one of these.
    """
    return fnmatchcase(cell, pattern) or fnmatchcase(cell.partition("@")[0], pattern)


def covered(patterns: Iterable[str], cell: str) -> bool:
    """Return whether any of the patterns covers a cell; no patterns cover every cell."""
    every = list(patterns)
    return not every or any(covers(pattern, cell) for pattern in every)


def check(patterns: Iterable[str], cells: Iterable[str], where: str = "--claim") -> None:
    """Raise UsageError for a pattern that covers none of the cells; `where` is who wrote it, and the hint is one that does."""
    every = list(dict.fromkeys(cells))
    for pattern in patterns:
        if not any(covers(pattern, cell) for cell in every):
            message = f"{where} must match a claim or a cell of the run, got {pattern!r}"
            written = "--claim " if where == "--claim" else ""
            raise UsageError(message, f"for instance {written}{shlex.quote(similar(pattern, every))}")


def similar(pattern: str, cells: Iterable[str]) -> str:
    """Return a pattern that covers some of the cells and is most like the given one, which covers none."""
    every = list(cells)
    claim, at, _ = pattern.partition("@")
    if at and (cell := next((cell for cell in every if fnmatchcase(cell.partition("@")[0], claim)), None)):
        return f"{claim}@{cell.partition('@')[2].partition(':')[0]}:*"
    claims = list(dict.fromkeys(cell.partition("@")[0] for cell in every))
    spelled = {name: name for name in claims}
    for place in dict.fromkeys(name.rpartition(".")[0] for name in claims):
        spelled |= {place: f"{place}.*", place.partition(".")[2]: f"{place}.*"}
    close = difflib.get_close_matches(claim.strip(".*"), spelled, n=1, cutoff=0.6)
    return spelled[close[0]] if close else f"{claims[0].rpartition('.')[0]}.*" if claims else "*"
