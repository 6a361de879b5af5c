"""How fast an endpoint may be asked: (state, now, what happened) -> state, and how long to wait before the next request.

Pure: no clock, no sleep, no chance of its own, so that tests simulate minutes in microseconds.  Times are seconds of one clock
that all processes of a run share; rates are per second.  What a reply says of a limit is read in `rates`.

A rate is lowered at once where the endpoint refuses for it, and one refusal pauses all requests to it.  Without a configured
rate nothing is paced until the first refusal; then the rate is what was admitted in the last minute, the span that limits are
commonly told for, and rises: fast until the next refusal shows where the limit is, slowly from then on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from conformance.sending.rates import RateLimitHint

MINUTE = 60.0
MAX_PAUSE = 120.0
TOKENS_OF_A_REQUEST = 1000.0
LEAST_FIRST_RATE = (
    0.5  # requests per second: what is tried after a first refusal that came too soon to measure anything
)
# Per second.  What an endpoint names beyond them is meant by nobody (a limit of 1e-320 a minute is positive and finite), and a
# rate between them can be multiplied by a minute and divided by without leaving the numbers that a float holds.
_SLOWEST, _FASTEST = 1e-6, 1e9
_SHORTEST_BACKOFF, _LONGEST_BACKOFF = 0.5, 8.0
_TRUSTED = 6  # so many refusals in a row may name their own short pause; then it grows like one that nobody named
_BELOW = 0.95  # of what was measured: where exactly on it, every other request would be one too many
_FAST, _SLOWLY = 0.15, 0.003  # what each answer adds to a rate at most, as parts of it
_SHORTEST_ANSWER = 0.001  # seconds
_ENOUGH = 5.0  # seconds after which what was admitted since the first refusal measures something
_LATE = 0.1  # seconds by which a request that comes late does not delay those after it

Counts = tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class PacedRate:
    """One rate: requests or tokens.  `rate` is None while nothing limits it; `ceiling` is the configured one."""

    ceiling: float | None = None
    rate: float | None = None
    free_at: float = 0.0
    since: float = 0.0
    step: float = 0.0
    admitted: Counts = ()

    def take(self, now: float, units: float) -> PacedRate:
        """After units were asked for: the next ones are free when these are paid for."""
        if self.rate is None:
            return self
        return replace(self, free_at=max(self.free_at, now - _LATE) + self.payable(units) / self.rate)

    def payable(self, units: float) -> float:
        """The units that count, at most a whole minute's worth: what is larger would be waited for without need."""
        return min(max(0.0, units), (self.ceiling or self.rate or 0.0) * MINUTE)

    def admit(self, now: float, units: float, seconds: float) -> PacedRate:
        """After units were admitted, answered in so many seconds: they are counted, and the rate rises."""
        slot = int(now)
        counts = self.admitted
        if counts and counts[-1][0] == slot:
            counts = (*counts[:-1], (slot, counts[-1][1] + units))
        else:
            counts = (*(each for each in counts if each[0] > slot - MINUTE), (slot, units))
        if self.rate is None:
            return replace(self, admitted=counts)
        more = self.step if self.step else min(_FAST * self.rate, units / max(seconds, _SHORTEST_ANSWER))
        rate = self.rate + more
        return replace(self, admitted=counts, rate=rate if self.ceiling is None else min(rate, self.ceiling))

    def lower(self, now: float, least: float, wait: float | None) -> PacedRate:
        """After a refusal: what was admitted in the last minute, yet no less than half of what was tried.

        Where the refusal names its end, what was admitted before it was admitted for the time until then.
        """
        if self.rate is None:
            first = next((second for second, _ in self.admitted if second >= now - MINUTE), now)
            span = MINUTE if wait is None else min(MINUTE, max(1.0, now - first + wait))
            rate = sum(units for second, units in self.admitted if second >= now - MINUTE) / span
            return replace(self, rate=max(rate, least), free_at=now, since=now)
        span = now - self.since
        measured = self._measured(now - MINUTE, now)
        if _ENOUGH < span < MINUTE:
            measured = max(measured, self._measured(self.since, now))
        rate = max(_SLOWEST, min(self.rate, max(self.rate / 2, _BELOW * measured)))
        back = (self.rate - rate) / (rate * MINUTE)
        return replace(self, rate=rate, step=back + _SLOWLY * rate)

    def _measured(self, since: float, now: float) -> float:
        """The rate that was admitted from then to now."""
        return sum(units for second, units in self.admitted if second >= since) / (now - since)


