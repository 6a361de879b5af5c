"""Messages that are lost, rewritten or let in unchecked on the way to the model."""

import json
from collections.abc import Callable
from dataclasses import replace

from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.messages import ROLES
from conformance.mock.surfaces.chat.request import ChatRequest

INSTRUCTING = ("system", "developer")
GREETING = [{"role": "user", "content": "Hello"}]

Rewrite = Callable[[Json], Json]


def without_role(role: str) -> Callable[[ChatRequest], ChatRequest]:
    """Requests without the messages of a role, where others are left."""

    def request_without(request: ChatRequest) -> ChatRequest:
        kept = tuple(message for message in request.messages if message["role"] != role)
        return replace(request, messages=kept or request.messages)

    return request_without


def last_alone(request: ChatRequest) -> ChatRequest:
    """The request with its instructions and its last message only."""
    *earlier, last = request.messages
    return replace(request, messages=(*(each for each in earlier if each["role"] in INSTRUCTING), last))


def rewritten(rewrite: Rewrite) -> Callable[[ChatRequest], ChatRequest]:
    """Requests with every message rewritten, after they were checked."""
    return lambda request: replace(request, messages=tuple(map(rewrite, request.messages)))


def in_body(rewrite: Rewrite) -> Callable[[Json], Json]:
    """Bodies with every message rewritten before it is checked."""

    def body_with(body: Json) -> Json:
        messages = body.get("messages")
        if not isinstance(messages, list):
            return body
        return {**body, "messages": [rewrite(each) if isinstance(each, dict) else each for each in messages]}

    return body_with


def as_program_text(message: Json) -> Json:
    """A message whose text parts are one text: the parts as a program writes them."""
    content = message.get("content")
    texts = isinstance(content, list) and all(part["type"] == "text" for part in content)
    return {**message, "content": str(content)} if texts else message


def blank_if_parts(message: Json) -> Json:
    """An assistant message whose parts are lost."""
    lost = message["role"] == "assistant" and isinstance(message.get("content"), list)
    return {**message, "content": ""} if lost else message


def without_result(message: Json) -> Json:
    """A tool message without what it says."""
    return {**message, "content": ""} if message["role"] == "tool" else message


def content_demanded(request: ChatRequest) -> ChatRequest:
    """The request, refused where a message has no content key."""
    for place, message in enumerate(request.messages):
        if "content" not in message:
            raise ApiError("Field required: content.", param=f"messages[{place}].content", code="missing", status=422)
    return request


def with_id(body: Json) -> Json:
    """The body with the id of the call before it in each tool message that has none."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not all(isinstance(each, dict) for each in messages):
        return body
    calls = [call["id"] for each in messages for call in each.get("tool_calls") or ()]
    named = [{"tool_call_id": calls[-1], **each} if calls and each.get("role") == "tool" else each for each in messages]
    return {**body, "messages": named}


def any_messages(body: Json) -> Json:
    """The body with a greeting in place of messages that are missing, empty or no list."""
    given = body.get("messages")
    return body if isinstance(given, list) and given else {**body, "messages": GREETING}


def any_content(message: Json) -> Json:
    """A message whose content is text, whatever it was."""
    content = message.get("content")
    return message if content is None or isinstance(content, str | list) else {**message, "content": str(content)}


def any_role(message: Json) -> Json:
    """A message of the user where the role is not known."""
    return message if message.get("role") in ROLES else {**message, "role": "user"}


def parsed_content(message: Json) -> Json:
    """A message whose text is read as parts where it is a JSON array."""
    try:
        parts = json.loads(message.get("content") or "")
    except (TypeError, ValueError):
        return message
    return {**message, "content": parts} if isinstance(parts, list) else message


def empty_breaks(body: Json) -> Json:
    """The body, unless it has no messages: that breaks the server."""
    if body.get("messages") == []:
        raise ApiError("list index out of range", status=500, type="server_error")
    return body


DEFECTS = (
    ChatDefect(
        "drops_system_messages",
        "system messages never reach the model.",
        claims=("chat.messages.system",),
        request=without_role("system"),
    ),
    ChatDefect(
        "drops_developer_messages",
        "developer messages never reach the model.",
        claims=("chat.messages.developer",),
        reports=("D314",),
        request=without_role("developer"),
    ),
    ChatDefect(
        "forgets_history",
        "Beside instructions only the last message reaches the model.",
        claims=("chat.messages.history", "chat.messages.consecutive"),
        request=last_alone,
    ),
    ChatDefect(
        "writes_parts_as_program_text",
        "An array of text parts reaches the model as a program writes it, brackets and keys included.",
        claims=("chat.messages.parts_tokens",),
        reports=("D044",),
        request=rewritten(as_program_text),
    ),
    ChatDefect(
        "blanks_assistant_parts",
        "Content of assistant messages that is an array is lost.",
        claims=("chat.messages.parts", "chat.messages.parts_tokens"),
        reports=("D042",),
        request=rewritten(blank_if_parts),
    ),
    ChatDefect(
        "forgets_tool_results",
        "The content of tool messages is lost.",
        claims=("chat.messages.tool_result",),
        request=rewritten(without_result),
    ),
    ChatDefect(
        "demands_content_beside_calls",
        "An assistant message with tool calls and without the key content is refused.",
        claims=("chat.messages.tool_calls_alone",),
        reports=("D038",),
        request=content_demanded,
    ),
    ChatDefect(
        "accepts_tool_messages_without_id",
        "A tool message without tool_call_id is taken as the result of the last call.",
        claims=("chat.messages.tool_without_id",),
        body=with_id,
    ),
    ChatDefect(
        "accepts_any_messages",
        "Messages that are missing, empty or no list, and content that is no text, are taken as some text.",
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
        "An empty list of messages is a fault of the server.",
        claims=("chat.messages.empty", "chat.error.refused"),
        reports=("D258",),
        body=empty_breaks,
    ),
    ChatDefect(
        "accepts_any_role",
        "A role that nobody knows, or none, is taken as user.",
        claims=("chat.messages.unknown_role", "chat.messages.missing_role"),
        body=in_body(any_role),
    ),
    ChatDefect(
        "parses_text_as_parts",
        "Text that is a JSON array is read as content parts.",
        claims=("chat.messages.json_looking_content",),
        reports=("D048",),
        body=in_body(parsed_content),
    ),
)
