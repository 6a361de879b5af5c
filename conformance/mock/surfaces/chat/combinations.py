"""Rules between parameters: which exclude each other, and which require another one.

Each rule is called with the accepted values, without ignored ones, and the messages, and raises ApiError to refuse them.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from conformance.mock.engine.errors import ApiError, invalid_value
from conformance.mock.engine.messages import Messages

Values = Mapping[str, Any]
Combination = Callable[[Values, Messages], None]

DETAILS = ("low", "high", "auto")


def one_cap(values: Values, messages: Messages) -> None:
    """Refuse max_tokens and max_completion_tokens together."""
    if "max_tokens" in values and "max_completion_tokens" in values:
        message = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
        raise ApiError(message, code="invalid_parameter_combination")


def top_logprobs_with_logprobs(values: Values, messages: Messages) -> None:
    """Refuse top_logprobs without logprobs true."""
    if "top_logprobs" in values and not values.get("logprobs"):
        raise ApiError("'top_logprobs' is allowed only when 'logprobs' is true.", param="top_logprobs")


def stream_options_with_stream(values: Values, messages: Messages) -> None:
    """Refuse stream_options without stream true."""
    if "stream_options" in values and not values.get("stream"):
        raise ApiError("'stream_options' is allowed only when 'stream' is true.", param="stream_options")


def tool_settings_with_tools(values: Values, messages: Messages) -> None:
    """Refuse tool_choice and parallel_tool_calls without tools, and a tool_choice that names an undeclared function."""
    if "tools" not in values:
        for name in ("tool_choice", "parallel_tool_calls"):
            if name in values:
                raise ApiError(f"'{name}' is allowed only when 'tools' are given.", param=name)
        return
    choice, declared = values.get("tool_choice"), {tool["name"] for tool in values["tools"]}
    named = (choice.get("names") or [choice.get("name")]) if isinstance(choice, dict) else ()
    for name in named:
        if name not in declared:
            message = f"Function {name!r} of 'tool_choice' is not declared in 'tools'."
            raise ApiError(message, param="tool_choice")


def json_asked_for(values: Values, messages: Messages) -> None:
    """Refuse response_format json_object unless a message contains the word json, in upper or lower case."""
    wanted = values.get("response_format", {}).get("type") == "json_object"
    contents = [message.get("content") for message in messages]
    if wanted and "json" not in json.dumps(contents).lower():
        message = "A message has to contain the word 'json' to use 'response_format' of type 'json_object'."
        raise ApiError(message, param="messages")


def known_details(values: Values, messages: Messages) -> None:
    """Refuse an image whose detail is unknown."""
    for position, message in enumerate(messages):
        content = message.get("content")
        for number, part in enumerate(content if isinstance(content, list) else ()):
            detail = part["image_url"].get("detail") if part["type"] == "image_url" else None
            if detail not in (None, *DETAILS):
                path = f"messages[{position}].content[{number}].image_url.detail"
                raise invalid_value(path, detail, "one of " + ", ".join(DETAILS))
