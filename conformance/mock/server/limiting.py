"""Limits, as gateways have them: so many requests or tokens per window, fixed or sliding or a bucket, or so many at once.

A fixed window begins with the first request after the end of the previous one; a bucket holds the units of one window and refills
evenly.  This module decides which request passes and how long the next one must wait; the front decides how the refusal looks.
"""

import math
import time
from collections import deque
from collections.abc import Callable

from conformance.mock.engine.errors import ApiError

LIMIT_KINDS = ("fixed", "sliding", "bucket")
MINUTE = 60.0
SECOND = {"Retry-After": "1"}  # for a limit of concurrency, which nobody can say how long to wait for


class RateLimit:
    """Admits a number of units per window: `counted` says what they are, requests or tokens.

    `per_minute` is the rate, `kind` one of LIMIT_KINDS, `window` the length in seconds; `retry_after` says whether a refusal has
    a Retry-After header, and for tokens those of the limit.
    """

    def __init__(
        self, per_minute: float, kind: str, window: float, *, retry_after: bool, counted: str = "requests"
    ) -> None:
        self.size = max(1, round(per_minute * window / MINUTE))
        self.window = window
        self.retry_after = retry_after
        self.counted = counted
        kinds = {"fixed": self.fixed, "sliding": self.sliding, "bucket": self.bucket}
        self.wait: Callable[..., float] = kinds[kind]
        self.times: deque[tuple[float, float]] = deque()  # times and units in the window
        self.level = float(self.size)  # units that the bucket holds
        self.at = 0.0  # the begin of a fixed window, or the last change of the bucket

    def admit(self, units: float = 1.0) -> None:
        """Count a request, at most as a whole window, or raise ApiError if it must wait."""
        wait = self.wait(time.monotonic(), min(units, self.size))
        if wait > 0:
            headers = self.headers(wait) if self.retry_after else {}
            message = f"Rate limit reached for {self.counted}. Limit: {self.size} / {self.window:g} s."
            raise ApiError(message, code="rate_limit_exceeded", status=429, type=self.counted, headers=headers)

    def headers(self, wait: float) -> dict[str, str]:
        """Return what a refusal says about the limit."""
        retry_after = {"Retry-After": str(math.ceil(wait))}
        if self.counted == "requests":
            return retry_after
        left = self.size - sum(units for _, units in self.times)
        limits = {"limit": str(self.size), "remaining": f"{left:.0f}", "reset": f"{wait:.3f}s"}
        return {**retry_after, **{f"x-ratelimit-{part}-{self.counted}": value for part, value in limits.items()}}

    def fixed(self, now: float, units: float = 1.0) -> float:
        """Return the seconds until the window ends if there is no room; otherwise count the units and return 0."""
        if now >= self.at + self.window:
            self.at = now
            self.times.clear()
        return self.count_or_wait(now, units, self.at + self.window - now)

    def sliding(self, now: float, units: float = 1.0) -> float:
        """Return the seconds until the oldest request leaves a full window; otherwise count the units and return 0."""
        while self.times and self.times[0][0] <= now - self.window:
            self.times.popleft()
        return self.count_or_wait(now, units, self.times[0][0] + self.window - now if self.times else 0.0)

    def count_or_wait(self, now: float, units: float, wait: float) -> float:
        """Count the units and return 0 if there is room; otherwise return the wait."""
        if sum(each for _, each in self.times) + units > self.size:
            return wait
        self.times.append((now, units))
        return 0.0

    def bucket(self, now: float, units: float = 1.0) -> float:
        """Return the seconds until the bucket holds so many units again; otherwise take them out and return 0."""
        rate = self.size / self.window
        self.level = min(self.size, self.level + (now - self.at) * rate) if self.at else self.level
        self.at = now
        if self.level < units:
            return (units - self.level) / rate
        self.level -= units
        return 0.0


def too_many_at_once(most: int, *, retry_after: bool) -> ApiError:
    """Return the refusal of a request beyond the number that may be in flight at once."""
    message = f"Too many concurrent requests. Limit: {most}."
    headers = SECOND if retry_after else {}
    return ApiError(message, code="rate_limit_exceeded", status=429, type="requests", headers=headers)
