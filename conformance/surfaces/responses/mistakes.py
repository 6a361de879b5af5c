"""Mistakes of a client in a Responses request, by name: each makes the text of a body from a body as documented."""

from __future__ import annotations

from collections.abc import Callable

from conformance.http.exchange import dumped
from conformance.surfaces.mistakes import FORMS, Body, without

UNKNOWN_RESPONSE = "resp_000000000000000000000000000000000000000000000000"

_CALL = {"type": "function_call", "call_id": "call_conformance1", "name": "get_weather", "arguments": "{}"}
_OUTPUT = {"type": "function_call_output", "call_id": "call_conformance1", "output": "sunny"}
_TOOL: Body = {"type": "function", "name": "get_weather", "parameters": {"type": "object", "properties": {}}}
_SCHEMA: Body = {"type": "json_schema", "schema": {"type": "object", "properties": {}}}
_BROKEN_IMAGE = {"type": "input_image", "image_url": "data:image/png;base64,bm8gaW1hZ2U="}

MESSAGES: dict[str, Callable[[Body], Body]] = {
    "no_input": lambda body: without(body, "input"),
    "number_as_input": lambda body: {**body, "input": 7},
    "text_as_item": lambda body: {**body, "input": [body["input"]]},
    "number_as_content": lambda body: {**body, "input": [{"role": "user", "content": 7}]},
    "unknown_role": lambda body: {**body, "input": [{"role": "conformance", "content": body["input"]}]},
}
# Mistakes that claims of their own are about.
FURTHER: dict[str, Callable[[Body], Body]] = {
    "empty_text": lambda body: {**body, "input": ""},
    "empty_list": lambda body: {**body, "input": []},
    "unknown_item": lambda body: _with_items(body, {"type": "conformance_unknown_item"}),
    "output_without_call": lambda body: _with_items(body, _OUTPUT),
    "call_without_output": lambda body: _with_items(body, _CALL),
    "call_without_its_output": lambda body: _with_items(body, _CALL, without(_OUTPUT, "output")),
    "broken_image": lambda body: {**body, "input": [{"role": "user", "content": [_BROKEN_IMAGE]}]},
    "tool_of_chat": lambda body: {**body, "tools": [{"type": "function", "function": without(_TOOL, "type")}]},
    "unknown_tool_type": lambda body: {**body, "tools": [{"type": "conformance_unknown_tool"}]},
    "undeclared_choice": lambda body: {
        **body,
        "tools": [_TOOL],
        "tool_choice": {"type": "function", "name": "conformance_undeclared"},
    },
    "unknown_choice": lambda body: {**body, "tools": [_TOOL], "tool_choice": "conformance"},
    "schema_without_name": lambda body: {**body, "text": {"format": _SCHEMA}},
    "object_without_word": lambda body: {**body, "text": {"format": {"type": "json_object"}}},
    "unknown_include": lambda body: {**body, "include": ["conformance.unknown"]},
    "stream_as_text": lambda body: {**body, "stream": "true"},
    "unknown_previous": lambda body: {**body, "previous_response_id": UNKNOWN_RESPONSE},
    "previous_and_conversation": lambda body: {
        **body,
        "previous_response_id": UNKNOWN_RESPONSE,
        "conversation": "conv_conformance",
    },
    "background_without_store": lambda body: {**body, "background": True, "store": False},
    "many_pairs": lambda body: {**body, "metadata": {f"key{number}": "value" for number in range(17)}},
    "long_key": lambda body: {**body, "metadata": {"k" * 65: "value"}},
    "long_value": lambda body: {**body, "metadata": {"key": "v" * 513}},
    "messages_of_chat": lambda body: {
        **without(body, "input"),
        "messages": [{"role": "user", "content": body["input"]}],
    },
    "cap_of_chat": lambda body: {**body, "max_tokens": 16},
    "stop_of_chat": lambda body: {**body, "stop": "conformance"},
    "format_of_chat": lambda body: {**body, "response_format": {"type": "text"}},
    "choices_of_chat": lambda body: {**body, "n": 2},
}


def with_mistake(body: Body, name: str) -> str:
    """Return the text of a body with the mistake of this name.  Raises KeyError for an unknown one."""
    if name in FORMS:
        return FORMS[name](body)
    return dumped({**MESSAGES, **FURTHER}[name](body))


def _with_items(body: Body, *items: Body) -> Body:
    """Return a body with items before its question."""
    return {**body, "input": [*items, {"role": "user", "content": body["input"]}]}
