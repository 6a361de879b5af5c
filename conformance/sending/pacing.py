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
- A refusal that is about the number of requests at once never comes here: see `concurrency`.
- A refusal also pauses all requests: as long as Retry-After says, or with exponential backoff and jitter.  After several refusals
  in a row only one request at a time is sent, until one is answered.

The constants were chosen with the simulations in tests/sending/test_pacing.py: three kinds of limits, with four ways to announce
them and 1 to 64 connections, must take at most 1.2 times the shortest possible time, with few refusals.  "The simulations" below
are these; where a comment gives a range, they hold at both of its ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from conformance.sending.paced_rate import FASTEST, MINUTE, PacedRate
from conformance.sending.rates import RateLimitHint

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

# Seconds of the first and the longest pause when no one named one.  Half a second is enough for an endpoint that refuses only a
# burst; starting with 0.1 costs 7 % more refusals.  More than 8 seconds would waste most of a short window that has just
# reopened.
_SHORTEST_BACKOFF, _LONGEST_BACKOFF = 0.5, 8.0

# Refusals in a row whose own Retry-After or reset is believed.  Some endpoints say "1 second" again and again while they refuse
# for a minute; after this many, the pause grows as if none had been named.  In a window of a minute an honest endpoint needs one
# or two.
_TRUSTED_REFUSALS = 6


@dataclass(frozen=True)
class Pace:
    """The state of one target.

    `refusals` is the number of refusals in a row; the first of them was at `refused_since`, the last at `refused_at`.
    """

    requests: PacedRate = field(default_factory=PacedRate)
    tokens: PacedRate = field(default_factory=PacedRate)
    paused_until: float = 0.0
    refusals: int = 0
    refused_since: float = 0.0
    refused_at: float = 0.0

    @property
    def free(self) -> bool:
        """Whether nothing limits the next request, now or later."""
        return self.requests.rate is None and self.tokens.rate is None and not self.refusals

    @property
    def paced(self) -> bool:
        """Whether a rate of requests or of tokens is known."""
        return self.requests.rate is not None or self.tokens.rate is not None

    def document(self) -> dict[str, Any]:
        """Return the state as JSON values."""
        return {**vars(self), "requests": self.requests.document(), "tokens": self.tokens.document()}

    @classmethod
    def from_document(cls, data: dict[str, Any]) -> Pace:
        """Return the state that `document` wrote."""
        return cls(**{**data, **{name: PacedRate.from_document(data[name]) for name in ("requests", "tokens")}})


def initial_pace(requests: float | None, tokens: float | None) -> Pace:
    """Return the pace of a target with these configured rates per minute; None means no configured rate."""
    return Pace(PacedRate.configured(requests), PacedRate.configured(tokens))


def expected_tokens(pace: Pace, now: float, estimated: float) -> float:
    """Return the tokens to count a request with until its answer says how many it used.

    Under a configured rate it is what the request may use at most, which is never too little.  A rate that was learnt comes from
    the tokens that answers used, so there it is what answers of the last minute used on average, if that is less: a request with
    a large cap and a short answer would hold up all others until it is answered.
    """
    if pace.tokens.ceiling is not None:
        return estimated
    answers, used = (rate.count(now - MINUTE) for rate in (pace.requests, pace.tokens))
    return min(estimated, used / answers) if answers and used else estimated


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


def _first_rate(hint: RateLimitHint, units: float = 1.0) -> float:
    """Return the lowest rate to begin with: the limit that the endpoint names, one request for each pause, or the usual least.

    The limit alone may be far too low: some endpoints name that of a second, or the number of requests at once.
    """
    paused = units / hint.retry_after if hint.retry_after else 0.0
    return min(max((hint.limit or 0.0) / MINUTE, paused, units * LEAST_FIRST_RATE), FASTEST)


def _pause(refusals: int, hint: RateLimitHint, jitter: float) -> float:
    """Return the seconds that all requests wait: the named pause, else one that grows with each refusal, up to the reset."""
    spread = 0.5 + jitter / 2
    if hint.retry_after is not None:
        least = _backoff(refusals - _TRUSTED_REFUSALS) * spread if refusals > _TRUSTED_REFUSALS else 0.0
        return min(max(hint.retry_after, least), MAX_PAUSE)
    backoff = _backoff(refusals) * spread
    return backoff if hint.reset is None or refusals > _TRUSTED_REFUSALS else min(backoff, hint.reset)


def _backoff(refusals: int) -> float:
    """Return a pause that doubles with each refusal; the exponent is bounded, since a power of two overflows at 1024."""
    return min(_LONGEST_BACKOFF, _SHORTEST_BACKOFF * 2.0 ** min(refusals - 1, 10))
