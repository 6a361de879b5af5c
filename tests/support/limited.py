"""Simulated endpoints with a rate limit, and a simulated run against them: minutes pass in microseconds."""

import heapq
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from conformance.sending.pacing import Pace, after_answer, after_refusal, initial_pace, reserve
from conformance.sending.rates import RateLimitHint

Admits = Callable[
    [float], float | None
]  # takes a time; returns None if a request passes, else the seconds until one may


def fixed_window(limit: int, window: float = 60.0) -> Admits:
    """Admit `limit` requests in each fixed window; the first window begins with the first request."""
    seen = {"start": -math.inf, "count": 0.0}

    def admits(now: float) -> float | None:
        if now >= seen["start"] + window:
            seen["start"] = now if seen["start"] == -math.inf else now - (now - seen["start"]) % window
            seen["count"] = 0
        if seen["count"] < limit:
            seen["count"] += 1
            return None
        return seen["start"] + window - now

    return admits


def sliding_window(limit: int, window: float = 60.0, *, counts_refused: bool = False) -> Admits:
    """Admit `limit` requests in any window of this length."""
    times: deque[float] = deque()

    def admits(now: float) -> float | None:
        while times and times[0] <= now - window:
            times.popleft()
        passes = len(times) < limit
        left = None if passes else times[-limit] + window - now
        if passes or counts_refused:
            times.append(now)
        return left

    return admits


def token_bucket(limit: int, window: float = 60.0, *, size: int | None = None) -> Admits:
    """Admit requests from a bucket that gets `limit` tokens per window and holds at most `size`, by default `limit`."""
    whole = size or limit
    state = {"level": float(whole), "at": 0.0}

    def admits(now: float) -> float | None:
        state["level"] = min(whole, state["level"] + (now - state["at"]) * limit / window)
        state["at"] = now
        if state["level"] >= 1 - 1e-9:
            state["level"] -= 1
            return None
        return (1 - state["level"]) * window / limit

    return admits


@dataclass
class Asked:
    """The result of a simulation: seconds to the last answer, refusals, the most tries of one request, times of answers."""

    seconds: float = 0.0
    refusals: int = 0
    tries: int = 0
    times: list[float] = field(default_factory=list)


def drive(
    admits: Admits,
    count: int,
    *,
    hint: Callable[[float], RateLimitHint],
    pace: Pace | None = None,
    slots: int = 8,
    latency: float = 0.05,
    workers: int = 1,
) -> Asked:
    """Simulate a run of `count` answers with at most `slots` requests in flight; requests ask the pace one by one, in order."""
    pace = pace or initial_pace(None, None)
    done = Asked()
    waiting = deque((number, 0) for number in range(count))
    in_flight: list[tuple[float, int, int, float, float | None]] = []
    now, jitter, free = 0.0, 0.0, slots
    held: deque[tuple[int, int]] = deque()
    while waiting or held or in_flight:
        while waiting and free:
            held.append(waiting.popleft())
            free -= 1
        until = math.inf
        if held:
            pace, seconds = reserve(pace, now, 100.0)
            if seconds == 0:
                number, tries = held.popleft()
                left = admits(now + latency / 2)
                heapq.heappush(in_flight, (now + latency, number, tries + 1, now, left))
                continue
            until = now + seconds
        if in_flight and in_flight[0][0] <= until:
            now, number, tries, sent, left = heapq.heappop(in_flight)
            done.tries = max(done.tries, tries)
            if left is None:
                pace = after_answer(pace, now, sent, 100.0, 100.0)
                done.times.append(now)
                free += 1
            else:
                done.refusals += 1
                jitter = (jitter + 0.618034) % 1.0
                pace = after_refusal(pace, now, sent, hint(left), jitter)
                held.append((number, tries))
        else:
            now = until
    done.seconds = now
    return done
