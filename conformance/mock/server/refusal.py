"""An error as it is sent: the bytes, status, headers and media type that defects may change.

When to refuse is decided elsewhere, and the front makes the envelope.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from starlette.responses import Response

from conformance.mock.engine.errors import ApiError
from conformance.mock.server.wire import JSON, json_bytes


@dataclass(frozen=True)
class Refusal:
    """An error as it is sent, with the method, headers and body of the request that it refuses."""

    error: ApiError
    method: str
    request_headers: Mapping[str, str]
    request_body: bytes
    status: int
    body: bytes
    headers: Mapping[str, str]
    media_type: str = JSON

    def with_json(self, value: Any, status: int | None = None) -> "Refusal":
        """Return the refusal with another JSON body and, if given, another status."""
        return replace(self, body=json_bytes(value), status=status or self.status, media_type=JSON)

    def response(self) -> Response:
        """Return the refusal as a response of Starlette."""
        response = Response(self.body, self.status, media_type=self.media_type)
        response.headers.update(self.headers)
        return response
