"""An answer on the wire: status, headers, and the pieces of its body with the pauses between them.

The content of the pieces is decided elsewhere.
"""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.responses import Response, StreamingResponse

JSON = "application/json"
Piece = bytes | float  # bytes to write, or a pause in seconds


class CutOff(Exception):
    """Closes the connection in the middle of an answer, when raised between two pieces."""


@dataclass(frozen=True)
class Wire:
    """One answer as it is sent."""

    pieces: Iterable[Piece]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = JSON

    def with_pieces(self, *pieces: Piece, **changed: Any) -> "Wire":
        """Return the answer with other pieces and, if given, other fields."""
        return replace(self, pieces=pieces, **changed)

    @property
    def body(self) -> bytes:
        """All bytes of the body; consumes the pieces."""
        return b"".join(piece for piece in self.pieces if isinstance(piece, bytes))

    def in_gzip(self) -> "Wire":
        """Return the answer in the encoding gzip, which consumes its pieces."""
        return self.with_pieces(gzipped(self.body), headers={**self.headers, "content-encoding": "gzip"})

    def response(self) -> Response:
        """Return the answer as a response of Starlette: one piece at once, several one by one.

        Other requests are served between two pieces.
        """
        headers = dict(self.headers)
        if isinstance(self.pieces, tuple) and len(self.pieces) == 1:
            return Response(self.body, self.status, headers, self.media_type)
        return StreamingResponse(self._paced(), self.status, headers, self.media_type)

    async def _paced(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            if isinstance(piece, bytes):
                yield piece
            await asyncio.sleep(0 if isinstance(piece, bytes) else piece)


def gzipped(body: bytes) -> bytes:
    """Return bytes in the encoding gzip; equal bytes always become the same."""
    return gzip.compress(body, mtime=0)


def json_bytes(value: object) -> bytes:
    """Return compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
