"""The history of a target: the days in colours, what changed in each run, and all runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from conformance.results.facts import RunFacts
from conformance.results.history import Turn, at_values
from conformance.results.matrix import Cell
from conformance.site import naming
from conformance.site.choosing import Target
from conformance.site.comparisons import Step
from conformance.site.days import MONTH, QUARTER, WEEK, strip
from conformance.site.rendering import Page, Renderer
from conformance.trial.judge import Verdict

LISTED = 500  # rows of changes on a page, in about 400 kB
OPEN = 20  # rows of a run in full sight, about a screen; the others are folded
RUNS = 10  # runs in full sight, about a screen; the others are folded


@dataclass(frozen=True)
class Alike:
    """Changes of one claim in one run that look the same on all these models, and the claims that it blocked or blocks now."""

    turns: tuple[Turn, ...]
    consequences: tuple[str, ...] = ()

    @property
    def first(self) -> Turn:
        return self.turns[0]

    @property
    def values(self) -> list[str]:
        """What changed at single values, if the cells look the same otherwise."""
        before, after = self.first.before, self.first.after
        if before is None or _brief(before) != _brief(after):
            return []
        return at_values(before, after)


@dataclass(frozen=True)
class Night:
    """What changed in one run: the number of cells, and a row for each change."""

    run: RunFacts
    changed: int
    rows: tuple[Alike, ...]


def page(target: Target, turns: Sequence[Turn], steps: Sequence[Step], renderer: Renderer) -> Page:
    """Return the history of a target: changed cells, newest first, and each run with its comparison to the one before."""
    nights = list(_nights(turn for turn in reversed(turns) if turn.before is not None))
    listed = list(_listed(nights))
    values = {
        "target": target,
        **{
            name: strip(target, steps, renderer.now, count)
            for name, count in (("week", WEEK), ("month", MONTH), ("quarter", QUARTER))
        },
        "nights": listed,
        "more": sum(len(night.rows) for night in nights) - sum(len(night.rows) for night in listed),
        "steps": {step.after.name: step for step in steps},
        "steps_by_end": {step.after.run.ended: step for step in steps},
        "shown": {run.name for run in target.shown},
        "speaking": {cell for run in target.leading for cell in run.current},
        "most": OPEN,
        "runs": RUNS,
    }
    return renderer.page(naming.history_page(target.series), "history.html", values)


def _nights(turns: Iterable[Turn]) -> Iterator[Night]:
    """Yield what changed in each run, given newest first."""
    runs: dict[str, list[Turn]] = {}
    for turn in turns:
        runs.setdefault(turn.run.ended, []).append(turn)
    for same in runs.values():
        yield Night(same[0].run, len(same), tuple(_rows(same[::-1])))  # cells in the order of the contract


def _listed(nights: Iterable[Night]) -> Iterator[Night]:
    """Yield the newest runs with at most LISTED rows together."""
    left = LISTED
    for night in nights:
        if left > 0:
            yield Night(night.run, night.changed, night.rows[:left])
        left -= len(night.rows)


def _rows(turns: Sequence[Turn]) -> list[Alike]:
    """Return the changes of one run: those of a claim that look the same together, with what it blocks or frees."""
    changed = {(turn.after.claim, turn.after.column, turn.after.model) for turn in turns}
    groups: dict[tuple[object, ...], list[Turn]] = {}
    consequences: dict[tuple[str, str, str], list[str]] = {}
    for turn in turns:
        cause = _cause(turn)
        place = (cause or "", turn.after.column, turn.after.model)
        if place in changed:
            consequences.setdefault(place, []).append(turn.after.claim)
        else:
            key = (turn.after.claim, _brief(turn.before), _brief(turn.after))
            groups.setdefault(key, []).append(turn)
    return [Alike(tuple(group), _with(group, consequences)) for group in groups.values()]


def _with(turns: Iterable[Turn], consequences: dict[tuple[str, str, str], list[str]]) -> tuple[str, ...]:
    """Return the claims that changed because these cells did."""
    places = ((turn.after.claim, turn.after.column, turn.after.model) for turn in turns)
    return tuple(dict.fromkeys(claim for place in places for claim in consequences.get(place, ())))


def _cause(turn: Turn) -> str | None:
    """Return the claim whose failure blocks a cell after a change, or did before it."""
    cells = [cell for cell in (turn.after, turn.before) if cell and cell.verdict is Verdict.BLOCKED]
    return next((cell.cause for cell in cells if cell.cause), None)


def _brief(cell: Cell | None) -> tuple[object, ...] | None:
    """Return what a row shows of a cell."""
    return None if cell is None else (cell.verdict, cell.documented, cell.observed, cell.measured)
