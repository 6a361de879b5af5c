"""Messages that are lost or rewritten on the way to the model."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace

from conformance.mock.defects.chat.building.messages import each_part, in_body, rewritten
from conformance.mock.defects.defect import Json
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.messages import PARTS
from conformance.mock.surfaces.chat.request import ChatRequest

INSTRUCTING = ("system", "developer")


def without_role(role: str) -> Callable[[ChatRequest], ChatRequest]:
    """Leave the messages of a role out of a request, where others are left."""

    def request_without(request: ChatRequest) -> ChatRequest:
        kept = tuple(message for message in request.messages if message["role"] != role)
        return replace(request, messages=kept or request.messages)

    return request_without


def last_alone(request: ChatRequest) -> ChatRequest:
    """Return the request with its instructions and its last message only."""
    *earlier, last = request.messages
    return replace(request, messages=(*(message for message in earlier if message["role"] in INSTRUCTING), last))


def as_program_text(message: Json) -> Json:
    """Return a message whose text parts are one text: the parts as a program writes them."""
    content = message.get("content")
    texts = isinstance(content, list) and all(part["type"] == "text" for part in content)
    return {**message, "content": str(content)} if texts else message


def blank_if_parts(message: Json) -> Json:
    """Return an assistant message whose parts are lost."""
    lost = message["role"] == "assistant" and isinstance(message.get("content"), list)
    return {**message, "content": ""} if lost else message


def without_result(message: Json) -> Json:
    """Return a tool message without what it says."""
    return {**message, "content": ""} if message["role"] == "tool" else message


def parsed_content(message: Json) -> Json:
    """Return a message whose text is read as parts where it is a JSON array."""
    try:
        parts = json.loads(message.get("content") or "")
    except (TypeError, ValueError):
        return message
    return {**message, "content": parts} if isinstance(parts, list) else message


def known_parts(part: Json) -> Iterable[Json]:
    """Return a part if its type is known."""
    return (part,) if part.get("type") in PARTS else ()


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
        "Only the instructions and the last message reach the model.",
        claims=("chat.messages.history", "chat.messages.consecutive"),
        request=last_alone,
    ),
    ChatDefect(
        "writes_parts_as_program_text",
        "An array of text parts reaches the model printed as a Python list, brackets and keys included.",
        claims=("chat.messages.parts_tokens",),
        reports=("D044",),
        request=rewritten(as_program_text),
    ),
    ChatDefect(
        "blanks_assistant_parts",
        "The content of an assistant message is lost when it is an array.",
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
        "parses_text_as_parts",
        "Text that is a JSON array is parsed into content parts.",
        claims=("chat.messages.json_looking_content",),
        reports=("D048",),
        body=in_body(parsed_content),
    ),
    ChatDefect(
        "drops_unknown_parts",
        "Content parts of an unknown type are dropped without an error.",
        claims=("chat.messages.unknown_part",),
        body=in_body(each_part(known_parts)),
    ),
)
