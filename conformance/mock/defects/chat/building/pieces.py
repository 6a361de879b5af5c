"""Changes of a stream's pieces on the wire."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from conformance.mock.server.wire import CutOff, Piece, Wire
from conformance.mock.surfaces.chat.request import ChatRequest

Pieces = Iterator[Piece]
CUT = 4  # chunks that come before a stream breaks off


def piecewise(change: Callable[[Pieces], Pieces]) -> Callable[[ChatRequest, Wire], Wire]:
    """Change the pieces of a stream on the wire."""
    return lambda request, wire: replace(wire, pieces=change(iter(wire.pieces)))


def events_of(pieces: Pieces) -> Iterator[bytes]:
    """Return the pieces of a stream that are bytes; the mock writes one event each."""
    return (piece for piece in pieces if isinstance(piece, bytes))


def cut_off(pieces: Pieces) -> Pieces:
    """Yield the first events, and then a closed connection."""
    for place, event in enumerate(events_of(pieces)):
        if place == CUT:
            raise CutOff
        yield event