@dataclass(frozen=True)
class Pace:
    """The state of one target; `refusals` are those in a row, the first of them at `refused_since`."""

    requests: PacedRate = PacedRate()
    tokens: PacedRate = PacedRate()
    paused_until: float = 0.0
    refusals: int = 0
    refused_since: float = 0.0
    refused_at: float = 0.0

    @property
    def free(self) -> bool:
        """Whether nothing limits the next request, now or later."""
        return self.requests.rate is None and self.tokens.rate is None and not self.refusals

    def document(self) -> dict[str, Any]:
        """The state as JSON can hold it."""
        meters = {name: {**vars(getattr(self, name))} for name in ("requests", "tokens")}
        for each in meters.values():
            each["admitted"] = [list(pair) for pair in each["admitted"]]
        return {**vars(self), **meters}

    @classmethod
    def from_document(cls, data: dict[str, Any]) -> Pace:
        """The state that `document` gave."""
        meters = {name: PacedRate(**{**data[name], "admitted": _pairs(data[name])}) for name in ("requests", "tokens")}
        return cls(**{**data, **meters})


def initial_pace(requests: float | None, tokens: float | None) -> Pace:
    """The pace of a target with these rates per minute; None where none is configured."""
    return Pace(_configured(requests), _configured(tokens))


def reserve(pace: Pace, now: float, tokens: float) -> tuple[Pace, float]:
    """The seconds to wait before asking again whether a request may be sent; with 0 it may, and is counted.

    While all are refused one request at a time is sent to see whether that is over.
    """
    wait = max(pace.paused_until, pace.requests.free_at, pace.tokens.free_at) - now
    if wait > 0:
        return pace, wait
    taken = replace(pace, requests=pace.requests.take(now, 1.0), tokens=pace.tokens.take(now, tokens))
    if pace.refusals > 1:
        taken = replace(taken, paused_until=now + _backoff(pace.refusals + 1))
    return taken, 0.0


def after_answer(pace: Pace, now: float, sent: float, estimated: float, used: float | None) -> Pace:
    """After an answer to a request that was sent then: rates rise, and tokens that it did not use are free again."""
    tokens = pace.tokens.admit(now, estimated if used is None else used, now - sent)
    if tokens.rate is not None and used is not None:
        unused = tokens.payable(estimated) - tokens.payable(used)
        tokens = replace(tokens, free_at=tokens.free_at - unused / tokens.rate)
    pace = replace(pace, requests=pace.requests.admit(now, 1.0, now - sent), tokens=tokens)
    if pace.refusals and sent >= pace.refused_at:
        pace = replace(pace, refusals=0, paused_until=min(pace.paused_until, now))
    return pace


def after_refusal(pace: Pace, now: float, sent: float, hint: RateLimitHint, jitter: float) -> Pace:
    """After a 429 to a request that was sent then: all requests wait, and the rate is lower.

    What was under way when another was refused belongs to the same refusal, and who says "come again in 0 seconds" has no rate
    to keep to.  `chance` from 0 to 1 spreads pauses that nobody named.
    """
    if pace.refusals and sent < pace.refused_at:
        return replace(pace, paused_until=max(pace.paused_until, now + _pause(pace.refusals, hint, jitter)))
    count = pace.refusals + 1
    until = max(pace.paused_until if count == 1 else now, now + _pause(count, hint, jitter))
    since = pace.refused_since if pace.refusals else now
    pace = replace(pace, paused_until=until, refusals=count, refused_since=since, refused_at=now)
    if count > 1 or hint.retry_after == 0:
        return pace
    if hint.about_tokens:
        return replace(pace, tokens=pace.tokens.lower(now, _first(hint, TOKENS_OF_A_REQUEST), hint.retry_after))
    return replace(pace, requests=pace.requests.lower(now, _first(hint), hint.retry_after))


def seconds_refused(pace: Pace, now: float) -> float:
    """For how many seconds everything has been refused."""
    return now - pace.refused_since if pace.refusals else 0.0


def _configured(per_minute: float | None) -> PacedRate:
    rate = None if per_minute is None else per_minute / MINUTE
    return PacedRate(rate, rate, step=_SLOWLY * (rate or 0.0))


def _pairs(meter: dict[str, Any]) -> Counts:
    return tuple((second, units) for second, units in meter["admitted"])


def _first(hint: RateLimitHint, units: float = 1.0) -> float:
    """The rate to begin with at least, where nothing was measured: the limit that was named, one request per named pause."""
    rate = (
        hint.limit / MINUTE
        if hint.limit
        else units * max(LEAST_FIRST_RATE, 1 / hint.retry_after if hint.retry_after else 0.0)
    )
    return min(max(rate, _SLOWEST), _FASTEST)


def _pause(refusals: int, hint: RateLimitHint, jitter: float) -> float:
    """Seconds that all requests wait: as long as was named, else longer with each refusal, and no longer than to the reset."""
    spread = 0.5 + jitter / 2
    if hint.retry_after is not None:
        least = _backoff(refusals - _TRUSTED) * spread if refusals > _TRUSTED else 0.0
        return min(max(hint.retry_after, least), MAX_PAUSE)
    grown = _backoff(refusals) * spread
    return grown if hint.reset is None else min(grown, hint.reset)


def _backoff(refusals: int) -> float:
    return min(_LONGEST_BACKOFF, _SHORTEST_BACKOFF * 2.0 ** min(refusals - 1, 10))
