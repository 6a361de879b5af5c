"""Saved runs in their order, and what became of each cell over them.

Finding and ordering runs and finding where a cell turned live here.  Two runs are compared by the gate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from conformance.base.errors import UsageError
from conformance.results.facts import RunFacts
from conformance.results.gate import shown
from conformance.results.matrix import Cell, Matrix
from conformance.results.run_directory import LATEST, MATRIX, check_link, read

Series = dict[tuple[str, str], list[Matrix]]


@dataclass(frozen=True)
class Turn:
    """A cell that is another one than in the run before; `before` is None where it comes first.  `run` holds the run's facts."""

    cell: str
    before: Cell | None
    after: Cell
    run: RunFacts


def find(paths: Iterable[Path]) -> list[Path]:
    """Return the matrices in files, run directories and folders of run directories; raises UsageError where there is none."""
    found: dict[Path, None] = {}
    for path in paths:
        check_link(path)
        here = list(_matrices(path))
        if not here:
            raise UsageError(
                f"{path} must hold at least one run", "give run directories, a folder of them, or matrix.json files"
            )
        found.update(dict.fromkeys(here))
    return list(found)


def load(paths: Iterable[Path]) -> Series:
    """Return all runs by target and contract, oldest first.

    Their cells are not held against the schema one by one: a year of runs would take a minute for nothing.
    """
    series: Series = {}
    for matrix in sorted((read(path, check=False) for path in find(paths)), key=lambda matrix: matrix.run.started):
        series.setdefault((matrix.run.target, matrix.run.contract.name), []).append(matrix)
    return series


def turns(runs: Iterable[Matrix]) -> list[Turn]:
    """Return where cells turned over the runs of one series, oldest first; a cell that a run lacks stays what it was."""
    known: dict[str, Cell] = {}
    found = []
    for matrix in runs:
        for cell in matrix.cells:
            before = known.get(cell.id)
            if before is None or shown(before) != shown(cell):
                found.append(Turn(cell.id, before, cell, matrix.run))
            known[cell.id] = cell
    return found


def _matrices(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif (path / MATRIX).is_file():
        yield path / MATRIX
    elif path.is_dir():
        yield from (run / MATRIX for run in sorted(path.iterdir()) if run.name != LATEST and (run / MATRIX).is_file())
