"""How far a run is, in one line: percent, rate, time left, deviations so far."""

from __future__ import annotations

from dataclasses import dataclass

# Seconds.  The pace delays requests by fractions of a second all the time; only a longer pause is reported as waiting.
_SHORTEST_WAIT = 1.0
# The share of the cases from which the time left is shown: before, it would jump with each case that gets known.
_LEAST_SHARE = 0.02


@dataclass(frozen=True)
class Progress:
    """What is known of a run while it goes on.

    `planned` and `known` count cases, `deviations` those that deviate.  `requests` have finished; None if other processes send
    them.  `waiting` are the seconds that a rate limit still lasts.  `silent` is for how many seconds the endpoint has not
    answered, of `patience` at most.
    """

    planned: int
    known: int
    requests: int | None
    deviations: int
    waiting: float = 0.0
    silent: float = 0.0
    patience: float = 0.0


def interval(seconds: float) -> float:
    """Return the seconds to the next line of a log, where each update takes a line of its own.

    A line every five seconds shows that a run is alive.  Later ones come after half the time that the run took so far, a minute
    at most: a run of half a minute has five lines, one of an hour about seventy.
    """
    return min(max(5.0, seconds / 2), 60.0)


def line(progress: Progress, seconds: float) -> str:
    """Return the line after so many seconds of the run."""
    share = progress.known / progress.planned if progress.planned else 1.0
    parts = [f"{100 * share:3.0f} %: {progress.known} of {progress.planned} cases"]
    if progress.requests is not None:
        rate = f" ({progress.requests / seconds:.0f} a second)" if seconds >= 1 else ""
        parts.append(f"{progress.requests} requests{rate}")
    if share >= _LEAST_SHARE:
        parts.append(f"about {duration(seconds / share - seconds)} left")
    count = progress.deviations
    parts.append("no deviation so far" if not count else f"{count} deviation{'' if count == 1 else 's'} so far")
    return f"{', '.join(parts)}{_wait(progress)}"


def _wait(progress: Progress) -> str:
    """Return what the run waits for; nothing if it goes on."""
    if progress.silent >= _SHORTEST_WAIT:
        since = f"the endpoint has not answered for {progress.silent:.0f} s"
        return f"; {since}: waiting for it, at most {progress.patience:.0f} s"
    if progress.waiting >= _SHORTEST_WAIT:
        return f"; waiting {progress.waiting:.0f} s: the endpoint limits the rate"
    return ""


def duration(seconds: float) -> str:
    """Return a duration as people say it: 34 s, 3 min, 2 h 5 min."""
    whole = round(seconds)
    if whole < 100:
        return f"{whole} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
