"""The runs of a target as a strip of days: the worst verdict of each, and whether cells changed.

What became of a cell is decided by the gate; here its counts are put in the order of a calendar.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from conformance.site import words
from conformance.site.choosing import Target
from conformance.site.comparisons import Step
from conformance.trial.judge import Verdict

MONTH, QUARTER, WEEK = 30, 90, 7  # days


@dataclass(frozen=True)
class Day:
    """A day: the worst verdict of its last run, None without a run, and how many cells changed in its runs."""

    date: date
    verdict: Verdict | None
    changed: int

    @property
    def words(self) -> str:
        changed = f", {words.number(self.changed, 'cell')} changed" if self.changed else ""
        return f"{self.date}: {self.verdict or 'no run'}{changed}"


@dataclass(frozen=True)
class Strip:
    """The days up to now, oldest first."""

    days: tuple[Day, ...]

    @property
    def words(self) -> str:
        """What the strip shows, for those who do not see it."""
        counts = Counter(day.verdict.value if day.verdict else "without a run" for day in self.days)
        parts = ", ".join(f"{count} {word}" for word, count in counts.most_common())
        changed = [str(day.date) for day in self.days if day.changed]
        when = f"cells changed on {', '.join(changed)}" if changed else "no cell changed"
        return f"{len(self.days)} days to {self.days[-1].date}: {parts}; {when}"

    @property
    def changed(self) -> int:
        """How many cells changed in these days."""
        return sum(day.changed for day in self.days)


def strip(target: Target, steps: Sequence[Step], now: datetime, count: int) -> Strip:
    """Return the last `count` days of a target; `steps` are the comparisons of its runs."""
    changed = _changed(steps)
    verdicts: dict[date, Verdict | None] = {}
    cells: Counter[date] = Counter()
    for run in reversed(target.runs):
        ended = words.moment(run.run).date()
        verdicts[ended] = worst(run.counts)
        cells[ended] += changed.get(run.name, 0)
    listed = (now.date() - timedelta(days=back) for back in reversed(range(count)))
    return Strip(tuple(Day(day, verdicts.get(day), cells[day]) for day in listed))


def worst(counts: Mapping[Verdict, int]) -> Verdict | None:
    """Return the worst verdict that says something about the endpoint: what is only noted does not hide that all conforms."""
    said = [verdict for verdict in counts if verdict not in {Verdict.NOTED, Verdict.NOT_APPLICABLE}]
    return next(iter([*said, *counts]), None)


def _changed(steps: Sequence[Step]) -> Mapping[str, int]:
    """Return how many cells changed in each run, by its name."""
    return {step.after.name: sum(step.counts.values()) for step in steps}
