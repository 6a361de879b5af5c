"""How a refusal is written: from an error to the bytes, status and media type that say it.

When something is refused is decided elsewhere; defects lie about what is written here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from conformance.mock.engine.errors import ApiError
from conformance.mock.server.wire import json_bytes

JSON = "application/json"


@dataclass(frozen=True)
class Refusal:
    """An error on its way out: what was sent, in whose name, and the answer."""

    error: ApiError
    authorization: str
    sent: bytes
    status: int
    body: bytes
    headers: Mapping[str, str]
    media_type: str = JSON

    @property
    def streamed(self) -> bool:
        """Whether a stream was asked for."""
        try:
            body = json.loads(self.sent)
        except (ValueError, RecursionError):
            return False
        return isinstance(body, dict) and body.get("stream") is True

    def saying(self, value: Any, status: int | None = None) -> "Refusal":
        """The same with another JSON body and, where it is given, another status."""
        return replace(self, body=json_bytes(value), status=status or self.status, media_type=JSON)


def refusal_of(error: ApiError, authorization: str, sent: bytes) -> Refusal:
    """The error as its envelope."""
    return Refusal(error, authorization, sent, error.status, json_bytes(error.envelope()), error.headers)
