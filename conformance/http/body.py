"""The body of a reply, within bounds: how many bytes are read, how encodings are undone, how much memory all may fill.

A body that is larger is cut, and what is cut is no evidence.  Nothing here knows a client library or what a body means.
"""

from __future__ import annotations

import sys
import zlib
from collections import deque
from collections.abc import Iterable, Iterator

MAX_BODY = 2 * 1024 * 1024  # bytes; a stream of 256 choices of 16 tokens is about 1.5 MB
UNCOUNTED = 256 * 1024  # bytes of memory that every reply may fill without asking for room
SHOWN_OF_TOO_LARGE = 64 * 1024  # characters kept of what was too large: it is shown, never judged
_PIECE = 64 * 1024
_MOST_ENCODINGS = 3
_ROOM, _ROOM_PER_CLIENT = 32 * 1024 * 1024, 512 * 1024
_COSTS = {"{": 240, "[": 90, ",": 64, "\n": 200, "\r": 200}  # bytes that one more of them takes when a body is read
_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


class TooLarge(Exception):
    """A body that is not read to its end; the message says which bound it met."""


class Undecodable(Exception):
    """A body whose encoding is unknown or broken."""


class MemoryPool:
    """Bytes of memory that all replies in the hands of a run may fill together, small ones apart.

    Taken on one thread; given back on any, since the last holder of a reply may be anywhere.
    """

    def __init__(self, clients: int) -> None:
        self._left = _ROOM + _ROOM_PER_CLIENT * clients
        self._returned: deque[int] = deque()

    def take(self, count: int) -> None:
        """Take so many bytes; TooLarge where they are not left."""
        while self._returned:
            self._left += self._returned.popleft()
        if count > self._left:
            raise TooLarge(f"it takes {count} bytes of memory, and other large replies leave {self._left}")
        self._left -= count

    def give(self, count: int) -> None:
        """Give back what was taken."""
        self._returned.append(count)


class Body:
    """The bytes of one body as they come, with its encodings undone as they do."""

    def __init__(self, encodings: Iterable[str], room: MemoryPool) -> None:
        named = [each.strip().lower() for value in encodings for each in value.split(",")]
        known = [each for each in named if each not in ("", "identity")]
        if len(known) > _MOST_ENCODINGS:
            raise Undecodable(f"{len(known)} content-encodings one over the other, and none was asked for")
        self._layers = [_Layer(each) for each in reversed(known)]
        self._room = room
        self._taken = 0
        self.bytes = bytearray()

    def add(self, raw: bytes) -> None:
        """Take in what came next; TooLarge or Undecodable where it cannot be."""
        for piece in self._decoded(raw, 0):
            self.bytes += piece[: MAX_BODY + 1 - len(self.bytes)]
            if len(self.bytes) > MAX_BODY:
                raise TooLarge(f"more than {MAX_BODY} bytes")
            if len(self.bytes) > UNCOUNTED + self._taken:
                self._room.take(UNCOUNTED)
                self._taken += UNCOUNTED

    def end(self) -> None:
        """Undecodable where an encoding says that more should have come."""
        for each in self._layers:
            each.end()

    def close(self) -> None:
        """Give back the room that reading took."""
        self._room.give(self._taken)
        self._taken = 0

    def _decoded(self, raw: bytes, level: int) -> Iterator[bytes]:
        if level == len(self._layers):
            yield raw
        else:
            for piece in self._layers[level].pieces(raw):
                yield from self._decoded(piece, level + 1)


class _Layer:
    """One encoding, undone a bounded piece at a time: a few bytes can stand for gigabytes."""

    def __init__(self, name: str) -> None:
        if name not in _WINDOWS:
            raise Undecodable(f"content-encoding {name[:40]!r} was not asked for and cannot be undone")
        self._name = name
        self._inflate = zlib.decompressobj(_WINDOWS[name])
        self._came = self._gave = 0

    def pieces(self, raw: bytes) -> Iterator[bytes]:
        if self._name == "deflate" and not self._came and raw[:1] and raw[0] & 15 != 8:
            self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)  # without the header, as some servers send it
        self._came += len(raw)
        while raw:
            if self._inflate.eof:
                raise Undecodable(f"bytes after the end of the {self._name} body")
            try:
                piece = self._inflate.decompress(raw, _PIECE)
            except zlib.error as error:
                raise Undecodable(f"a broken {self._name} body: {error}") from error
            self._gave += len(piece)
            if self._gave > MAX_BODY:
                raise TooLarge(f"more than {MAX_BODY} bytes once the {self._name} encoding is undone")
            yield piece
            raw = self._inflate.unconsumed_tail or self._inflate.unused_data

    def end(self) -> None:
        if self._came and not self._inflate.eof:
            raise Undecodable(f"the {self._name} body ends before its end")


def memory_estimate(text: str) -> int:
    """About the most memory, in bytes, that a body takes with all that is read out of it."""
    return sys.getsizeof(text) + sum(cost * text.count(sign) for sign, cost in _COSTS.items())
