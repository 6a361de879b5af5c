"""The changes of cells over saved runs, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conformance.base.observation import printable
from conformance.results.history import Turn
from conformance.results.matrix import Cell


def text(target: str, contract: str, runs: int, turns: Iterable[Turn]) -> str:
    """Return the changes of one series, cell by cell."""
    by_cell: dict[str, list[Turn]] = {}
    for turn in turns:
        by_cell.setdefault(turn.cell, []).append(turn)
    title = f"{target}, {contract}, {runs} run{'' if runs == 1 else 's'}"
    return "\n".join(printable(line) for line in _lines(title, by_cell)) + "\n"


def _lines(title: str, by_cell: dict[str, list[Turn]]) -> Iterator[str]:
    yield title
    for cell, turns in by_cell.items():
        yield f"  {cell}"
        for turn in turns:
            version = turn.run.target_version or "unknown version"
            yield f"    {turn.run.started}  {version}: {_cell(turn.after)}"


def _cell(cell: Cell) -> str:
    limit = f", measured {cell.measured}" if cell.measured else ""
    return f"{cell.verdict}, {cell.observed or 'nothing seen'}{limit}: {cell.detail[:120]}"
