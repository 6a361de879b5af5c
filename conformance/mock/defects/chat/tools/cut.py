"""Defects of calls that the cap cuts."""

from collections.abc import Iterator
from dataclasses import replace

from conformance.mock.defects.chat.building.fragments import fragment_of
from conformance.mock.defects.choices import without_text_before_calls
from conformance.mock.defects.defect import Json
from conformance.mock.engine.answer import Choice
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

RETRY = "provider returned a malformed response; retry the request"
KINDS = ("chat", "claude", "gemini")


def is_cut_call(choice: Choice) -> bool:
    """Return whether a choice has a call that the cap cut."""
    return bool(choice.calls) and choice.finish_reason == "length"


def until_cut_call(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks, with an error in place of the end of a cut call."""
    called = False
    for chunk in chunks:
        called = called or fragment_of(chunk) is not None
        if called and any(choice["finish_reason"] == "length" for choice in chunk["choices"]):
            yield {"error": {"message": RETRY, "type": "api_error", "param": None, "code": "all_routes_failed"}}
            return
        yield chunk


def refuse_cut_call(request: ChatRequest, choice: Choice) -> Choice:
    """Return the choice; raise ApiError if it has a cut call."""
    if is_cut_call(choice):
        raise ApiError("The model's tool call is not valid JSON.", status=500, type="server_error")
    return choice


def with_reason_tool_calls(request: ChatRequest, choice: Choice) -> Choice:
    """Return a choice with a cut call as one that ended with tool_calls."""
    return replace(choice, finish_reason="tool_calls") if is_cut_call(choice) else choice


DEFECTS = (
    ChatDefect(
        "ends_cut_calls_with_an_error",
        "A call that the cap cuts ends the stream with an error that asks to try again, in place of finish_reason length.",
        parameter="tools",
        claims=("chat.tools.cut",),
        reports=("E052",),
        kinds=KINDS,
        events=until_cut_call,
    ),
    ChatDefect(
        "breaks_on_cut_calls",
        "A call that the cap cuts is answered with status 500.",
        parameter="tools",
        claims=("chat.tools.cut", "chat.combination.accepted"),
        kinds=KINDS,
        choice=refuse_cut_call,
    ),
    ChatDefect(
        "ends_cut_calls_with_tool_calls",
        "A call that the cap cuts ends with finish_reason tool_calls, as if it were whole.",
        parameter="tools",
        claims=("chat.tools.cut", "chat.tools.every_arguments"),
        reports=("P46303", "P13791", "B01"),
        kinds=KINDS,
        choice=with_reason_tool_calls,
    ),
    ChatDefect(
        "streams_no_text_before_calls",
        "A stream lacks the text before a call, which the plain answer has.",
        parameter="tools",
        claims=("chat.tools.stream_text",),
        reports=("B58",),
        choice=without_text_before_calls,
    ),
)
