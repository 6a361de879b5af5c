"""What gets a page: the targets, the leading runs of each, and for each cell the run that it is shown from.

A run leads if it is the newest of its target, or the newest one, or the newest whole one, with one of its models.  Cells are
shown with their evidence from leading runs only, and the newest runs have a matrix page; that keeps a year of nightly runs small.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from conformance.contract.claims import ENDPOINT
from conformance.results.facts import RunFacts
from conformance.results.matrix import Cell, Matrix
from conformance.site import naming
from conformance.site.naming import Series
from conformance.site.reading import Listed, Reader

Model = tuple[str, str]  # column and id

SHOWN = 30  # runs of a target with a matrix page: a month of nights; a year would be a site of 300 MB

# A matrix page with more columns or cells than this shows each cell as a sign.  Cells with words take about 350 bytes and 10 rem:
# more than six columns do not fit a page 84 rem wide, and more than 3,000 cells make a page of well over 1 MB.
_WORDED_COLUMNS, _WORDED_CELLS = 6, 3000


@dataclass(frozen=True)
class Run:
    """A run with all its cells; `current` are the ids of the cells that are shown from this run, not from a newer one."""

    listed: Listed
    matrix: Matrix
    current: frozenset[str]

    @property
    def name(self) -> str:
        return self.listed.name

    @property
    def series(self) -> Series:
        return self.listed.series

    @property
    def facts(self) -> RunFacts:
        return self.matrix.run

    @cached_property
    def dense(self) -> bool:
        """Whether the matrix page shows each cell as a sign only, because there are many."""
        models = {(cell.column, cell.model) for cell in self.matrix.cells if cell.column != ENDPOINT}
        return len(models) > _WORDED_COLUMNS or len(self.matrix.cells) > _WORDED_CELLS

    def place(self, cell: Cell) -> str:
        """Return where a cell is in the matrix page: itself, or its row where cells are dense."""
        return f"{naming.matrix_page(self.name)}#{naming.anchor(cell.claim if self.dense else cell.id)}"


@dataclass(frozen=True)
class Target:
    """All runs of one target on one contract, newest first; `shown` are those with a matrix page, the leading ones first."""

    series: Series
    runs: tuple[Listed, ...]
    leading: tuple[Run, ...]
    older: tuple[Run, ...]

    @property
    def name(self) -> str:
        return self.series[0]

    @property
    def shown(self) -> tuple[Run, ...]:
        return self.leading + self.older

    @property
    def newest(self) -> Run:
        return self.leading[0]


def choose(listed: Iterable[Listed], reader: Reader) -> list[Target]:
    """Return the targets of these runs, the one with the newest run first."""
    groups: dict[Series, list[Listed]] = {}
    for run in sorted(listed, key=lambda run: run.order, reverse=True):
        groups.setdefault(run.series, []).append(run)
    return [_target(series, runs, reader) for series, runs in groups.items()]


def current_cells(target: Target) -> list[tuple[Run, Cell]]:
    """Return every cell that is shown with its evidence, and the run that it is shown from."""
    return [(run, cell) for run in target.leading for cell in run.matrix.cells if cell.id in run.current]


def by_provider(models: Iterable[Model]) -> tuple[Model, ...]:
    """Return models in their order, but those of one provider next to each other."""
    providers: dict[str, list[Model]] = {}
    for model in models:
        providers.setdefault(model[0], []).append(model)
    return tuple(model for group in providers.values() for model in group)


def _target(series: Series, runs: Sequence[Listed], reader: Reader) -> Target:
    leading = _leading(runs)
    older = [run for run in runs[:SHOWN] if run not in leading]
    known: set[str] = set()
    loaded = []
    for run in leading:
        matrix = reader.load(run)
        current = frozenset(cell.id for cell in matrix.cells) - known
        known |= current
        loaded.append(Run(run, matrix, current))
    return Target(series, tuple(runs), tuple(loaded), tuple(Run(run, reader.load(run), frozenset()) for run in older))


def _leading(runs: Sequence[Listed]) -> list[Listed]:
    """Return the newest run, and for each model the newest run and the newest whole run with it."""
    leading = {runs[0].digest}
    for model in dict.fromkeys(model for run in runs for model in run.models):
        with_model = [run for run in runs if model in run.models]
        whole = [run for run in with_model if run.run.whole]
        leading |= {run.digest for run in (with_model[0], *whole[:1])}
    return [run for run in runs if run.digest in leading]
