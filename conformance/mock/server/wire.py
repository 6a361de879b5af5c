"""An answer on the wire: status, headers, and the pieces of its body with what happens between them.

What the pieces say is decided elsewhere.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.responses import Response, StreamingResponse

JSON = "application/json"
Piece = bytes | float  # bytes are written, a number is a pause in seconds


class CutOff(Exception):
    """The connection is closed in the middle of an answer; raised between two pieces."""


@dataclass(frozen=True)
class Wire:
    """One answer as it is sent."""

    pieces: Iterable[Piece]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = JSON

    def saying(self, *pieces: Piece, **changed: Any) -> "Wire":
        """Return the same with other pieces."""
        return replace(self, pieces=pieces, **changed)

    @property
    def text(self) -> bytes:
        """All that would be written; reads the pieces."""
        return b"".join(piece for piece in self.pieces if isinstance(piece, bytes))

    def response(self) -> Response:
        """Return the answer for Starlette: at once, or piece by piece, other requests getting their turn between them."""
        headers = dict(self.headers)
        if isinstance(self.pieces, tuple) and len(self.pieces) == 1:
            return Response(self.text, self.status, headers, self.media_type)
        return StreamingResponse(self._paced(), self.status, headers, self.media_type)

    async def _paced(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            if isinstance(piece, bytes):
                yield piece
            await asyncio.sleep(0 if isinstance(piece, bytes) else piece)


def json_bytes(value: object) -> bytes:
    """Return JSON as it goes on the wire: compact, in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
