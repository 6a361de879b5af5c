"""Targets side by side: for each API a row for each parameter and the squares of every target's newest run.

What is in a square is decided by `results/squares`; which run stands for a target, and what differs, is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.results.squares import Column, Overview, Square, overviews
from conformance.site import naming
from conformance.site.choosing import Run, Target

MOST = 8  # columns of one target on one API; more models share one by class


@dataclass(frozen=True)
class Side:
    """A target on one API: the run that stands for it, and its columns."""

    target: Target
    run: Run
    overview: Overview

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.overview.columns

    def squares(self, parameter: str) -> tuple[Square | None, ...]:
        """Return the squares of a parameter; None for each model that was not asked about it."""
        rows = (row.squares for row in self.overview.rows if row.group.parameter == parameter)
        return next(rows, (None,) * len(self.columns))

    def place(self, surface: str, parameter: str) -> str:
        """Return the place of a parameter's rows in the page of the run."""
        return f"{naming.matrix_page(self.run.name)}#{naming.parameter_anchor(surface, parameter)}"


@dataclass(frozen=True)
class Board:
    """All targets on one API, and the parameters that any of them was asked about, in the order of the contracts."""

    surface: str
    sides: tuple[Side, ...]
    parameters: tuple[str, ...]


def standing_for(target: Target) -> Run:
    """Return the run that stands for a target: the newest whole one that leads, else the newest."""
    return next((run for run in target.leading if run.facts.whole), target.newest)


def boards(targets: Sequence[Target]) -> list[Board]:
    """Return a board for each API that models of a target were asked on, in the order in which the targets have them."""
    sides: dict[str, list[Side]] = {}
    for target in targets:
        run = standing_for(target)
        for overview in overviews(run.matrix, {}, MOST, by_class=False):
            if overview.rows:
                sides.setdefault(overview.surface, []).append(Side(target, run, overview))
    return [Board(surface, tuple(group), _parameters(group)) for surface, group in sides.items()]


def _parameters(sides: Sequence[Side]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.group.parameter for side in sides for row in side.overview.rows))
