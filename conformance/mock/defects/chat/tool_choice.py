"""Defects of tool_choice."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from conformance.mock.defects.chat.building.bodies import as_default, refused_where
from conformance.mock.defects.chat.building.fragments import change_fragments
from conformance.mock.defects.defect import Json
from conformance.mock.engine.answer import Choice
from conformance.mock.engine.errors import ApiError, wrong_type
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

CHOICES = ("auto", "none", "required")
PROSE = ("It is ", "mild there.")


def without_choice_alone(body: Json) -> Json:
    """Return the body without tool_choice if it has no tools."""
    return body if "tools" in body else {name: value for name, value in body.items() if name != "tool_choice"}


def with_required_as_auto(request: ChatRequest) -> ChatRequest:
    """Return the request with tool_choice required replaced by auto."""
    return replace(request, tool_choice="auto") if request.tool_choice == "required" else request


def with_prose_arguments(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Return the chunks with prose as the arguments of a call that tool_choice names."""
    if not isinstance(request.tool_choice, dict):
        return chunks
    left = iter(PROSE)

    def changed(fragment: Json) -> Json:
        return fragment if "id" in fragment else {**fragment, "function": {"arguments": next(left, "")}}

    return change_fragments(changed)(request, chunks)


def as_auto(value: str | type) -> Any:
    """Return a mutation that replaces this value of tool_choice, or values of this type, by auto."""

    def request_without(request: ChatRequest) -> ChatRequest:
        choice = request.tool_choice
        lost = isinstance(choice, value) if isinstance(value, type) else choice == value
        return replace(request, tool_choice="auto") if lost else request

    return request_without


def with_default_choice(value: str) -> Any:
    """Return a mutation that sets tool_choice if a request leaves it out."""

    def request_with(request: ChatRequest) -> ChatRequest:
        return request if "tool_choice" in request.body else replace(request, tool_choice=value)

    return request_with


def with_choice_beside_form(value: str, instead: str) -> Any:
    """Return a mutation that replaces this value of tool_choice if the request asks for a form of the answer."""

    def request_with(request: ChatRequest) -> ChatRequest:
        lost = request.tool_choice == value and request.form.kind != "text"
        return replace(request, tool_choice=instead) if lost else request

    return request_with


def without_allowed_tools(body: Json) -> Json:
    """Return the body with a tool_choice that allows some tools replaced by required."""
    choice = body["tool_choice"]
    allowed = isinstance(choice, dict) and choice.get("type") == "allowed_tools"
    return {**body, "tool_choice": "required"} if allowed else body


def refuse_allowed_tools(body: Json) -> Json:
    """Return the body; raise ApiError for a tool_choice that allows some tools."""
    if without_allowed_tools(body) is not body:
        raise ApiError("'tool_choice.type' must be 'function'.", param="tool_choice")
    return body


def as_nothing_in_streams(request: ChatRequest, choice: Choice) -> Choice:
    """Return a choice with calls emptied if it is streamed."""
    return replace(choice, calls=(), finish_reason="stop") if request.stream and choice.calls else choice


def with_text_for_calls(request: ChatRequest, body: Json) -> Json:
    """Return the body of a plain answer with text instead of the calls that were required, and an empty list of calls."""
    if request.tool_choice != "required":
        return body
    for choice in body["choices"]:
        choice["message"] |= {"content": "It is mild there.", "tool_calls": []}
        choice["finish_reason"] = "tool_calls"
    return body


DEFECTS = (
    ChatDefect(
        "streams_nothing_for_calls",
        "A stream has neither text nor calls where the plain answer has calls, and ends with stop.",
        claims=("chat.tool_choice.required", "chat.tool_choice.named", "chat.tools.stream_text"),
        reports=("B14",),
        parameter="tools",
        choice=as_nothing_in_streams,
    ),
    ChatDefect(
        "says_calls_where_there_is_text",
        "With tool_choice required a plain answer is text, with an empty list of calls and finish_reason tool_calls.",
        claims=("chat.tool_choice.required", "chat.tool_choice.allowed_tools"),
        reports=("B02",),
        parameter="tool_choice",
        whole=with_text_for_calls,
    ),
    ChatDefect(
        "refuses_tool_choice_objects",
        "A tool_choice that names a function is refused: only strings are accepted.",
        claims=("chat.tool_choice.named", "chat.tool_choice.allowed_tools"),
        reports=("B47",),
        parameter="tool_choice",
        body=refused_where(
            lambda value: isinstance(value, dict),
            lambda value: wrong_type("tool_choice", "a string", value),
            "tool_choice",
        ),
    ),
    ChatDefect(
        "calls_tools_beside_response_format",
        "With a response_format tool_choice none is dropped, and a tool is called.",
        parameter="tool_choice",
        claims=("chat.tool_choice.never_called",),
        request=with_choice_beside_form("none", "required"),
    ),
    ChatDefect(
        "forgets_required_beside_response_format",
        "With a response_format tool_choice required is dropped, and no tool is called.",
        parameter="tool_choice",
        claims=("chat.tool_choice.always_called",),
        request=with_choice_beside_form("required", "none"),
    ),
    ChatDefect(
        "ignores_allowed_tools",
        "A tool_choice that allows some of the tools is treated as required: any tool is called.",
        parameter="tool_choice",
        claims=("chat.tool_choice.allowed_tools",),
        body=without_allowed_tools,
    ),
    ChatDefect(
        "refuses_allowed_tools",
        "A tool_choice that allows some of the tools is refused.",
        parameter="tool_choice",
        claims=("chat.tool_choice.allowed_tools",),
        body=refuse_allowed_tools,
    ),
    ChatDefect(
        "accepts_any_tool_choice",
        "An unknown tool_choice is treated as auto.",
        claims=("chat.tool_choice.unknown_value",),
        parameter="tool_choice",
        body=as_default("tool_choice", CHOICES, "auto"),
    ),
    ChatDefect(
        "accepts_tool_choice_alone",
        "tool_choice is accepted without tools.",
        claims=("chat.tool_choice.without_tools",),
        parameter="tool_choice",
        body=without_choice_alone,
    ),
    ChatDefect(
        "forgets_required_tool_choice",
        "tool_choice required is treated as auto: a question that needs no tool is answered with text.",
        parameter="tool_choice",
        claims=("chat.tool_choice.required",),
        reports=("D085",),
        request=with_required_as_auto,
    ),
    ChatDefect(
        "streams_prose_as_arguments",
        "In a stream, the arguments of a call that tool_choice names are prose instead of JSON.",
        claims=("chat.tool_choice.named",),
        reports=("D215",),
        parameter="tool_choice",
        events=with_prose_arguments,
    ),
    ChatDefect(
        "ignores_tool_choice_none",
        "tool_choice none is treated as auto: a tool is still called.",
        parameter="tool_choice",
        claims=("chat.tool_choice.none",),
        reports=("D089",),
        request=as_auto("none"),
    ),
    ChatDefect(
        "ignores_named_tool_choice",
        "A function named in tool_choice is treated as auto: another function is called.",
        parameter="tool_choice",
        claims=("chat.tool_choice.named",),
        reports=("D087",),
        request=as_auto(dict),
    ),
    ChatDefect(
        "calls_tools_by_default",
        "Without tool_choice a tool is called even when the question needs none.",
        claims=("chat.tool_choice.default",),
        parameter="tools",
        request=with_default_choice("required"),
    ),
    ChatDefect(
        "calls_no_tools_by_default",
        "Without tool_choice no tool is called, even when the question asks for one.",
        claims=("chat.tool_choice.default",),
        parameter="tools",
        request=with_default_choice("none"),
    ),
)
