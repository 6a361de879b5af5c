"""Saved runs in their order, and the changes of each cell over them.

Finding and ordering runs and finding changes live here.  The gate compares two runs in detail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from conformance.base.errors import UsageError
from conformance.results.facts import RunFacts
from conformance.results.gate import shown
from conformance.results.matrix import Cell, Matrix
from conformance.results.reading import MATRIX, MatrixReader, check_link, file_of
from conformance.results.run_directory import LATEST

Series = dict[tuple[str, str], list[Matrix]]
Run = TypeVar("Run")


@dataclass(frozen=True)
class Turn:
    """A change of a cell from one run to the next; `before` is None for the first run that has it, `run` is the later run."""

    cell: str
    before: Cell | None
    after: Cell
    run: RunFacts


@dataclass(frozen=True)
class Found:
    """The matrix file of a run, and whether it was `named`, or found in a folder of runs."""

    file: Path
    named: bool


def at_values(before: Cell, after: Cell) -> list[str]:
    """Return what changed at single values of a cell, such as "5: honoured -> ignored"."""
    known = [value for value in after.seen if before.seen.get(value, after.seen[value]) != after.seen[value]]
    return [f"{value}: {before.seen[value]} -> {after.seen[value]}" for value in known]


def find(paths: Iterable[Path]) -> list[Found]:
    """Return the matrix files at these paths: files, run directories, and folders of run directories.

    Raises UsageError for a path without one.
    """
    found: dict[Path, Found] = {}
    for path in paths:
        check_link(path)
        runs = list(_runs(path))
        if not runs:
            raise UsageError(
                f"{path} must hold at least one run", "give run directories, a folder of them, or matrix.json files"
            )
        found.update({run.file: run for run in runs if run.named or run.file not in found})
    return list(found.values())


def readable(runs: Sequence[Found], read: Callable[[Path], Run], left_out: Callable[[str], object]) -> Iterator[Run]:
    """Yield what `read` makes of each run.  A run in a folder that cannot be read is left out, and the reason told.

    Raises UsageError for a run that was named, and if none can be read.
    """
    missing: list[UsageError] = []
    for run in runs:
        try:
            yield read(run.file)
        except UsageError as error:
            if run.named:
                raise
            missing.append(error)
            left_out(f"left out: {error.message}")
    if len(missing) == len(runs):
        raise missing[0]


def load(paths: Iterable[Path], left_out: Callable[[str], object]) -> Series:
    """Return all runs by target and contract, oldest first; `left_out` is told of each that cannot be read."""
    series: Series = {}
    matrices = readable(find(paths), MatrixReader().read, left_out)
    for matrix in sorted(matrices, key=lambda matrix: matrix.run.started):
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


def _runs(path: Path) -> Iterator[Found]:
    if path.is_dir() and not (path / MATRIX).exists():
        folders = (run for run in sorted(path.iterdir()) if run.name != LATEST)
        yield from (Found(run / MATRIX, named=False) for run in folders if (run / MATRIX).exists())
    elif path.exists():
        yield Found(file_of(path), named=True)
