"""How fast requests may be sent to an endpoint: a state, a function for each event, and the time to wait.

Everything here is a pure function of a state and an event: no clock, no sleep, no randomness, so that tests simulate minutes in
microseconds.  Times are seconds of one clock that all processes of a run share; rates are per second.  What a reply says about a
limit is read in `rates`.

How it works.  Providers limit requests and tokens per minute, and few say how: by a fixed window, a sliding window or a token
bucket, with or without a Retry-After.  So there is a `PacedRate` for requests and one for tokens, and they learn from refusals:

- Without a configured rate nothing is paced until the first refusal (429).  Then the rate becomes what the endpoint admitted in
  the last minute, since limits are commonly given per minute.
- From then on each answer raises the rate: fast until the next refusal shows where the limit is, slowly after that.  Each refusal
  lowers it to just below what was measured, and never by more than half.
- A configured rate is a ceiling.  Requests are spread evenly from the start, so that it is hardly ever refused.
- A refusal also pauses all requests: as long as Retry-After says, or with exponential backoff and jitter.  After several refusals
  in a row only one request at a time is sent, until one is answered.

The constants were chosen with the simulations in tests/sending/test_pacing.py: three kinds of limits, with four ways to announce
them and 1 to 64 connections, must take at most 1.2 times the shortest possible time, with few refusals.  "The simulations" below
are these; where a comment gives a range, they hold at both of its ends.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from conformance.sending.rates import RateLimitHint

MINUTE = 60.0

# Seconds.  A Retry-After can name hours (a daily quota) or nonsense.  Two minutes are longer than any limit per minute needs, and
# short enough that a run soon notices that an endpoint answers again; whether to give up is decided by the target's patience.
MAX_PAUSE = 120.0

# Tokens that a request is assumed to need when nothing was measured before the first refusal for tokens: a usual prompt and
# answer of the suite, rounded up.  It only sets the first rate, which rises with every answer.
TOKENS_OF_A_REQUEST = 1000.0

# Requests per second that are tried at least after a first refusal, which may have come before anything could be measured.  A
# smaller value costs time on low limits (at 0.05 a limit of 10 a minute takes 4 % longer), a larger one costs refusals (10 % more
# at 2).  The simulations hold from 0.05 to 1.
LEAST_FIRST_RATE = 0.5

# Per second.  An endpoint may announce a limit of 1e-320 a minute, which is positive and finite.  A rate between these bounds can
# be multiplied by and divided by a minute without overflow, and no real limit is beyond them.
_SLOWEST, _FASTEST = 1e-6, 1e9

# Seconds of the first and the longest pause when no one named one.  Half a second is enough for an endpoint that refuses only a
# burst; starting with 0.1 costs 7 % more refusals.  More than 8 seconds would waste most of a short window that has just
# reopened.
_SHORTEST_BACKOFF, _LONGEST_BACKOFF = 0.5, 8.0

# Refusals in a row whose own Retry-After is believed.  Some endpoints say "1 second" again and again while they refuse for a
# minute; after this many, the pause grows as if none had been named.  In a window of a minute an honest endpoint needs one or
# two.
_TRUSTED_REFUSALS = 6

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
            rate = sum(units for second, units in self.admitted if second >= now - MINUTE) / span
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
        return sum(units for second, units in self.admitted if second >= since) / (now - since)


@dataclass(frozen=True)
class Pace:
    """The state of one target.

    `refusals` is the number of refusals in a row; the first of them was at `refused_since`, the last at `refused_at`.
    """

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
        """Return the state as JSON values."""
        rates = {name: {**vars(getattr(self, name))} for name in ("requests", "tokens")}
        for rate in rates.values():
            rate["admitted"] = [list(pair) for pair in rate["admitted"]]
        return {**vars(self), **rates}

    @classmethod
    def from_document(cls, data: dict[str, Any]) -> Pace:
        """Return the state that `document` wrote."""
        rates = {name: PacedRate(**{**data[name], "admitted": _pairs(data[name])}) for name in ("requests", "tokens")}
        return cls(**{**data, **rates})


def initial_pace(requests: float | None, tokens: float | None) -> Pace:
    """Return the pace of a target with these configured rates per minute; None means no configured rate."""
    return Pace(_configured(requests), _configured(tokens))


def reserve(pace: Pace, now: float, tokens: float) -> tuple[Pace, float]:
    """Return the seconds to wait before trying again to send a request; 0 means that it may be sent, and then it is counted.

    After several refusals in a row only one request at a time is let through, to see whether the endpoint admits any again.
    """
    wait = max(pace.paused_until, pace.requests.free_at, pace.tokens.free_at) - now
    if wait > 0:
        return pace, wait
    taken = replace(pace, requests=pace.requests.take(now, 1.0), tokens=pace.tokens.take(now, tokens))
    if pace.refusals > 1:
        taken = replace(taken, paused_until=now + _backoff(pace.refusals + 1))
    return taken, 0.0


def after_answer(pace: Pace, now: float, sent: float, estimated: float, used: float | None) -> Pace:
    """Return the state after an answer to a request sent at `sent`: rates rise, and tokens that it did not use are returned."""
    tokens = pace.tokens.admit(now, estimated if used is None else used, now - sent)
    if tokens.rate is not None and used is not None:
        unused = tokens.payable(estimated) - tokens.payable(used)
        tokens = replace(tokens, free_at=tokens.free_at - unused / tokens.rate)
    pace = replace(pace, requests=pace.requests.admit(now, 1.0, now - sent), tokens=tokens)
    if pace.refusals and sent >= pace.refused_at:
        pace = replace(pace, refusals=0, paused_until=min(pace.paused_until, now))
    return pace


def after_refusal(pace: Pace, now: float, sent: float, hint: RateLimitHint, jitter: float) -> Pace:
    """Return the state after a 429 to a request sent at `sent`: all requests wait, and the rate is lower.

    Requests that were already in flight when another one was refused belong to the same refusal.  A Retry-After of 0 seconds
    means that not the rate was too high but the number of requests at once, so the rate stays.  `jitter`, from 0 to 1, spreads
    pauses that the endpoint did not name.
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
        return replace(pace, tokens=pace.tokens.lower(now, _first_rate(hint, TOKENS_OF_A_REQUEST), hint.retry_after))
    return replace(pace, requests=pace.requests.lower(now, _first_rate(hint), hint.retry_after))


