"""A refusal on its way out: from an error to the bytes, status and media type that say it.

When something is refused is decided elsewhere, and how an envelope looks by the front; defects lie about what is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from starlette.responses import Response

from conformance.mock.engine.errors import ApiError
from conformance.mock.server.wire import JSON, json_bytes


@dataclass(frozen=True)
class Refusal:
    """An error as it is written: the headers and body that were refused, and the answer."""

    error: ApiError
    sent_headers: Mapping[str, str]
    sent: bytes
    status: int
    body: bytes
    headers: Mapping[str, str]
    media_type: str = JSON

    def saying(self, value: Any, status: int | None = None) -> "Refusal":
        """Return the same with another JSON body and, where it is given, another status."""
        return replace(self, body=json_bytes(value), status=status or self.status, media_type=JSON)

    def response(self) -> Response:
        """Return the refusal for Starlette."""
        response = Response(self.body, self.status, media_type=self.media_type)
        response.headers.update(self.headers)
        return response
