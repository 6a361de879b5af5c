"""The body of a reply within limits: how many bytes are read, how encodings are decoded, how much memory all bodies use.

A body above a limit is cut and fails the exchange as "too large", because half a reply proves nothing.  Nothing here knows a
client library or what a body means.

An endpoint decides how much it sends, and a run has as many replies in memory as requests in flight.  So there are two limits:
MAX_BODY for one reply, and a MemoryPool for all large replies together.  A reply below UNCOUNTED bytes does not touch the pool,
so ordinary traffic never waits or fails for it.
"""

from __future__ import annotations

import sys
import zlib
from collections import deque
from collections.abc import Iterable, Iterator

# Bytes of one body, decoded.  The longest honest reply to any request of the suite is a stream of 256 choices of 16 tokens, about
# 1.5 MB.  A smaller limit would fail that one; a larger one only costs memory, since each reply in flight may reach it.
MAX_BODY = 2 * 1024 * 1024

# Bytes of memory that every reply may use without taking from the pool.  Nearly all replies are below 100 KiB; a larger value
# would leave many replies uncounted, and with hundreds in flight the pool would no longer bound the memory of a run.
UNCOUNTED = 256 * 1024

# Characters that are kept of a reply that was too large.  They are shown to people and never judged; 64 KiB are enough to
# recognise what was sent, and such replies stay in memory outside the pool.
SHOWN_OF_TOO_LARGE = 64 * 1024

# Bytes decoded in one step.  A few compressed bytes can stand for gigabytes; the limit is checked after each step, so this is how
# far a decompression bomb can exceed it.
_PIECE = 64 * 1024

# Encodings on top of each other.  The suite asks for none; a gateway behind a proxy may add one or two by mistake.  Each layer
# multiplies the work that one received byte can cause.
_MAX_ENCODINGS = 3

# Bytes of the pool: a part for the run and a part for each connection.  32 MiB hold the few replies that are truly large; 512 KiB
# for each connection let all of them receive a medium-sized reply at the same time.  Smaller values would fail honest replies as
# too large under high concurrency, larger ones are memory that a hostile endpoint can fill.
_POOL, _POOL_PER_CLIENT = 32 * 1024 * 1024, 512 * 1024

# Bytes of memory that one more of these characters costs once a body is parsed: as the dict, list or element that it becomes in
# JSON, as the line or event that it becomes in a stream.  Measured under CPython 3.11 (192, 96, 64 and 179), rounded up.  One
# shape costs more: in an object of 100,000 different keys a comma takes 166 bytes, which MAX_BODY bounds at about 30 MB.
_PARSED_COSTS = {"{": 240, "[": 90, ",": 64, "\n": 200, "\r": 200}

# zlib's window sizes; 16 more means that a gzip header is expected.
_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


class TooLarge(Exception):
    """A body exceeds a limit and was not read to its end; the message says which limit."""


class Undecodable(Exception):
    """The content encoding of a body is unknown or broken."""


class MemoryPool:
    """The bytes of memory that all large replies of a run may use together.

    Memory is acquired on one thread only.  It can be released on any thread, since whoever drops the last reference to a reply
    releases it; a deque takes entries from several threads without a lock.
    """

    def __init__(self, clients: int) -> None:
        self._left = _POOL + _POOL_PER_CLIENT * clients
        self._released: deque[int] = deque()

    def acquire(self, count: int) -> None:
        """Take `count` bytes from the pool; raises TooLarge if fewer are left."""
        while self._released:
            self._left += self._released.popleft()
        if count > self._left:
            raise TooLarge(f"it takes {count} bytes of memory, and other large replies leave {self._left}")
        self._left -= count

    def release(self, count: int) -> None:
        """Return `count` bytes to the pool."""
        self._released.append(count)


class Body:
    """The bytes of one body, decoded as they are received."""

    def __init__(self, encodings: Iterable[str], pool: MemoryPool) -> None:
        names = [name.strip().lower() for value in encodings for name in value.split(",")]
        applied = [name for name in names if name not in ("", "identity")]
        if len(applied) > _MAX_ENCODINGS:
            raise Undecodable(f"{len(applied)} content-encodings on top of each other, and none was asked for")
        self._layers = [_Layer(name) for name in reversed(applied)]
        self._pool = pool
        self._acquired = 0
        self.bytes = bytearray()

    def add(self, raw: bytes) -> None:
        """Decode and append received bytes; raises TooLarge or Undecodable."""
        for piece in self._decoded(raw, 0):
            self.bytes += piece[: MAX_BODY + 1 - len(self.bytes)]
            if len(self.bytes) > MAX_BODY:
                raise TooLarge(f"more than {MAX_BODY} bytes")
            if len(self.bytes) > UNCOUNTED + self._acquired:
                self._pool.acquire(UNCOUNTED)
                self._acquired += UNCOUNTED

    def end(self) -> None:
        """Raise Undecodable if an encoding is incomplete."""
        for layer in self._layers:
            layer.end()

    def close(self) -> None:
        """Return to the pool what reading has acquired."""
        self._pool.release(self._acquired)
        self._acquired = 0

    def _decoded(self, raw: bytes, level: int) -> Iterator[bytes]:
        if level == len(self._layers):
            yield raw
        else:
            for piece in self._layers[level].pieces(raw):
                yield from self._decoded(piece, level + 1)


class _Layer:
    """One content encoding, decoded at most _PIECE bytes at a time."""

    def __init__(self, name: str) -> None:
        if name not in _WINDOWS:
            raise Undecodable(f"content-encoding {name[:40]!r} was not asked for and cannot be decoded")
        self._name = name
        self._inflate = zlib.decompressobj(_WINDOWS[name])
        self._received = self._decoded = 0

    def pieces(self, raw: bytes) -> Iterator[bytes]:
        # The low four bits of a zlib header are always 8; some servers send deflate data without that header.
        if self._name == "deflate" and not self._received and raw[:1] and raw[0] & 15 != 8:
            self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        self._received += len(raw)
        while raw:
            if self._inflate.eof:
                raise Undecodable(f"bytes after the end of the {self._name} body")
            try:
                piece = self._inflate.decompress(raw, _PIECE)
            except zlib.error as error:
                raise Undecodable(f"a broken {self._name} body: {error}") from error
            self._decoded += len(piece)
            if self._decoded > MAX_BODY:
                raise TooLarge(f"more than {MAX_BODY} bytes after the {self._name} encoding is decoded")
            yield piece
            raw = self._inflate.unconsumed_tail or self._inflate.unused_data

    def end(self) -> None:
        if self._received and not self._inflate.eof:
            raise Undecodable(f"the {self._name} body is incomplete")


def memory_estimate(text: str) -> int:
    """Return an upper estimate of the memory, in bytes, that a body uses together with everything parsed from it."""
    return sys.getsizeof(text) + sum(cost * text.count(char) for char, cost in _PARSED_COSTS.items())