def seconds_refused(pace: Pace, now: float) -> float:
    """Return for how many seconds every request has been refused."""
    return now - pace.refused_since if pace.refusals else 0.0


def _configured(per_minute: float | None) -> PacedRate:
    rate = None if per_minute is None else per_minute / MINUTE
    return PacedRate(rate, rate, step=_SLOW_RISE * (rate or 0.0))


def _pairs(rate: dict[str, Any]) -> Counts:
    return tuple((second, units) for second, units in rate["admitted"])


def _first_rate(hint: RateLimitHint, units: float = 1.0) -> float:
    """Return the lowest rate to begin with: the limit that the endpoint names, else one request for each pause it names."""
    rate = (
        hint.limit / MINUTE
        if hint.limit
        else units * max(LEAST_FIRST_RATE, 1 / hint.retry_after if hint.retry_after else 0.0)
    )
    return min(max(rate, _SLOWEST), _FASTEST)


def _pause(refusals: int, hint: RateLimitHint, jitter: float) -> float:
    """Return the seconds that all requests wait: the named pause, else one that grows with each refusal, up to the reset."""
    spread = 0.5 + jitter / 2
    if hint.retry_after is not None:
        least = _backoff(refusals - _TRUSTED_REFUSALS) * spread if refusals > _TRUSTED_REFUSALS else 0.0
        return min(max(hint.retry_after, least), MAX_PAUSE)
    backoff = _backoff(refusals) * spread
    return backoff if hint.reset is None else min(backoff, hint.reset)


def _backoff(refusals: int) -> float:
    """Return a pause that doubles with each refusal; the exponent is bounded, since a power of two overflows at 1024."""
    return min(_LONGEST_BACKOFF, _SHORTEST_BACKOFF * 2.0 ** min(refusals - 1, 10))
