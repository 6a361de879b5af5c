"""Defects of tool calls in plain answers."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.mock.defects.chat.building.answers import change_messages
from conformance.mock.defects.defect import Json, Mutation
from conformance.mock.engine.answer import Choice, Draft
from conformance.mock.server.wire import Wire, json_bytes
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest
from conformance.mock.surfaces.chat.stream import DONE, MEDIA_TYPE

NAMED = ("chat.tools.called", "chat.tools.parallel", "chat.tool_choice.required", "chat.tool_choice.named")
UNREQUESTED_CALL = {"id": "call_0", "type": "function", "function": {"name": "search", "arguments": "{}"}}


def as_stream(request: ChatRequest, wire: Wire) -> Wire:
    """Return the answer as a stream of one chunk if the request has tools."""
    if not request.tools:
        return wire
    body: Json = json.loads(wire.body)
    choices = [{"delta": choice.pop("message"), **choice} for choice in body["choices"]]
    chunk = {**body, "object": "chat.completion.chunk", "choices": choices}
    return wire.with_pieces(b"data: " + json_bytes(chunk) + b"\n\n", DONE, media_type=MEDIA_TYPE)


def with_empty_calls(message: Json) -> Json:
    """Return a message with an empty tool_calls if it has none."""
    return {"tool_calls": [], **message}


def change_arguments(change: Callable[[str], str]) -> Mutation[Draft]:
    """Return a mutation that changes the arguments of every call of a draft."""

    def drafted(request: ChatRequest, draft: Draft) -> Draft:
        return replace(draft, calls=tuple(replace(call, arguments=change(call.arguments)) for call in draft.calls))

    return drafted


def with_extra_argument(arguments: str) -> str:
    """Return the arguments with a key that the declaration lacks."""
    return json.dumps({**json.loads(arguments), "note": "as asked"}, separators=(",", ":"))


def with_parsed_arguments(request: ChatRequest, body: Json) -> Json:
    """Return the body with the arguments of its calls parsed."""
    for choice in body["choices"]:
        for call in choice["message"].get("tool_calls") or ():
            call["function"]["arguments"] = parse_or_keep(call["function"]["arguments"])
    return body


def parse_or_keep(text: str) -> Any:
    """Return the value of a JSON text, or the text if it is not JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def without_empty_arguments(request: ChatRequest, draft: Draft) -> Draft:
    """Return the draft with arguments of {} replaced by an empty string."""
    return replace(
        draft, calls=tuple(replace(call, arguments=call.arguments.removesuffix("{}")) for call in draft.calls)
    )


def with_prefixed_names(request: ChatRequest, draft: Draft) -> Draft:
    """Return the draft with a namespace before the function name of every call."""
    return replace(draft, calls=tuple(replace(call, name=f"functions.{call.name}") for call in draft.calls))


def with_reason_stop(request: ChatRequest, choice: Choice) -> Choice:
    """Return the choice with finish_reason tool_calls replaced by stop."""
    return replace(choice, finish_reason="stop") if choice.finish_reason == "tool_calls" else choice


def with_empty_content(request: ChatRequest, body: Json) -> Json:
    """Return the body with an empty string as the content of messages with tool calls."""
    for choice in body["choices"]:
        if choice["message"].get("tool_calls"):
            choice["message"]["content"] = ""
    return body


def with_unrequested_call(request: ChatRequest, body: Json) -> Json:
    """Return the body with a tool call added if the request declares no tools."""
    for choice in () if request.tools else body["choices"]:
        choice["message"]["tool_calls"] = [UNREQUESTED_CALL]
    return body


def with_broken_second_call(request: ChatRequest, draft: Draft) -> Draft:
    """Return the draft with the arguments of every call but the first without their closing brace."""
    broken = (replace(call, arguments=call.arguments[:-1]) for call in draft.calls[1:])
    return replace(draft, calls=(*draft.calls[:1], *broken))


def with_broken_later_choice(request: ChatRequest, choice: Choice) -> Choice:
    """Return the choice, if it is not the first, with the arguments of its calls without their closing brace."""
    if not choice.index:
        return choice
    return replace(choice, calls=tuple(replace(call, arguments=call.arguments[:-1]) for call in choice.calls))


