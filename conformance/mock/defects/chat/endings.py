"""Answers that end for a reason that no document lists, for the wrong one, or as a stream ends."""

import json
from dataclasses import replace

from conformance.mock.defects.defect import Json
from conformance.mock.engine.answer import Choice
from conformance.mock.server.wire import Wire, json_bytes
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest
from conformance.mock.surfaces.chat.stream import DONE, MEDIA_TYPE

ANTHROPICS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}


def in_anthropics_words(request: ChatRequest, choice: Choice) -> Choice:
    """The choice with the finish_reason that Anthropic's own API has for it."""
    return replace(choice, finish_reason=ANTHROPICS[choice.finish_reason])


def whole_text(choice: Choice) -> bool:
    """Whether the choice is a text that came to its own end."""
    return choice.finish_reason == "stop" and not choice.calls and choice.stopped_by is None


def ending_with_calls(request: ChatRequest, choice: Choice) -> Choice:
    """The choice with finish_reason tool_calls where it is a whole text."""
    return replace(choice, finish_reason="tool_calls") if whole_text(choice) else choice


def broken_off(request: ChatRequest, choice: Choice) -> Choice:
    """Half of the choice and finish_reason error, where it is a whole text."""
    if not whole_text(choice):
        return choice
    return replace(choice, tokens=choice.tokens[: len(choice.tokens) // 2], finish_reason="error")


def stopped_with_length(request: ChatRequest, choice: Choice) -> Choice:
    """The choice with finish_reason length where a stop sequence ended it."""
    return replace(choice, finish_reason="length") if choice.stopped_by is not None else choice


def as_half_a_stream(request: ChatRequest, wire: Wire) -> Wire:
    """The answer under a stream's media type, with a stream's end after it."""
    return wire.saying(wire.text + b"\n\n" + DONE, media_type=MEDIA_TYPE)


def as_stream(request: ChatRequest, wire: Wire) -> Wire:
    """The answer as a stream of one chunk, where there are tools."""
    if not request.tools:
        return wire
    body: Json = json.loads(wire.text)
    choices = [{"delta": choice.pop("message"), **choice} for choice in body["choices"]]
    chunk = {**body, "object": "chat.completion.chunk", "choices": choices}
    return wire.saying(b"data: " + json_bytes(chunk) + b"\n\n", DONE, media_type=MEDIA_TYPE)


DEFECTS = (
    ChatDefect(
        "ends_like_anthropic",
        "finish_reason is in the words of Anthropic's own API: end_turn, max_tokens, tool_use.",
        claims=(
            "chat.reply.finish_reason",
            "chat.reply.natural_end",
            "chat.reply.schema",
            "chat.max_tokens.finish_reason",
            "chat.max_completion_tokens.finish_reason",
            "chat.response_format.truncated",
            "chat.stop.finish_reason",
            "chat.stream.finish_reason",
            "chat.stream.schema",
            "chat.tools.finish_reason",
        ),
        reports=("D015",),
        kinds=("claude",),
        choice=in_anthropics_words,
    ),
    ChatDefect(
        "breaks_off_with_error",
        "An answer breaks off in the middle, with status 200 and finish_reason error.",
        claims=(
            "chat.reply.finish_reason",
            "chat.reply.schema",
            "chat.stream.choices",
            "chat.stream.finish_reason",
            "chat.stream.schema",
        ),
        reports=("D013",),
        choice=broken_off,
    ),
    ChatDefect(
        "ends_whole_texts_with_tool_calls",
        "A text that came to its own end has finish_reason tool_calls.",
        claims=("chat.reply.natural_end", "chat.tools.not_declared"),
        choice=ending_with_calls,
    ),
    ChatDefect(
        "ends_stopped_texts_with_length",
        "A text that a stop sequence ended has finish_reason length.",
        claims=("chat.stop.finish_reason",),
        parameter="stop",
        kinds=("chat", "claude", "gemini"),
        choice=stopped_with_length,
    ),
    ChatDefect(
        "ends_plain_answers_like_streams",
        "A plain answer is called an event stream and ends like one, though stream is false.",
        claims=("chat.stream.off",),
        reports=("D005",),
        parameter="stream",
        answered=as_half_a_stream,
    ),
    ChatDefect(
        "streams_unasked_with_tools",
        "With tools the answer is a stream that nobody asked for.",
        claims=(
            "chat.tools.called",
            "chat.tools.arguments",
            "chat.tools.no_parameters",
            "chat.tools.finish_reason",
            "chat.tools.content_null",
            "chat.tools.ids",
            "chat.tools.parallel",
            "chat.parallel_tool_calls.off",
            "chat.tool_choice.default",
            "chat.tool_choice.none",
            "chat.tool_choice.required",
            "chat.tool_choice.named",
        ),
        reports=("D007",),
        parameter="tools",
        answered=as_stream,
    ),
)
