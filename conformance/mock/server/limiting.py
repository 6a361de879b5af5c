"""A rate limit, as gateways have it: N requests per window, fixed or sliding, or a bucket that refills evenly.

A fixed window begins with the first request after the end of the previous one; a bucket holds the requests of one window.
This module decides which request passes and how long the next one must wait; the front decides how the refusal looks.
"""

import math
import time
from collections import deque
from collections.abc import Callable

from conformance.mock.engine.errors import ApiError

LIMIT_KINDS = ("fixed", "sliding", "bucket")
MINUTE = 60.0


class RateLimit:
    """Admits a number of requests per window.

    `per_minute` is the rate, `kind` one of LIMIT_KINDS, `window` the length in seconds; `retry_after` says whether a refusal has
    a Retry-After header.
    """

    def __init__(self, per_minute: float, kind: str, window: float, *, retry_after: bool) -> None:
        self.size = max(1, round(per_minute * window / MINUTE))
        self.window = window
        self.retry_after = retry_after
        self.wait: Callable[[float], float] = {"fixed": self.fixed, "sliding": self.sliding, "bucket": self.bucket}[
            kind
        ]
        self.times: deque[float] = deque()  # of the requests in the window
        self.level = float(self.size)  # requests that the bucket holds
        self.at = 0.0  # the begin of a fixed window, or the last change of the bucket

    def admit(self) -> None:
        """Count a request, or raise ApiError if it must wait."""
        wait = self.wait(time.monotonic())
        if wait > 0:
            headers = {"Retry-After": str(math.ceil(wait))} if self.retry_after else {}
            message = f"Rate limit reached for requests. Limit: {self.size} / {self.window:g} s."
            raise ApiError(message, code="rate_limit_exceeded", status=429, type="requests", headers=headers)

    def fixed(self, now: float) -> float:
        """Return the seconds until the window ends if it is full; otherwise count the request and return 0."""
        if now >= self.at + self.window:
            self.at = now
            self.times.clear()
        return self.count_or_wait(now, self.at + self.window - now)

    def sliding(self, now: float) -> float:
        """Return the seconds until the oldest request leaves a full window; otherwise count the request and return 0."""
        while self.times and self.times[0] <= now - self.window:
            self.times.popleft()
        return self.count_or_wait(now, self.times[0] + self.window - now if self.times else 0.0)

    def count_or_wait(self, now: float, wait: float) -> float:
        """Count the request and return 0 if there is room; otherwise return the wait."""
        if len(self.times) >= self.size:
            return wait
        self.times.append(now)
        return 0.0

    def bucket(self, now: float) -> float:
        """Return the seconds until an empty bucket holds a request again; otherwise take one out and return 0."""
        rate = self.size / self.window
        self.level = min(self.size, self.level + (now - self.at) * rate) if self.at else self.level
        self.at = now
        if self.level < 1:
            return (1 - self.level) / rate
        self.level -= 1
        return 0.0
