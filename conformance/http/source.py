"""Who answers a request: an endpoint, a recording, a budget around either; and what is not asked.

Only the protocols and the exception for a request that is not sent live here.
"""

from __future__ import annotations

from typing import Protocol

from conformance.base.observation import Reason
from conformance.http.exchange import Exchange, Request


class Source(Protocol):
    """Where exchanges come from: an endpoint, a recording.  What it cannot or must not get is NotSent."""

    @property
    def dead(self) -> bool: ...

    async def send(self, request: Request, sample: int, attempt: int) -> Exchange: ...


class Sender(Source, Protocol):
    """A source that sends: a transport."""

    @property
    def sent(self) -> int: ...

    async def close(self) -> None: ...


class NotSent(Exception):
    """A request was not sent and will not be: `reason` for programs, `detail` in the words that the blocked case gets."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def dead() -> NotSent:
    """Return what is raised where an endpoint no longer answers at all."""
    return NotSent(Reason.DEAD, "stopped: not asked, the endpoint no longer answers")