DEFECTS = (
    ChatDefect(
        "breaks_arguments_of_second_call",
        "Of several calls in an answer only the first has arguments that are JSON.",
        parameter="tools",
        claims=("chat.tools.every_arguments",),
        draft=with_broken_second_call,
    ),
    ChatDefect(
        "breaks_arguments_in_later_choices",
        "Of several choices only the first has calls with arguments that are JSON.",
        parameter="tools",
        claims=("chat.tools.every_arguments",),
        kinds=("chat", "gemini"),
        choice=with_broken_later_choice,
    ),
    ChatDefect(
        "hides_state_in_ids",
        "The id of a call has more than 800 characters, since the gateway keeps its own state in it.",
        parameter="tools",
        claims=("chat.tools.id_length",),
        reports=("P41590",),
        ids=lambda request, ids: tuple(f"{name}__state__{'A' * 800}" for name in ids),
    ),
    ChatDefect(
        "streams_unasked_with_tools",
        "A request with tools is answered with a stream that it did not ask for.",
        claims=(
            "chat.example.answered",
            "chat.tools.called",
            "chat.tools.arguments",
            "chat.tools.no_parameters",
            "chat.tools.parallel",
            "chat.parallel_tool_calls.off",
            "chat.tool_choice.default",
            "chat.tool_choice.none",
            "chat.tool_choice.required",
            "chat.tool_choice.named",
            "chat.tool_choice.allowed_tools",
        ),
        reports=("D007",),
        parameter="tools",
        answered=as_stream,
    ),
    ChatDefect(
        "sends_empty_tool_calls",
        "A text answer has an empty tool_calls list.",
        claims=("chat.tools.empty_absent",),
        reports=("D082",),
        whole=change_messages(with_empty_calls),
    ),
    ChatDefect(
        "sends_arguments_as_objects",
        "The arguments of a call are a JSON object instead of a string.",
        claims=("chat.tools.arguments", "chat.tools.no_parameters"),
        parameter="tools",
        whole=with_parsed_arguments,
    ),
    ChatDefect(
        "encodes_arguments_twice",
        "The arguments of a call are JSON-encoded twice.",
        claims=("chat.tools.arguments", "chat.tools.no_parameters", "chat.tool_choice.named"),
        parameter="tools",
        draft=change_arguments(json.dumps),
    ),
    ChatDefect(
        "adds_undeclared_arguments",
        "A call has an argument that the schema of its tool forbids.",
        claims=("chat.tools.arguments", "chat.tools.strict"),
        parameter="tools",
        draft=change_arguments(with_extra_argument),
    ),
    ChatDefect(
        "prefixes_function_names",
        "The function name of a call has a prefix that its declaration lacks.",
        parameter="tools",
        claims=(*NAMED, "chat.reply.calls_declared", "chat.tools.stream_declared"),
        draft=with_prefixed_names,
    ),
    ChatDefect(
        "unescapes_arguments_twice",
        "Escapes in the text of arguments are decoded once more than they were encoded.",
        claims=("chat.tools.text_in_arguments",),
        parameter="tools",
        draft=change_arguments(lambda arguments: arguments.replace("\\\\", "\\")),
    ),
    ChatDefect(
        "removes_tags_from_arguments",
        "What looks like a tag is removed from the arguments of a call.",
        claims=("chat.tools.text_in_arguments",),
        parameter="tools",
        draft=change_arguments(lambda arguments: re.sub(r"</?\w+>", "", arguments)),
    ),
    ChatDefect(
        "empties_arguments_without_parameters",
        "The arguments of a call to a tool without parameters are an empty string instead of {}.",
        parameter="tools",
        claims=("chat.tools.no_parameters",),
        reports=("D080",),
        draft=without_empty_arguments,
    ),
    ChatDefect(
        "calls_end_with_stop",
        "An answer with tool calls has finish_reason stop.",
        parameter="tools",
        claims=("chat.tools.finish_reason",),
        choice=with_reason_stop,
    ),
    ChatDefect(
        "empties_content_beside_calls",
        "The content of an answer with tool calls is an empty string instead of null.",
        claims=("chat.tools.content_null",),
        reports=("D004",),
        whole=with_empty_content,
    ),
    ChatDefect(
        "calls_undeclared_tools",
        "An answer to a request without tools contains a tool call.",
        claims=("chat.tools.not_declared",),
        whole=with_unrequested_call,
    ),
)
