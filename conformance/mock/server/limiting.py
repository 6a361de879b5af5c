"""A rate limit, as gateways have it: so many requests in a window, fixed or sliding, or a bucket that is refilled evenly.

What passes and when the next one would is decided here; how it is said is `errors`' business.  A fixed window begins with the
first request after the last one's end; a bucket holds one window's worth.
"""

import math
import time
from collections import deque
from collections.abc import Callable

from conformance.mock.engine.errors import ApiError

KINDS = ("fixed", "sliding", "bucket")
MINUTE = 60.0


class Limit:
    """Admits so many requests in each window of seconds; `named` says whether a refusal names the time to come again."""

    def __init__(self, per_minute: float, kind: str, window: float, *, named: bool) -> None:
        self.size = max(1, round(per_minute * window / MINUTE))
        self.window = window
        self.named = named
        self.left: Callable[[float], float] = {"fixed": self.fixed, "sliding": self.sliding, "bucket": self.bucket}[
            kind
        ]
        self.times: deque[float] = deque()
        self.level = float(self.size)
        self.at = 0.0

    def arrive(self) -> None:
        """Let a request pass, or refuse it."""
        left = self.left(time.monotonic())
        if left > 0:
            headers = {"Retry-After": str(math.ceil(left))} if self.named else {}
            said = f"Rate limit reached for requests. Limit: {self.size} / {self.window:g} s."
            raise ApiError(said, code="rate_limit_exceeded", status=429, type="requests", headers=headers)

    def fixed(self, now: float) -> float:
        """Return seconds until the window ends, if it is full; 0 counts the request."""
        if now >= self.at + self.window:
            self.at = now
            self.times.clear()
        return self.counted(now, self.at + self.window - now)

    def sliding(self, now: float) -> float:
        """Return seconds until the oldest request is a window old, if there are too many; 0 counts the request."""
        while self.times and self.times[0] <= now - self.window:
            self.times.popleft()
        return self.counted(now, self.times[0] + self.window - now if self.times else 0.0)

    def counted(self, now: float, left: float) -> float:
        """Return 0 and one request more where there is room, else what is left."""
        if len(self.times) >= self.size:
            return left
        self.times.append(now)
        return 0.0

    def bucket(self, now: float) -> float:
        """Return seconds until one request is in the bucket again; 0 takes one out."""
        rate = self.size / self.window
        self.level = min(self.size, self.level + (now - self.at) * rate) if self.at else self.level
        self.at = now
        if self.level < 1:
            return (1 - self.level) / rate
        self.level -= 1
        return 0.0
