"""Defects of the blocks of a stream: how they are opened, numbered and closed."""

from collections.abc import Iterator
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.defects.messages.building.events import (
    Blocks,
    Events,
    around,
    each,
    of_type,
    with_part,
    without_part,
)
from conformance.mock.surfaces.messages.defect import MessagesDefect


def shifted(request: Any, events: Iterator[Json]) -> Iterator[Json]:
    """Yield the events with blocks that are numbered from 1."""
    for event in events:
        yield {**event, "index": event["index"] + 1} if event["type"] in Blocks else event


def nested(request: Any, events: Iterator[Json]) -> Iterator[Json]:
    """Yield the events of blocks without their starts, as if each had been opened before."""
    return (event for event in events if event["type"] != "content_block_start")


def renumbered(number: dict[int, Any]) -> Events:
    """Return the mutation that gives blocks other numbers; None leaves the number out."""

    def changed(event: Json) -> Json:
        if event["type"] not in Blocks or event["index"] not in number:
            return event
        new = number[event["index"]]
        return (
            {name: value for name, value in event.items() if name != "index"}
            if new is None
            else {**event, "index": new}
        )

    return each(changed)


def of_stub(kind: str, **fields: Any) -> Events:
    """Return the mutation of the stubs of a type of block; a field that is None is left out."""

    def changed(event: Json) -> Json:
        if event["content_block"]["type"] != kind:
            return event
        missing = [name for name, value in fields.items() if value is None]
        return with_part(
            without_part(event, "content_block", *missing),
            "content_block",
            **{name: value for name, value in fields.items() if value is not None},
        )

    return of_type("content_block_start", changed)


DEFECTS = (
    MessagesDefect(
        "streams_deltas_of_unopened_blocks",
        "Deltas name blocks that were never opened.",
        (
            "messages.stream.block_order",
            "messages.thinking.round_trip",
            "messages.tools.call",
            "messages.tools.parallel",
        ),
        reports=("N283",),
        events=nested,
    ),
    MessagesDefect(
        "numbers_blocks_from_one",
        "The first block of a stream has the index 1.",
        ("messages.stream.indexes",),
        events=shifted,
    ),
    MessagesDefect(
        "opens_blocks_without_text",
        "A text block starts without its text.",
        (
            "messages.stream.stubs",
            "messages.stream.schema",
        ),
        events=of_type(
            "content_block_start",
            lambda event: without_part(event, "content_block", "text"),
        ),
    ),
    MessagesDefect(
        "leaves_blocks_open",
        "No block of a stream is closed.",
        ("messages.stream.block_stop",),
        reports=("N112",),
        events=of_type("content_block_stop", lambda event: None),
    ),
    MessagesDefect(
        "streams_blocks_without_index",
        "Events of blocks have no index.",
        (
            "messages.stream.indexes",
            "messages.thinking.round_trip",
        ),
        reports=("N079",),
        events=renumbered({0: None, 1: None}),
    ),
    MessagesDefect(
        "skips_a_number_of_blocks",
        "The blocks of a stream are numbered 0 and 2.",
        ("messages.stream.indexes",),
        events=renumbered({1: 2}),
    ),
    MessagesDefect(
        "gives_two_blocks_one_number",
        "The second block of a stream has the number of the first one.",
        (
            "messages.stream.indexes",
            "messages.thinking.round_trip",
        ),
        events=renumbered({1: 0}),
    ),
    MessagesDefect(
        "opens_thinking_without_its_text",
        "A thinking block starts without its thinking.",
        (
            "messages.stream.stubs",
            "messages.stream.schema",
        ),
        events=of_stub("thinking", thinking=None),
    ),
    MessagesDefect(
        "opens_calls_with_a_text",
        "A call starts with a text as its input.",
        ("messages.stream.stubs",),
        events=of_stub("tool_use", input=""),
    ),
    MessagesDefect(
        "opens_texts_with_text",
        "A text block starts with a text.",
        (
            "messages.stream.stubs",
            "messages.format.stream",
        ),
        events=of_stub("text", text="Well: "),
    ),
    MessagesDefect(
        "streams_unknown_blocks",
        "The first block of a stream is of a type that no document has.",
        (
            "messages.stream.text_equal",
            "messages.format.stream",
            "messages.messages.unicode_stream",
            "messages.stop.unfinished",
            "messages.tools.stream_agrees",
            "messages.tools.stream_text",
        ),
        events=around(
            lambda event: (
                (with_part(event, "content_block", type="gateway_text"),)
                if event["type"] == "content_block_start" and event["index"] == 0
                else (event,)
            )
        ),
    ),
)
