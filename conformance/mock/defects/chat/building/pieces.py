"""Mutations of the pieces of a stream on the wire."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from conformance.mock.server.wire import CutOff, Piece, Wire
from conformance.mock.surfaces.chat.request import ChatRequest

Pieces = Iterator[Piece]
CUT = 4  # events before a stream breaks off: the role and some text or arguments, so that a client has begun to read


def piecewise(change: Callable[[Pieces], Pieces]) -> Callable[[ChatRequest, Wire], Wire]:
    """Return a mutation that changes the pieces of a stream on the wire."""
    return lambda request, wire: replace(wire, pieces=change(iter(wire.pieces)))


def events_of(pieces: Pieces) -> Iterator[bytes]:
    """Return the pieces of a stream that are bytes; each is one event."""
    return (piece for piece in pieces if isinstance(piece, bytes))


def cut_off(pieces: Pieces) -> Pieces:
    """Yield the first events, then close the connection."""
    for position, event in enumerate(events_of(pieces)):
        if position == CUT:
            raise CutOff
        yield event
