"""Counting requests: by path, and how many were in flight at once.  Requests for the statistics are not counted."""

import itertools
import secrets
from collections import Counter
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STATS = "/_mock/stats"


class RequestCounter:
    """ASGI middleware: counts requests until their last byte, and adds an x-request-id to answers without one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.by_path: Counter[str] = Counter()
        self.in_flight = 0
        self.most_in_flight = 0
        self.prefix = f"req_{secrets.token_hex(6)}"
        self.numbers = itertools.count(1)

    @property
    def requests(self) -> int:
        """The number of requests received."""
        return self.by_path.total()

    def stats(self) -> dict[str, Any]:
        """Return the body of GET /_mock/stats."""
        return {
            "requests": self.requests,
            "by_path": dict(self.by_path),
            "most_in_flight": self.most_in_flight,
            "in_flight": self.in_flight,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = f"{self.prefix}{next(self.numbers):08x}"

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("x-request-id", name)
            await send(message)

        if scope["path"] == STATS:
            return await self.app(scope, receive, send_with_id)
        self.by_path[scope["path"]] += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await self.app(scope, receive, send_with_id)
        finally:
            self.in_flight -= 1
