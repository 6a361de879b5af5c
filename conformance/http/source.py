"""Who answers a request: an endpoint, a recording, or a budget around either of them.

Only the protocols live here, and the exception for a request that was not sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from conformance.base.observation import Reason
from conformance.http.exchange import Exchange, Request


@dataclass(frozen=True)
class Death:
    """The end of an endpoint that answered before, by the ids of exchanges.

    `answered` is the last one that it answered, `asked` are those that it had to answer when it stopped: one of them ended it.
    """

    answered: str
    asked: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return the record as JSON values."""
        return {"answered": self.answered, "asked": list(self.asked)}

    @classmethod
    def from_document(cls, data: Mapping[str, Any]) -> Death:
        """Return the record that `document` wrote."""
        return cls(data["answered"], tuple(data["asked"]))


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
