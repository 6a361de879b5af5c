"""A tool_choice that is not obeyed, not checked, or taken for another by default."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from conformance.mock.defects.chat.building.bodies import as_default
from conformance.mock.defects.chat.building.fragments import each_fragment
from conformance.mock.defects.defect import Json
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

CHOICES = ("auto", "none", "required")
PROSE = ("It is ", "mild there.")


def without_lonely_choice(body: Json) -> Json:
    """Return the body without tool_choice where there are no tools."""
    return body if "tools" in body else {name: value for name, value in body.items() if name != "tool_choice"}


def without_required_tool(request: ChatRequest) -> ChatRequest:
    """Return the request with tool_choice auto where it says required."""
    return replace(request, tool_choice="auto") if request.tool_choice == "required" else request


def in_prose(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Return the chunks, the arguments of a call that tool_choice names being prose."""
    if not isinstance(request.tool_choice, dict):
        return chunks
    left = iter(PROSE)

    def changed(fragment: Json) -> Json:
        return fragment if "id" in fragment else {**fragment, "function": {"arguments": next(left, "")}}

    return each_fragment(changed)(request, chunks)


def without_choice(value: str | type) -> Any:
    """Take tool_choice as auto where it is this value, or of this type."""

    def request_without(request: ChatRequest) -> ChatRequest:
        given = request.tool_choice
        lost = isinstance(given, value) if isinstance(value, type) else given == value
        return replace(request, tool_choice="auto") if lost else request

    return request_without


def with_default_choice(value: str) -> Any:
    """Take another tool_choice than auto where a request leaves it out."""

    def request_with(request: ChatRequest) -> ChatRequest:
        return request if "tool_choice" in request.body else replace(request, tool_choice=value)

    return request_with


DEFECTS = (
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
        body=without_lonely_choice,
    ),
    ChatDefect(
        "forgets_required_tool_choice",
        "tool_choice required is treated as auto: a question that needs no tool is answered with text.",
        parameter="tool_choice",
        claims=("chat.tool_choice.required",),
        reports=("D085",),
        request=without_required_tool,
    ),
    ChatDefect(
        "streams_prose_as_arguments",
        "In a stream, the arguments of a call that tool_choice names are prose instead of JSON.",
        claims=("chat.tool_choice.named",),
        reports=("D215",),
        parameter="tool_choice",
        events=in_prose,
    ),
    ChatDefect(
        "ignores_tool_choice_none",
        "tool_choice none is treated as auto: a tool is still called.",
        parameter="tool_choice",
        claims=("chat.tool_choice.none",),
        reports=("D089",),
        request=without_choice("none"),
    ),
    ChatDefect(
        "ignores_named_tool_choice",
        "A function named in tool_choice is treated as auto: another function is called.",
        parameter="tool_choice",
        claims=("chat.tool_choice.named",),
        reports=("D087",),
        request=without_choice(dict),
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
