"""Changes of streams, event by event, and of the bytes in which they are written."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.server.wire import Wire

Events = Callable[[Any, Iterator[Json]], Iterator[Json]]
Blocks = ("content_block_start", "content_block_delta", "content_block_stop")


def each(change: Callable[[Json], Json | None]) -> Events:
    """Return the mutation that changes every event; None leaves it out."""

    def changed(request: Any, events: Iterator[Json]) -> Iterator[Json]:
        return (new for event in events if (new := change(event)) is not None)

    return changed


def of_type(kind: str, change: Callable[[Json], Json | None]) -> Events:
    """Return the mutation that changes the events of a type."""
    return each(lambda event: change(event) if event["type"] == kind else event)


def around(change: Callable[[Json], Iterable[Json]]) -> Events:
    """Return the mutation that puts any number of events in the place of each."""

    def changed(request: Any, events: Iterator[Json]) -> Iterator[Json]:
        return (new for event in events for new in change(event))

    return changed


def with_part(event: Json, part: str, **values: Any) -> Json:
    """Return an event with fields of one of its objects changed."""
    return {**event, part: {**event[part], **values}}


def without_part(event: Json, part: str, *names: str) -> Json:
    """Return an event without fields of one of its objects."""
    return {**event, part: {name: value for name, value in event[part].items() if name not in names}}


def of_delta(kind: str, change: Callable[[Json], Json | None]) -> Events:
    """Return the mutation that changes the events with a delta of a type."""
    return each(lambda event: change(event) if event.get("delta", {}).get("type") == kind else event)


def rewritten(change: Callable[[bytes], bytes]) -> Callable[[Any, Wire], Wire]:
    """Return the mutation of the bytes of a stream, one event at a time."""

    def changed(request: Any, wire: Wire) -> Wire:
        pieces = (change(piece) if isinstance(piece, bytes) else piece for piece in wire.pieces)
        return wire.with_pieces(*pieces)

    return changed
