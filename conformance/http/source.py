"""Who answers a request: an endpoint, a recording, or a budget around either of them.

Only the protocols live here, and the exception for a request that was not sent.
"""

from __future__ import annotations

from typing import Protocol

from conformance.base.observation import Reason
from conformance.http.exchange import Exchange, Request


class Source(Protocol):
    """Where exchanges come from: an endpoint or a recording.  It raises NotSent for what it cannot or must not get."""

    @property
    def dead(self) -> bool: ...

    async def send(self, request: Request, sample: int, attempt: int) -> Exchange: ...


class Sender(Source, Protocol):
    """A source that sends requests over the network: a transport."""

    @property
    def sent(self) -> int: ...

    async def close(self) -> None: ...


class NotSent(Exception):
    """A request was not sent and will not be: `reason` is for programs, `detail` becomes the detail of the blocked case."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def endpoint_dead() -> NotSent:
    """Return the exception for a request to an endpoint that no longer answers at all."""
    return NotSent(Reason.DEAD, "stopped: not asked, the endpoint no longer answers")
