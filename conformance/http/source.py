"""Who answers a request: an endpoint, a recording, a budget around either; and what is not asked.

Only the protocols and the exception for a request that is not sent live here.
"""

from __future__ import annotations

from typing import Protocol

from conformance.http.exchange import Exchange, Request

DEAD = "stopped: not asked, the endpoint no longer answers"


class Source(Protocol):
    """Where exchanges come from: an endpoint, a recording.  What it cannot or must not get is NotAsked."""

    @property
    def dead(self) -> bool: ...

    async def send(self, request: Request, sample: int, attempt: int) -> Exchange: ...


class Sender(Source, Protocol):
    """A source that sends: a transport."""

    @property
    def sent(self) -> int: ...

    async def close(self) -> None: ...


class NotAsked(Exception):
    """A request was not sent and will not be; `reason` says why, in the words that the blocked case gets."""

    @property
    def reason(self) -> str:
        return str(self)
