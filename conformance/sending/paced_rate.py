"""A rate of requests or of tokens that adapts to refusals: one half of the pace, which `pacing` puts together.

Pure functions of a state and an event, like `pacing`.  Where a comment speaks of simulations, they are those of
tests/sending/test_pacing.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

MINUTE = 60.0

# Per second.  An endpoint may announce a limit of 1e-320 a minute, which is positive and finite.  A rate between these bounds can
# be multiplied by and divided by a minute without overflow, and no real limit is beyond them.
_SLOWEST, FASTEST = 1e-6, 1e9

# The rate after a refusal, as a part of the measured one.  At exactly the measured rate every other request would be one too
# many; further below, throughput is lost: at 0.85 an endpoint that admits one request a second takes 1.23 times as long as it
# must instead of 1.16
_BELOW_MEASURED = 0.95

# How much one answer raises the rate, as a part of it: before the limit was met again, and after.  Half of the fast rise makes
# an endpoint that also counts refused requests take 10 % longer, twice of it causes 8 % more refusals.  The slow rise follows a
# limit that is raised during a run; without it the simulations fail, and 10 times as fast it doubles the refusals of a strict
# limit.
_FAST_RISE, _SLOW_RISE = 0.15, 0.003

# Seconds.  The fast rise adds at most one request per answer time; an answer from a cache or a test server takes microseconds and
# would raise the rate without bound.  The simulations hardly depend on it between 0.00001 and 0.1.
_SHORTEST_ANSWER = 0.001

# Seconds after the first refusal from which admitted requests give a useful measurement; before that, one burst dominates it.
# The simulations hardly depend on it between 1 and 30.
_MEASURING_TIME = 5.0

# Seconds that a request may be late without delaying the ones after it.  Event loops wake up late by milliseconds; without this
# allowance each such delay would be lost for good.  Larger values let bursts through: at 0.5 there are 8 % more refusals.
_LATENESS = 0.1

Counts = tuple[tuple[int, float], ...]  # pairs of a second and the units admitted in it


@dataclass(frozen=True)
class PacedRate:
    """The rate of requests or of tokens, in units per second.

    `rate` is None while nothing limits it; `ceiling` is the configured rate.  The next unit may be used at `free_at`.  `since` is
    the time of the first refusal, `step` the slow rise per answer (0 while the rise is fast), and `admitted` counts the units
    that were admitted in each second of the last minute.
    """

    ceiling: float | None = None
    rate: float | None = None
    free_at: float = 0.0
    since: float = 0.0
    step: float = 0.0
    admitted: Counts = ()

    def document(self) -> dict[str, Any]:
        """Return the state as JSON values."""
        return {**vars(self), "admitted": [list(pair) for pair in self.admitted]}

    @classmethod
    def from_document(cls, data: dict[str, Any]) -> PacedRate:
        """Return the state that `document` wrote."""
        return cls(**{**data, "admitted": tuple((second, units) for second, units in data["admitted"])})

    @classmethod
    def configured(cls, per_minute: float | None) -> PacedRate:
        """Return the state with this configured rate per minute; None means no configured rate."""
        rate = None if per_minute is None else per_minute / MINUTE
        return cls(rate, rate, step=_SLOW_RISE * (rate or 0.0))

    def take(self, now: float, units: float) -> PacedRate:
        """Return the state after `units` were used: the next ones are free when these are paid for."""
        if self.rate is None:
            return self
        return replace(self, free_at=max(self.free_at, now - _LATENESS) + self.payable(units) / self.rate)

    def payable(self, units: float) -> float:
        """Return how many of these units are charged: at most a minute's worth, after which any limit is whole again."""
        return min(max(0.0, units), (self.ceiling or self.rate or 0.0) * MINUTE)

    def admit(self, now: float, units: float, seconds: float) -> PacedRate:
        """Return the state after `units` were admitted and answered within `seconds`: they are counted, and the rate rises."""
        slot = int(now)
        counts = self.admitted
        if counts and counts[-1][0] == slot:
            counts = (*counts[:-1], (slot, counts[-1][1] + units))
        else:
            counts = (*(count for count in counts if count[0] > slot - MINUTE), (slot, units))
        if self.rate is None:
            return replace(self, admitted=counts)
        rise = self.step if self.step else min(_FAST_RISE * self.rate, units / max(seconds, _SHORTEST_ANSWER))
        rate = self.rate + rise
        return replace(self, admitted=counts, rate=rate if self.ceiling is None else min(rate, self.ceiling))

    def lower(self, now: float, least: float, wait: float | None) -> PacedRate:
        """Return the state after a refusal.

        The first refusal sets the rate to what was admitted in the last minute, and at least to `least`.  If the refusal says
        when it ends, then what was admitted so far was the allowance for the time from the first request until that end.  A
        later refusal lowers the rate to just below the measured one, and never by more than half, since one measurement may be
        poor. The slow rise regains what was lost within about a minute of answers.
        """
        if self.rate is None:
            first = next((second for second, _ in self.admitted if second >= now - MINUTE), now)
            span = MINUTE if wait is None else min(MINUTE, max(1.0, now - first + wait))
            rate = self.count(now - MINUTE) / span
            return replace(self, rate=max(rate, least), free_at=now, since=now)
        span = now - self.since
        measured = self._measured(now - MINUTE, now)
        if _MEASURING_TIME < span < MINUTE:
            measured = max(measured, self._measured(self.since, now))
        rate = max(_SLOWEST, min(self.rate, max(self.rate / 2, _BELOW_MEASURED * measured)))
        regained = (self.rate - rate) / (rate * MINUTE)
        return replace(self, rate=rate, step=regained + _SLOW_RISE * rate)

    def _measured(self, since: float, now: float) -> float:
        """Return the rate that was admitted between two times."""
        return self.count(since) / (now - since)

    def count(self, since: float) -> float:
        """Return the units that were admitted since a time."""
        return sum(units for second, units in self.admitted if second >= since)
