"""Defects of how a stream begins: the event message_start and the message in it."""

from conformance.mock.defects.defect import Json
from conformance.mock.defects.messages.building.events import around, of_type, with_part, without_part
from conformance.mock.surfaces.messages.defect import MessagesDefect


def without_cache_counts(usage: Json) -> Json:
    """Return a usage without what it counts of the cache."""
    return {name: count for name, count in usage.items() if not name.startswith("cache_")}


DEFECTS = (
    MessagesDefect(
        "streams_without_message_start",
        "A stream begins with its first block.",
        ("messages.stream.first",),
        events=of_type("message_start", lambda event: None),
    ),
    MessagesDefect(
        "streams_message_start_twice",
        "The event message_start comes twice.",
        ("messages.stream.first",),
        events=around(lambda event: (event, event) if event["type"] == "message_start" else (event,)),
    ),
    MessagesDefect(
        "starts_without_usage",
        "The message in message_start has no usage.",
        (
            "messages.stream.start_message",
            "messages.stream.schema",
        ),
        events=of_type("message_start", lambda event: without_part(event, "message", "usage")),
    ),
    MessagesDefect(
        "starts_with_content_null",
        "The content in message_start is null.",
        (
            "messages.stream.start_message",
            "messages.stream.schema",
        ),
        events=of_type("message_start", lambda event: with_part(event, "message", content=None)),
    ),
    MessagesDefect(
        "starts_without_id",
        "The message in message_start has an empty id.",
        ("messages.stream.one_id",),
        events=of_type("message_start", lambda event: with_part(event, "message", id="")),
    ),
    MessagesDefect(
        "starts_with_counts_of_zero",
        "The usage in message_start counts no token of the prompt.",
        ("messages.stream.start_input_tokens",),
        reports=("N134",),
        events=of_type(
            "message_start",
            lambda event: with_part(event, "message", usage={**event["message"]["usage"], "input_tokens": 0}),
        ),
    ),
    MessagesDefect(
        "starts_without_counts_of_the_cache",
        "The usage in message_start lacks the counts of the cache, which message_delta has.",
        ("messages.stream.start_cache_counts",),
        reports=("C46",),
        events=of_type(
            "message_start",
            lambda event: with_part(event, "message", usage=without_cache_counts(event["message"]["usage"])),
        ),
    ),
    MessagesDefect(
        "starts_without_a_message",
        "The event message_start has no message.",
        (
            "messages.stream.start_message",
            "messages.stream.schema",
        ),
        events=of_type("message_start", lambda event: {"type": "message_start"}),
    ),
    MessagesDefect(
        "starts_without_content",
        "The message in message_start has no content.",
        (
            "messages.stream.start_message",
            "messages.stream.schema",
        ),
        events=of_type("message_start", lambda event: without_part(event, "message", "content")),
    ),
    MessagesDefect(
        "starts_with_usage_null",
        "The usage in message_start is null.",
        (
            "messages.stream.start_message",
            "messages.stream.schema",
        ),
        events=of_type("message_start", lambda event: with_part(event, "message", usage=None)),
    ),
)
