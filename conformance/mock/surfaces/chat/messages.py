"""The check of a conversation, which is the same on every column.

Refusals name the place as `messages[0].role` or, for content and the order of tool messages, as `messages.[0].content`: OpenAI
spells both.
"""

from typing import Any

from conformance.mock.engine.errors import ApiError, invalid_value, missing, wrong_type
from conformance.mock.engine.rules import ARRAY, OBJECT, TEXT, OneOf
from conformance.mock.engine.tokens import count_prompt
from conformance.mock.surfaces.structures import require_key

ROLES = ("developer", "system", "user", "assistant", "tool", "function")
PARTS = ("text", "image_url", "input_audio", "file", "refusal")
# Tokens that a prompt may have.  Less than real models, so that a test of a prompt beyond the context needs only 33 kB.
CONTEXT = 16_384
INSTEAD_OF_CONTENT = ("tool_calls", "function_call", "refusal", "audio")


def check_conversation(value: Any) -> tuple[dict[str, Any], ...]:
    """Return the messages of a request; raise ApiError if they are invalid."""
    if value is None:
        raise missing("messages")
    ARRAY("messages", value)
    if not value:
        raise ApiError("Invalid 'messages': empty array.", param="messages", code="empty_array")
    for position, message in enumerate(value):
        check_message(position, message)
    check_tool_order(value)
    check_length(value)
    return tuple(value)


def check_message(position: int, message: Any) -> None:
    """Check one message: its role, its content, its tool calls."""
    path = f"messages[{position}]"
    OBJECT(path, message)
    role = require_key(path, message, "role")
    OneOf(ROLES)(f"{path}.role", role)
    calls = message.get("tool_calls")
    for index, call in enumerate(ARRAY(f"{path}.tool_calls", calls) if calls is not None else ()):
        check_call(f"{path}.tool_calls[{index}]", call)
    content = message.get("content")
    if content is None:
        if role == "assistant" and any(message.get(key) for key in INSTEAD_OF_CONTENT):
            return
        param = f"messages.[{position}].content"
        raise ApiError(f"Invalid value for '{param}': expected a string or an array, got null.", param=param)
    check_content(f"{path}.content", content)


def check_content(path: str, content: Any) -> None:
    """Check that content is a string or an array of parts."""
    if isinstance(content, str):
        return
    if not isinstance(content, list):
        raise wrong_type(path, "a string or an array of objects", content)
    for index, part in enumerate(content):
        where = f"{path}[{index}]"
        OBJECT(where, part)
        kind = require_key(where, part, "type")
        if kind not in PARTS:
            raise invalid_value(f"{where}.type", kind, "one of " + ", ".join(PARTS))
        if kind == "text":
            TEXT(f"{where}.text", part.get("text"))
        if kind == "refusal":
            TEXT(f"{where}.refusal", require_key(where, part, "refusal"))
        if kind in ("input_audio", "file"):
            OBJECT(f"{where}.{kind}", require_key(where, part, kind))
        if kind == "image_url":
            image = OBJECT(f"{where}.image_url", require_key(where, part, "image_url"))
            TEXT(f"{where}.image_url.url", require_key(f"{where}.image_url", image, "url"))


def check_call(path: str, call: Any) -> None:
    """Check a tool call in an assistant message."""
    OBJECT(path, call)
    TEXT(f"{path}.id", require_key(path, call, "id"))
    function = OBJECT(f"{path}.function", require_key(path, call, "function"))
    TEXT(f"{path}.function.name", require_key(f"{path}.function", function, "name"))
    TEXT(f"{path}.function.arguments", require_key(f"{path}.function", function, "arguments"))


def check_tool_order(messages: list[dict[str, Any]]) -> None:
    """Check that every tool message answers a call of the assistant message before it, and every call is answered."""
    open_calls: set[str] = set()
    for position, message in enumerate(messages):
        if message["role"] == "tool":
            name = message.get("tool_call_id")
            if name is None:
                raise missing(f"messages[{position}].tool_call_id")
            if TEXT(f"messages[{position}].tool_call_id", name) not in open_calls:
                raise tool_disorder(position, "a 'tool' message has to answer a tool call of the message before")
            open_calls.discard(name)
            continue
        if open_calls:
            raise tool_disorder(position, "every tool call before it has to be answered by a 'tool' message")
        open_calls = {call["id"] for call in message.get("tool_calls") or ()}
    if open_calls:
        raise tool_disorder(len(messages) - 1, "every tool call has to be answered by a 'tool' message")


def check_length(messages: list[dict[str, Any]]) -> None:
    """Check that the conversation fits into the context."""
    count = count_prompt(tuple(messages))
    if count > CONTEXT:
        message = f"This model's context holds {CONTEXT} tokens. Your messages have {count}."
        raise ApiError(message, param="messages", code="context_length_exceeded")


def tool_disorder(position: int, reason: str) -> ApiError:
    """Return the refusal of tool calls and tool messages that do not match."""
    return ApiError(f"Invalid conversation: {reason}.", param=f"messages.[{position}].role")
