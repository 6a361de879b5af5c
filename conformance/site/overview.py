"""The first page, and the history of each target."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from conformance.results.history import Turn
from conformance.results.matrix import Cell
from conformance.site import naming
from conformance.site.boards import Board
from conformance.site.choosing import Target
from conformance.site.comparisons import Step
from conformance.site.days import MONTH, QUARTER, WEEK, Strip, strip
from conformance.site.rendering import Page, Renderer

LISTED = 500  # changes on the page of a history, in about 400 kB


@dataclass(frozen=True)
class Pair:
    """Two targets, and the page that compares their newest runs."""

    one: Target
    other: Target
    page: str


@dataclass(frozen=True)
class Alike:
    """Changes of one claim in one run that look the same on all these models."""

    turns: tuple[Turn, ...]

    @property
    def first(self) -> Turn:
        return self.turns[0]


def index(
    targets: Sequence[Target],
    boards: Sequence[Board],
    strips: Sequence[Strip],
    pairs: Sequence[Pair],
    renderer: Renderer,
) -> Page:
    """Return the first page: all targets side by side, then each with its newest run, comparisons, and all runs with a page."""
    runs = [run for target in targets for run in target.shown]
    runs.sort(key=lambda run: run.listed.order, reverse=True)
    values = {
        "targets": targets,
        "boards": boards,
        "strips": strips,
        "pairs": pairs,
        "runs": runs,
        "total": sum(len(target.runs) for target in targets),
    }
    return renderer.page(naming.INDEX, "index.html", values)


def history(target: Target, turns: Sequence[Turn], steps: Sequence[Step], renderer: Renderer) -> Page:
    """Return the history of a target: changed cells, newest first, and each run with its comparison to the one before."""
    newest_first = _alike(turn for turn in reversed(turns) if turn.before is not None)
    values = {
        "target": target,
        **{
            name: strip(target, steps, renderer.now, count)
            for name, count in (("week", WEEK), ("month", MONTH), ("quarter", QUARTER))
        },
        "turns": newest_first[:LISTED],
        "more": max(len(newest_first) - LISTED, 0),
        "steps": {step.after.name: step for step in steps},
        "shown": {run.name for run in target.shown},
        "speaking": {cell for run in target.leading for cell in run.current},
    }
    return renderer.page(naming.history_page(target.series), "history.html", values)


def _alike(turns: Iterable[Turn]) -> list[Alike]:
    """Return changes, given newest first, with those of one claim and one run that look the same together, models in order."""
    groups: dict[tuple[object, ...], list[Turn]] = {}
    for turn in turns:
        key = (turn.run.ended, turn.after.claim, _brief(turn.before), _brief(turn.after))
        groups.setdefault(key, []).append(turn)
    return [Alike(tuple(reversed(group))) for group in groups.values()]


def _brief(cell: Cell | None) -> tuple[object, ...] | None:
    """Return what a row shows of a cell."""
    return None if cell is None else (cell.verdict, cell.documented, cell.observed, cell.measured)
