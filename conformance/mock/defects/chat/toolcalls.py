"""Calls of tools that are not made, made by another name, or told apart by nothing; declarations that nobody checks."""

from dataclasses import replace
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.engine.answer import Choice, Draft
from conformance.mock.surfaces.chat.columns import Profile
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest
from conformance.mock.surfaces.chat.structures import Tools

OPENAI_KINDS = ("chat", "reasoning")
UNASKED = {"id": "call_0", "type": "function", "function": {"name": "search", "arguments": "{}"}}


def without_empty_arguments(request: ChatRequest, draft: Draft) -> Draft:
    """The draft with nothing in place of arguments that are an empty object."""
    return replace(
        draft, calls=tuple(replace(call, arguments=call.arguments.removesuffix("{}")) for call in draft.calls)
    )


def with_prefixed_names(request: ChatRequest, draft: Draft) -> Draft:
    """The draft whose calls name the namespace of the function as well."""
    return replace(draft, calls=tuple(replace(call, name=f"functions.{call.name}") for call in draft.calls))


def ending_with_stop(request: ChatRequest, choice: Choice) -> Choice:
    """The choice with finish_reason stop in place of tool_calls."""
    return replace(choice, finish_reason="stop") if choice.finish_reason == "tool_calls" else choice


def with_empty_content(request: ChatRequest, body: Json) -> Json:
    """The body with an empty text in place of null beside calls."""
    for choice in body["choices"]:
        if choice["message"].get("tool_calls"):
            choice["message"]["content"] = ""
    return body


def with_unasked_call(request: ChatRequest, body: Json) -> Json:
    """The body with a call beside the text, where no tool is declared."""
    for choice in () if request.tools else body["choices"]:
        choice["message"]["tool_calls"] = [UNASKED]
    return body


def without_choice(value: str | type) -> Any:
    """Requests with tool_choice auto where it is this value, or of this type."""

    def request_without(request: ChatRequest) -> ChatRequest:
        given = request.tool_choice
        lost = isinstance(given, value) if isinstance(value, type) else given == value
        return replace(request, tool_choice="auto") if lost else request

    return request_without


def with_default_choice(value: str) -> Any:
    """Requests with another tool_choice than auto where they leave it out."""

    def request_with(request: ChatRequest) -> ChatRequest:
        return request if "tool_choice" in request.body else replace(request, tool_choice=value)

    return request_with


def with_any_names(profile: Profile) -> Profile:
    """The profile with tools that are as many and named as the client likes."""
    return replace(profile, rules={**profile.rules, "tools": Tools(most=10_000, strict=False)})


def without_unknown_tools(profile: Profile) -> Profile:
    """The profile that leaves out tools of a type that it does not know."""
    rule = profile.rules["tools"]

    def known(name: str, value: Any) -> Any:
        if not isinstance(value, list):
            return rule(name, value)
        left = [tool for tool in value if not isinstance(tool, dict) or tool.get("type", "function") == "function"]
        return rule(name, left) if left or not value else None

    return replace(profile, rules={**profile.rules, "tools": known})


DEFECTS = (
    ChatDefect(
        "ignores_tool_choice_none",
        "tool_choice none is taken as auto: a tool is called all the same.",
        parameter="tool_choice",
        claims=("chat.tool_choice.none",),
        reports=("D089",),
        request=without_choice("none"),
    ),
    ChatDefect(
        "ignores_named_tool_choice",
        "A function named in tool_choice is taken as auto: another one is called.",
        parameter="tool_choice",
        claims=("chat.tool_choice.named",),
        reports=("D087",),
        request=without_choice(dict),
    ),
    ChatDefect(
        "calls_tools_by_default",
        "Without tool_choice a tool is called whether the question needs one or not.",
        claims=("chat.tool_choice.default",),
        parameter="tools",
        request=with_default_choice("required"),
    ),
    ChatDefect(
        "calls_no_tools_by_default",
        "Without tool_choice no tool is called, though one is asked for.",
        claims=("chat.tool_choice.default",),
        parameter="tools",
        request=with_default_choice("none"),
    ),
    ChatDefect(
        "prefixes_function_names",
        "A call names the function with a prefix that its declaration does not have.",
        parameter="tools",
        claims=("chat.tools.called", "chat.tools.parallel", "chat.tool_choice.required", "chat.tool_choice.named"),
        draft=with_prefixed_names,
    ),
    ChatDefect(
        "empties_arguments_without_parameters",
        "The arguments of a tool without parameters are an empty text, which is no JSON.",
        parameter="tools",
        claims=("chat.tools.no_parameters",),
        reports=("D080",),
        draft=without_empty_arguments,
    ),
    ChatDefect(
        "calls_end_with_stop",
        "An answer that calls tools has finish_reason stop.",
        parameter="tools",
        claims=("chat.tools.finish_reason",),
        choice=ending_with_stop,
    ),
    ChatDefect(
        "calls_have_id_null",
        'Every call has the text "null" as its id.',
        claims=("chat.tools.ids",),
        reports=("D084",),
        ids=lambda request, ids: ("null",) * len(ids),
    ),
    ChatDefect(
        "calls_share_an_id",
        "All calls of an answer have the same id.",
        claims=("chat.tools.ids",),
        ids=lambda request, ids: ids[:1] * len(ids),
    ),
    ChatDefect(
        "empties_content_beside_calls",
        "The content of an answer that calls tools is an empty text.",
        claims=("chat.tools.content_null",),
        reports=("D004",),
        whole=with_empty_content,
    ),
    ChatDefect(
        "calls_undeclared_tools",
        "An answer to a request without tools calls one beside its text.",
        claims=("chat.tools.not_declared", "chat.tools.empty_absent"),
        whole=with_unasked_call,
    ),
    ChatDefect(
        "accepts_any_function_names",
        "Functions can have any name, and there can be any number of them.",
        parameter="tools",
        claims=("chat.tools.bad_name", "chat.tools.too_many"),
        kinds=OPENAI_KINDS,
        profile=with_any_names,
    ),
    ChatDefect(
        "drops_unknown_tools",
        "Tools of a type that nobody knows are left out without a word.",
        parameter="tools",
        claims=("chat.tools.unknown_type",),
        profile=without_unknown_tools,
    ),
)
