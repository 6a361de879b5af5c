"""Saved runs in their order, and the changes of each cell over them.

Finding and ordering runs and finding changes live here.  The gate compares two runs in detail.
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
    """A change of a cell from one run to the next; `before` is None for the first run that has it, `run` is the later run."""

    cell: str
    before: Cell | None
    after: Cell
    run: RunFacts


def find(paths: Iterable[Path]) -> list[Path]:
    """Return the matrix files at these paths: files, run directories, and folders of run directories.

    Raises UsageError for a path without one.
    """
    files: dict[Path, None] = {}
    for path in paths:
        check_link(path)
        matrices = list(_matrices(path))
        if not matrices:
            raise UsageError(
                f"{path} must hold at least one run", "give run directories, a folder of them, or matrix.json files"
            )
        files.update(dict.fromkeys(matrices))
    return list(files)


def load(paths: Iterable[Path]) -> Series:
    """Return all runs by target and contract, oldest first.

    Their cells are not checked against the schema, which takes 0.2 ms each: for a year of runs more than a minute.
    """
    series: Series = {}
    for matrix in sorted((read(path, check=False) for path in find(paths)), key=lambda matrix: matrix.run.started):
        series.setdefault((matrix.run.target, matrix.run.contract.name), []).append(matrix)
    return series


def turns(runs: Iterable[Matrix]) -> list[Turn]:
    """Return the changes of cells over the runs of one series, oldest first; a cell that a run lacks stays as it was."""
    known: dict[str, Cell] = {}
    changes = []
    for matrix in runs:
        for cell in matrix.cells:
            before = known.get(cell.id)
            if before is None or shown(before) != shown(cell):
                changes.append(Turn(cell.id, before, cell, matrix.run))
            known[cell.id] = cell
    return changes


def _matrices(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif (path / MATRIX).is_file():
        yield path / MATRIX
    elif path.is_dir():
        yield from (run / MATRIX for run in sorted(path.iterdir()) if run.name != LATEST and (run / MATRIX).is_file())
