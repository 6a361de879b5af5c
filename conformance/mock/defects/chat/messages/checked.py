"""Defects of the check of messages: invalid ones are accepted, valid ones are refused or break the server."""

import re
from typing import Any

from conformance.mock.defects.chat.building.messages import change_body_messages
from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.messages import ROLES
from conformance.mock.surfaces.chat.request import ChatRequest

GREETING = [{"role": "user", "content": "Hello"}]
SHORT_ID = re.compile(r"[a-zA-Z0-9]{9}")


def require_content(request: ChatRequest) -> ChatRequest:
    """Return the request; raise ApiError if a message lacks the key content."""
    for position, message in enumerate(request.messages):
        if "content" not in message:
            raise ApiError(
                "Field required: content.", param=f"messages[{position}].content", code="missing", status=422
            )
    return request


def with_missing_ids(body: Json) -> Json:
    """Return the body with the id of the last call in tool messages without an id."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        return body
    calls = [call["id"] for message in messages for call in message.get("tool_calls") or ()]
    named = [
        {"tool_call_id": calls[-1], **message} if calls and message.get("role") == "tool" else message
        for message in messages
    ]
    return {**body, "messages": named}


def with_some_messages(body: Json) -> Json:
    """Return the body with a greeting instead of messages that are missing, empty or not a list."""
    messages = body.get("messages")
    return body if isinstance(messages, list) and messages else {**body, "messages": GREETING}


def with_text_content(message: Json) -> Json:
    """Return a message with content of the wrong type converted to text."""
    content = message.get("content")
    return message if content is None or isinstance(content, str | list) else {**message, "content": str(content)}


def with_known_role(message: Json) -> Json:
    """Return a message with an unknown role replaced by user."""
    return message if message.get("role") in ROLES else {**message, "role": "user"}


def fail_on_empty_messages(body: Json) -> Json:
    """Return the body; raise a status 500 if messages is empty."""
    if body.get("messages") == []:
        raise ApiError("list index out of range", status=500, type="server_error")
    return body


def with_known_ids(body: Json) -> Json:
    """Return the body with the id of the last call in tool messages with an unknown id."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        return body
    calls = [call["id"] for message in messages for call in message.get("tool_calls") or ()]
    return {**body, "messages": [with_known_id(message, calls) for message in messages]}


def with_known_id(message: Json, calls: list[Any]) -> Json:
    """Return a message with an unknown tool_call_id replaced by the last one of `calls`."""
    named = message.get("tool_call_id")
    return message if named is None or named in calls or not calls else {**message, "tool_call_id": calls[-1]}


def refuse_empty_text(message: Json) -> Json:
    """Return a message; raise ApiError if its content is an empty string."""
    if message.get("content") == "":
        raise ApiError("Text content blocks have to be non-empty.", param="messages")
    return message


def messages_of(body: Json) -> list[Json]:
    """Return the messages of a body that are objects."""
    messages: Any = body.get("messages")
    return [message for message in messages if isinstance(message, dict)] if isinstance(messages, list) else []


def fail_on_system_parts(body: Json) -> Json:
    """Return the body; raise a status 500 if the content of a system message is an array."""
    if any(
        message.get("role") == "system" and isinstance(message.get("content"), list) for message in messages_of(body)
    ):
        raise ApiError('can only concatenate str (not "list") to str', status=500, type="server_error")
    return body


def require_short_ids(body: Json) -> Json:
    """Return the body; raise ApiError if a tool_call_id has another form than one vendor's ids."""
    for message in messages_of(body):
        if isinstance(message.get("tool_call_id"), str) and not SHORT_ID.fullmatch(message["tool_call_id"]):
            raise ApiError("Tool call id has to be nine letters or digits.", code="invalid_request")
    return body


def fail_on_unknown_role(message: Json) -> Json:
    """Return a message; raise a status 500 if it has an unknown role."""
    if isinstance(message.get("role"), str) and message["role"] not in ROLES:
        raise ApiError("Internal Server Error", status=500, type="server_error")
    return message


DEFECTS = (
    ChatDefect(
        "breaks_on_unknown_role",
        "A message with an unknown role is answered with status 500.",
        claims=("chat.messages.unknown_role",),
        reports=("B25",),
        body=change_body_messages(fail_on_unknown_role),
    ),
    ChatDefect(
        "demands_content_beside_calls",
        "An assistant message with tool calls is refused unless it has the key content.",
        claims=("chat.messages.tool_calls_alone",),
        reports=("D038",),
        request=require_content,
    ),
    ChatDefect(
        "accepts_tool_messages_without_id",
        "A tool message without tool_call_id is treated as the result of the last call.",
        claims=("chat.messages.tool_without_id",),
        body=with_missing_ids,
    ),
    ChatDefect(
        "accepts_any_messages",
        "Missing, empty or invalid messages are replaced by a greeting, and content of the wrong type is converted to text.",
        claims=(
            "chat.messages.missing",
            "chat.messages.empty",
            "chat.messages.wrong_type",
            "chat.messages.content_wrong_type",
            "chat.error.refused",
        ),
        body=lambda body: change_body_messages(with_text_content)(with_some_messages(body)),
    ),
    ChatDefect(
        "breaks_on_empty_messages",
        "An empty messages list is answered with status 500.",
        claims=("chat.messages.empty", "chat.error.refused"),
        reports=("D258",),
        body=fail_on_empty_messages,
    ),
    ChatDefect(
        "accepts_any_role",
        "A missing or unknown role is treated as user.",
        claims=("chat.messages.unknown_role", "chat.messages.missing_role"),
        body=change_body_messages(with_known_role),
    ),
    ChatDefect(
        "accepts_results_of_unknown_calls",
        "A tool message with an unknown tool_call_id is treated as the result of the last call.",
        claims=("chat.messages.tool_unknown_id",),
        parameter="tools",
        body=with_known_ids,
    ),
    ChatDefect(
        "refuses_empty_text",
        "An empty string as content is refused, in user messages and in assistant messages with tool calls.",
        claims=("chat.messages.empty_content", "chat.messages.tool_calls_empty_content"),
        reports=("D040",),
        body=change_body_messages(refuse_empty_text),
    ),
    ChatDefect(
        "breaks_on_system_parts",
        "A system message whose content is an array of parts is answered with status 500.",
        claims=("chat.messages.parts",),
        reports=("D262",),
        body=fail_on_system_parts,
    ),
    ChatDefect(
        "demands_short_call_ids",
        "A tool message is refused unless its tool_call_id is nine letters or digits, as one vendor's ids are.",
        claims=("chat.messages.tool_result",),
        reports=("D273",),
        body=require_short_ids,
    ),
)
