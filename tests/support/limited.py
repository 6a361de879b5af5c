"""Simulated endpoints with a limit, and a simulated run against them: minutes pass in microseconds."""

import heapq
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from conformance.sending.concurrency import Allowance
from conformance.sending.pacing import Pace, after_answer, after_refusal, expected_tokens, initial_pace, reserve
from conformance.sending.rates import RateLimitHint

# Takes a time and the units that a request needs; returns None if it passes, else the seconds until one may.
Admits = Callable[[float, float], float | None]
# The tokens that a request is estimated to need, and those that it uses, by its number.
Sizes = Callable[[int], tuple[float, float]]

REFUSAL = 0.02  # seconds until a refusal is known, which no model has to answer


def fixed_window(limit: float, window: float = 60.0) -> Admits:
    """Admit `limit` units in each fixed window; the first window begins with the first request."""
    seen = {"start": -math.inf, "count": 0.0}

    def admits(now: float, units: float) -> float | None:
        if now >= seen["start"] + window:
            seen["start"] = now if seen["start"] == -math.inf else now - (now - seen["start"]) % window
            seen["count"] = 0
        if seen["count"] + units <= limit:
            seen["count"] += units
            return None
        return seen["start"] + window - now

    return admits


def sliding_window(limit: float, window: float = 60.0, *, counts_refused: bool = False) -> Admits:
    """Admit `limit` units in any window of this length."""
    seen: deque[tuple[float, float]] = deque()
    total = 0.0

    def admits(now: float, units: float) -> float | None:
        nonlocal total
        while seen and seen[0][0] <= now - window:
            total -= seen.popleft()[1]
        left = None
        if total + units > limit:
            left = next_room(total + units - limit) + window - now
        if left is None or counts_refused:
            seen.append((now, units))
            total += units
        return left

    def next_room(excess: float) -> float:
        for time, each in seen:
            excess -= each
            if excess <= 0:
                return time
        return math.inf  # more than the limit will never pass

    return admits


def token_bucket(limit: float, window: float = 60.0, *, size: float | None = None) -> Admits:
    """Admit from a bucket that gets `limit` units per window and holds at most `size`, by default `limit`."""
    whole = size or limit
    state = {"level": float(whole), "at": 0.0}

    def admits(now: float, units: float) -> float | None:
        state["level"] = min(whole, state["level"] + (now - state["at"]) * limit / window)
        state["at"] = now
        if state["level"] >= units - 1e-9:
            state["level"] -= units
            return None
        return (units - state["level"]) * window / limit

    return admits


def unlimited(now: float, units: float) -> float | None:
    """Admit everything."""
    return None


@dataclass
class Asked:
    """The result of a simulation: seconds to the last answer, refusals, the most tries of one request, times of answers."""

    seconds: float = 0.0
    refusals: int = 0
    tries: int = 0
    times: list[float] = field(default_factory=list)


@dataclass(order=True)
class Sent:
    """A request in flight: when its reply comes, its number and tries, when it was sent, and how long it must wait."""

    at: float
    number: int
    tries: int
    sent: float
    level: int
    left: float | None = field(compare=False)
    tokens: float


def drive(
    admits: Admits,
    count: int,
    *,
    hint: Callable[[float], RateLimitHint],
    pace: Pace | None = None,
    slots: int = 8,
    latency: float = 0.05,
    at_once: int | None = None,
    sizes: Sizes | None = None,
) -> Asked:
    """Simulate a run of `count` answers with at most `slots` requests in flight; requests ask the pace one by one, in order.

    The endpoint admits at most `at_once` requests at once.  `admits` counts requests, or the used tokens if there are `sizes`.
    """
    pace = pace or initial_pace(None, None)
    done, allowance = Asked(), Allowance(slots)
    waiting = deque((number, 0) for number in range(count))
    in_flight: list[Sent] = []
    later: list[tuple[float, int, int]] = []  # refused for concurrency: they wait by themselves
    now, jitter = 0.0, 0.0
    while waiting or later or in_flight:
        while later and later[0][0] <= now:
            _, number, tries = heapq.heappop(later)
            waiting.appendleft((number, tries))
        until = later[0][0] if later else math.inf
        if waiting and len(in_flight) < allowance.allowed and len(in_flight) + len(later) < slots:
            estimated, used = sizes(waiting[0][0]) if sizes else (100.0, 100.0)
            tokens = expected_tokens(pace, now, estimated)
            pace, seconds = reserve(pace, now, tokens)
            if seconds == 0:
                number, tries = waiting.popleft()
                full = at_once is not None and sum(each.left is None for each in in_flight) >= at_once
                left = 1.0 if full else admits(now + latency / 2, used if sizes else 1.0)
                took = latency if left is None else min(latency, REFUSAL)
                heapq.heappush(in_flight, Sent(now + took, number, tries + 1, now, len(in_flight) + 1, left, tokens))
                continue
            until = min(until, now + seconds)
        if not in_flight or in_flight[0].at > until:
            now = until
            continue
        reply = heapq.heappop(in_flight)
        now = reply.at
        done.tries = max(done.tries, reply.tries)
        _, used = sizes(reply.number) if sizes else (100.0, 100.0)
        if reply.left is None:
            allowance.answered(reply.level, now, len(in_flight) + 1)
            pace = after_answer(pace, now, reply.sent, reply.tokens, used)
            done.times.append(now)
            continue
        done.refusals += 1
        jitter = (jitter + 0.618034) % 1.0
        says = hint(reply.left)
        if allowance.refused(reply.level, now, len(in_flight) + 1, paced=pace.paced, pause=says.retry_after):
            wait = says.retry_after if says.retry_after is not None else 0.5 * 2 ** min(reply.tries - 1, 4)
            heapq.heappush(later, (now + wait, reply.number, reply.tries))
            continue
        pace = after_refusal(pace, now, reply.sent, says, jitter)
        waiting.appendleft((reply.number, reply.tries))
    done.seconds = now
    return done
