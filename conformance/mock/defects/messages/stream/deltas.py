"""Defects of the deltas of a stream: the pieces of texts, thinking, signatures and inputs."""

import re
from collections.abc import Iterator
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.defects.messages.building.events import Events, around, of_delta, with_part
from conformance.mock.surfaces.messages.defect import MessagesDefect


def cumulative(request: Any, events: Iterator[Json]) -> Iterator[Json]:
    """Yield the pieces of arguments with everything before them."""
    so_far = ""
    for event in events:
        if event.get("delta", {}).get("type") == "input_json_delta":
            so_far += event["delta"]["partial_json"]
            yield with_part(event, "delta", partial_json=so_far)
        else:
            so_far = "" if event["type"] == "content_block_start" else so_far
            yield event


def halved(event: Json) -> tuple[Json, ...]:
    """Return a signature in two halves."""
    if event.get("delta", {}).get("type") != "signature_delta":
        return (event,)
    whole = event["delta"]["signature"]
    middle = len(whole) // 2
    return tuple(with_part(event, "delta", signature=part) for part in (whole[:middle], whole[middle:]))


def without_last_piece(request: Any, events: Iterator[Json]) -> Iterator[Json]:
    """Yield the events without the last text_delta of a text of two pieces or more."""
    held: Json | None = None
    pieces = 0
    for event in events:
        if event.get("delta", {}).get("type") == "text_delta":
            if held is not None:
                yield held
            held, pieces = event, pieces + 1
            continue
        if held is not None:
            if pieces < 2 or "Reply with the single word" not in request.prompt:
                yield held
            held, pieces = None, 0
        yield event


def in_one_piece(request: Any, events: Iterator[Json]) -> Iterator[Json]:
    """Yield the events with each text in one piece."""
    held: list[Json] = []
    for event in events:
        if event.get("delta", {}).get("type") == "text_delta":
            held.append(event)
            continue
        if held:
            yield with_part(held[0], "delta", text="".join(piece["delta"]["text"] for piece in held))
            held = []
        yield event


def of_first_piece(change: Any) -> Events:
    """Return the mutation of the first piece that is not empty of each input."""

    def changed(request: Any, events: Iterator[Json]) -> Iterator[Json]:
        done = False
        for event in events:
            done = done and event["type"] != "content_block_start"
            if event.get("delta", {}).get("partial_json") and not done:
                done = True
                event = with_part(event, "delta", partial_json=change(event["delta"]["partial_json"]))
            yield event

    return changed


DEFECTS = (
    MessagesDefect(
        "streams_thinking_as_text_deltas",
        "The pieces of a thinking block come as text_delta.",
        (
            "messages.stream.delta_kinds",
            "messages.thinking.round_trip",
        ),
        reports=("N284", "N077"),
        events=of_delta(
            "thinking_delta",
            lambda event: {**event, "delta": {"type": "text_delta", "text": event["delta"]["thinking"]}},
        ),
    ),
    MessagesDefect(
        "repeats_arguments_in_each_piece",
        "Each piece of the arguments of a call has all pieces before it.",
        (
            "messages.stream.tool_json",
            "messages.thinking.round_trip",
            "messages.tools.input_fits",
            "messages.tools.no_arguments",
        ),
        events=cumulative,
    ),
    MessagesDefect(
        "halves_signatures",
        "The signature of thinking comes in two halves, of which clients keep the second.",
        (
            "messages.stream.thinking_deltas",
            "messages.thinking.round_trip",
        ),
        events=around(halved),
    ),
    MessagesDefect(
        "streams_text_null_at_the_end",
        "The last text_delta of a block has text null.",
        ("messages.stream.schema",),
        events=around(
            lambda event: (
                (
                    {
                        "type": "content_block_delta",
                        "index": event["index"],
                        "delta": {"type": "text_delta", "text": None},
                    },
                    event,
                )
                if event["type"] == "content_block_stop" and event["index"] == 0
                else (event,)
            )
        ),
    ),
    MessagesDefect(
        "streams_messages_in_one_piece_with_tools",
        "The whole text of a stream comes in one piece if tools are declared.",
        ("messages.stream.pieces", "messages.stream.incremental_with_tools"),
        reports=("B35",),
        parameter="tools",
        events=in_one_piece,
    ),
    MessagesDefect(
        "streams_no_text",
        "The text of an answer is left out of its stream.",
        (
            "messages.stream.text_equal",
            "messages.tools.stream_text",
            "messages.format.stream",
            "messages.messages.unicode_stream",
            "messages.stop.unfinished",
        ),
        events=of_delta("text_delta", lambda event: None),
    ),
    MessagesDefect(
        "loses_the_last_piece_of_a_word",
        "The last piece of a short text is missing in streams.",
        ("messages.stream.alike",),
        events=without_last_piece,
    ),
    MessagesDefect(
        "splits_characters",
        "A character in a stream is replaced by U+FFFD.",
        (
            "messages.stream.unicode",
            "messages.messages.unicode_stream",
        ),
        reports=("N128",),
        events=of_delta(
            "text_delta",
            lambda event: with_part(event, "delta", text=re.sub(r"[^\x00-\x7f]", "\ufffd", event["delta"]["text"])),
        ),
    ),
    MessagesDefect(
        "breaks_streamed_inputs",
        "The pieces of an input do not add up to JSON.",
        (
            "messages.stream.tool_json",
            "messages.thinking.round_trip",
            "messages.tools.input_fits",
            "messages.tools.no_arguments",
        ),
        events=of_first_piece(lambda piece: f"{piece}}}"),
    ),
    MessagesDefect(
        "streams_inputs_as_objects",
        "A piece of an input is an object.",
        (
            "messages.stream.tool_json",
            "messages.thinking.round_trip",
            "messages.tools.input_fits",
            "messages.tools.no_arguments",
        ),
        events=of_first_piece(lambda piece: {"piece": piece}),
    ),
    MessagesDefect(
        "streams_inputs_as_null",
        "A piece of an input is null.",
        (
            "messages.stream.tool_json",
            "messages.thinking.round_trip",
            "messages.tools.input_fits",
            "messages.tools.no_arguments",
        ),
        events=of_first_piece(lambda piece: None),
    ),
)
