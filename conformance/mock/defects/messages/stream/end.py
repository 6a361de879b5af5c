"""Defects of how a stream ends: the events message_delta, message_stop and error."""

from collections.abc import Iterator
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.defects.messages.building.events import Events, around, each, of_type, with_part
from conformance.mock.surfaces.messages.defect import MessagesDefect


def ending_with_error(request: Any, events: Iterator[Json]) -> Iterator[Json]:
    """Yield the beginning of a stream, then an error under no name of its own."""
    for event in events:
        if event["type"] == "message_delta":
            yield {"type": "chunk_error", "error": {"message": "upstream failed"}}
            return
        yield event


def in_place_of_the_end(*events: Json) -> Events:
    """Return the mutation that puts events in the place of message_delta and what follows."""

    def changed(request: Any, sent: Iterator[Json]) -> Iterator[Json]:
        for event in sent:
            if event["type"] == "message_delta":
                yield from events
                return
            yield event

    return changed


DEFECTS = (
    MessagesDefect(
        "ends_with_no_reason",
        "The stop_reason in message_delta is null.",
        (
            "messages.stream.message_delta",
            "messages.max_tokens.stream",
            "messages.stop.stream_reported",
        ),
        reports=("N220",),
        events=of_type("message_delta", lambda event: with_part(event, "delta", stop_reason=None)),
    ),
    MessagesDefect(
        "ends_without_usage",
        "The event message_delta has no usage.",
        (
            "messages.stream.delta_usage",
            "messages.stream.schema",
        ),
        events=of_type(
            "message_delta", lambda event: {name: value for name, value in event.items() if name != "usage"}
        ),
    ),
    MessagesDefect(
        "adds_a_delta_without_reason",
        "A message_delta with counts and no stop_reason follows the one that has it.",
        ("messages.stream.last_delta_complete",),
        events=around(lambda event: (event, {**event, "delta": {}}) if event["type"] == "message_delta" else (event,)),
    ),
    MessagesDefect(
        "erases_the_prompt_at_the_end",
        "The event message_delta sets all counts of the prompt to 0.",
        (
            "messages.stream.usage_not_erased",
            "messages.stream.cache_counts",
            "messages.stream.usage_agrees",
        ),
        events=of_type(
            "message_delta",
            lambda event: with_part(
                event, "usage", input_tokens=0, cache_read_input_tokens=0, cache_creation_input_tokens=0
            ),
        ),
    ),
    MessagesDefect(
        "streams_without_message_stop",
        "A stream ends with message_delta.",
        ("messages.stream.message_stop",),
        reports=("N230",),
        events=of_type("message_stop", lambda event: None),
    ),
    MessagesDefect(
        "streams_calls_as_end_turn",
        "A stream with a call ends with stop_reason end_turn.",
        ("messages.stream.tool_stop_reason",),
        reports=("N235",),
        events=of_type(
            "message_delta",
            lambda event: (
                with_part(event, "delta", stop_reason="end_turn")
                if event["delta"]["stop_reason"] == "tool_use"
                else event
            ),
        ),
    ),
    MessagesDefect(
        "ends_with_an_error_of_its_own",
        "Each stream ends with an error that is not named error.",
        (
            "messages.stream.error_event",
            "messages.stream.no_error",
        ),
        events=ending_with_error,
    ),
    MessagesDefect(
        "counts_no_cache_in_streams",
        "The usage of a stream counts nothing as cached.",
        ("messages.stream.cache_counts",),
        reports=("N082",),
        events=each(
            lambda event: (
                with_part(event, "usage", cache_read_input_tokens=0, cache_creation_input_tokens=0)
                if event["type"] == "message_delta"
                else event
            )
        ),
    ),
    MessagesDefect(
        "ends_with_usage_null",
        "The usage in message_delta is null.",
        (
            "messages.stream.delta_usage",
            "messages.stream.schema",
        ),
        events=of_type("message_delta", lambda event: {**event, "usage": None}),
    ),
    MessagesDefect(
        "ends_with_usage_of_nothing",
        "The usage in message_delta is empty.",
        (
            "messages.stream.delta_usage",
            "messages.stream.schema",
        ),
        events=of_type("message_delta", lambda event: {**event, "usage": {}}),
    ),
    MessagesDefect(
        "ends_with_an_empty_delta",
        "The delta in message_delta is empty.",
        (
            "messages.stream.message_delta",
            "messages.max_tokens.stream",
            "messages.stop.stream_reported",
        ),
        events=of_type("message_delta", lambda event: {**event, "delta": {}}),
    ),
    MessagesDefect(
        "ends_without_message_delta",
        "No message_delta comes.",
        (
            "messages.stream.message_delta",
            "messages.max_tokens.stream",
            "messages.stop.stream_reported",
        ),
        events=of_type("message_delta", lambda event: None),
    ),
    MessagesDefect(
        "ends_with_an_overload",
        "Each stream ends with an error of an overload.",
        ("messages.stream.no_error",),
        events=in_place_of_the_end({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded."}}),
    ),
    MessagesDefect(
        "ends_with_an_error_of_openai",
        "Each stream ends with an error in the envelope of OpenAI.",
        (
            "messages.stream.no_error",
            "messages.stream.error_event",
        ),
        events=in_place_of_the_end({"type": "error", "error": {"message": "upstream failed", "code": None}}),
    ),
)
