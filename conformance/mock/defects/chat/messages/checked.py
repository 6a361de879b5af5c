"""Messages that are let in unchecked, and messages in order that are refused or break the server."""

import re
from typing import Any

from conformance.mock.defects.chat.building.messages import in_body
from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.messages import ROLES
from conformance.mock.surfaces.chat.request import ChatRequest

GREETING = [{"role": "user", "content": "Hello"}]
SHORT_ID = re.compile(r"[a-zA-Z0-9]{9}")


def content_demanded(request: ChatRequest) -> ChatRequest:
    """Return the request, refused where a message has no content key."""
    for place, message in enumerate(request.messages):
        if "content" not in message:
            raise ApiError("Field required: content.", param=f"messages[{place}].content", code="missing", status=422)
    return request


def with_id(body: Json) -> Json:
    """Return the body with the id of the call before it in each tool message that has none."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        return body
    calls = [call["id"] for message in messages for call in message.get("tool_calls") or ()]
    named = [
        {"tool_call_id": calls[-1], **message} if calls and message.get("role") == "tool" else message
        for message in messages
    ]
    return {**body, "messages": named}


def any_messages(body: Json) -> Json:
    """Return the body with a greeting in place of messages that are missing, empty or no list."""
    given = body.get("messages")
    return body if isinstance(given, list) and given else {**body, "messages": GREETING}


def any_content(message: Json) -> Json:
    """Return a message whose content is text, whatever it was."""
    content = message.get("content")
    return message if content is None or isinstance(content, str | list) else {**message, "content": str(content)}


def any_role(message: Json) -> Json:
    """Return a message of the user where the role is not known."""
    return message if message.get("role") in ROLES else {**message, "role": "user"}


def empty_breaks(body: Json) -> Json:
    """Return the body, unless it has no messages: that breaks the server."""
    if body.get("messages") == []:
        raise ApiError("list index out of range", status=500, type="server_error")
    return body


def with_known_ids(body: Json) -> Json:
    """Return the body whose tool messages name the last call before them where they name none that was made."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        return body
    calls = [call["id"] for message in messages for call in message.get("tool_calls") or ()]
    return {**body, "messages": [answering(message, calls) for message in messages]}


def answering(message: Json, calls: list[Any]) -> Json:
    """Return a tool message that names one of the calls, other messages as they are."""
    named = message.get("tool_call_id")
    return message if named is None or named in calls or not calls else {**message, "tool_call_id": calls[-1]}


def some_text(message: Json) -> Json:
    """Return a message, refused where its text is empty."""
    if message.get("content") == "":
        raise ApiError("Text content blocks have to be non-empty.", param="messages")
    return message


def messages_of(body: Json) -> list[Json]:
    """Return the messages of a body that are objects."""
    given: Any = body.get("messages")
    return [message for message in given if isinstance(message, dict)] if isinstance(given, list) else []


def broken_by_system_parts(body: Json) -> Json:
    """Return the body, unless a system message is in parts: that breaks the server."""
    if any(
        message.get("role") == "system" and isinstance(message.get("content"), list) for message in messages_of(body)
    ):
        raise ApiError('can only concatenate str (not "list") to str', status=500, type="server_error")
    return body


def with_short_ids(body: Json) -> Json:
    """Return the body, unless a tool message names its call otherwise than one vendor spells its own ids."""
    for message in messages_of(body):
        if isinstance(message.get("tool_call_id"), str) and not SHORT_ID.fullmatch(message["tool_call_id"]):
            raise ApiError("Tool call id has to be nine letters or digits.", code="invalid_request")
    return body


DEFECTS = (
    ChatDefect(
        "demands_content_beside_calls",
        "An assistant message with tool calls is refused unless it has the key content.",
        claims=("chat.messages.tool_calls_alone",),
        reports=("D038",),
        request=content_demanded,
    ),
    ChatDefect(
        "accepts_tool_messages_without_id",
        "A tool message without tool_call_id is treated as the result of the last call.",
        claims=("chat.messages.tool_without_id",),
        body=with_id,
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
        body=lambda body: in_body(any_content)(any_messages(body)),
    ),
    ChatDefect(
        "breaks_on_empty_messages",
        "An empty messages list is answered with status 500.",
        claims=("chat.messages.empty", "chat.error.refused"),
        reports=("D258",),
        body=empty_breaks,
    ),
    ChatDefect(
        "accepts_any_role",
        "A missing or unknown role is treated as user.",
        claims=("chat.messages.unknown_role", "chat.messages.missing_role"),
        body=in_body(any_role),
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
        body=in_body(some_text),
    ),
    ChatDefect(
        "breaks_on_system_parts",
        "A system message whose content is an array of parts is answered with status 500.",
        claims=("chat.messages.parts",),
        reports=("D262",),
        body=broken_by_system_parts,
    ),
    ChatDefect(
        "demands_short_call_ids",
        "A tool message is refused unless its tool_call_id is nine letters or digits, as one vendor's ids are.",
        claims=("chat.messages.tool_result",),
        reports=("D273",),
        body=with_short_ids,
    ),
)
