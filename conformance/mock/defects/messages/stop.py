"""Defects of stop_sequences."""

from dataclasses import replace
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.defects.messages.building.bodies import lax, strict, with_field
from conformance.mock.surfaces.messages.defect import MessagesDefect


def without_begun_sequence(request: Any, message: Json) -> Json:
    """Return a message without what its text ends with, if a stop sequence of several letters begins in it."""
    if message["stop_sequence"] or not request.stop or message["content"][-1:] == []:
        return message
    last = message["content"][-1]
    begun = (
        [last["text"].find(sequence[: len(sequence) // 2]) for sequence in request.stop if len(sequence) > 1]
        if last["type"] == "text"
        else []
    )
    cut = [place for place in begun if place >= 0]
    return (
        {**message, "content": [*message["content"][:-1], {**last, "text": last["text"][: min(cut)]}]}
        if cut
        else message
    )


DEFECTS = (
    MessagesDefect(
        "ignores_stop_sequences",
        "The text goes on past a stop sequence.",
        ("messages.stop.cuts", "messages.stop.stream", "messages.stop.many", "messages.stop.long"),
        reports=("N085",),
        request=lambda request: replace(request, stop=()),
    ),
    MessagesDefect(
        "keeps_four_stop_sequences",
        "Of more than four stop sequences the first four have an effect.",
        ("messages.stop.many",),
        request=lambda request: replace(request, stop=request.stop[:4]),
    ),
    MessagesDefect(
        "ends_stopped_answers_as_end_turn",
        "An answer that a stop sequence ended ends with end_turn and names none.",
        ("messages.stop.reported", "messages.stop.stream_reported"),
        reports=("N087", "N234"),
        message=lambda request, message: (
            {**message, "stop_reason": "end_turn", "stop_sequence": None} if message["stop_sequence"] else message
        ),
    ),
    MessagesDefect(
        "names_the_sequence_always",
        "Every answer to a request with stop sequences names the first one.",
        ("messages.stop.unmatched",),
        message=lambda request, message: (
            {**message, "stop_reason": "stop_sequence", "stop_sequence": request.stop[0]} if request.stop else message
        ),
    ),
    MessagesDefect(
        "ends_stopped_answers_as_cut",
        "An answer that a stop sequence ended ends with max_tokens.",
        (*("messages.stop.end_reason",), "messages.stop.reported", "messages.stop.stream_reported"),
        message=lambda request, message: (
            {**message, "stop_reason": "max_tokens"} if message["stop_sequence"] else message
        ),
    ),
    strict(
        "refuses_an_empty_list_of_sequences",
        "An empty list of stop sequences is refused.",
        "messages.stop.empty_list",
        wrong=lambda body: body.get("stop_sequences") == [],
    ),
    lax(
        "takes_a_sequence_as_text",
        "A stop sequence outside an array is accepted.",
        "messages.stop.string",
        change=with_field("stop_sequences", lambda value: [value] if isinstance(value, str) else value),
    ),
    lax(
        "takes_sequences_of_any_type",
        "A stop sequence that is no text, or blank, is dropped.",
        "messages.stop.number_item",
        "messages.stop.whitespace",
        change=with_field(
            "stop_sequences",
            lambda value: (
                [item for item in value if isinstance(item, str) and item.strip()] if isinstance(value, list) else value
            ),
        ),
    ),
    MessagesDefect(
        "holds_back_begun_sequences",
        "A text that begins a stop sequence and does not end it is cut there.",
        ("messages.stop.unfinished",),
        message=without_begun_sequence,
    ),
)
