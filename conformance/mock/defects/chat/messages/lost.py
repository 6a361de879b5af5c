"""Defects that lose or change messages on their way to the model."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace

from conformance.mock.defects.chat.building.messages import change_body_messages, change_checked_messages, change_parts
from conformance.mock.defects.defect import Json
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.messages import PARTS
from conformance.mock.surfaces.chat.request import ChatRequest

INSTRUCTION_ROLES = ("system", "developer")


def without_role(role: str) -> Callable[[ChatRequest], ChatRequest]:
    """Return a mutation that removes the messages of a role, unless none would be left."""

    def request_without(request: ChatRequest) -> ChatRequest:
        kept = tuple(message for message in request.messages if message["role"] != role)
        return replace(request, messages=kept or request.messages)

    return request_without


def with_last_message_only(request: ChatRequest) -> ChatRequest:
    """Return the request with only its instructions and its last message."""
    *earlier, last = request.messages
    return replace(request, messages=(*(message for message in earlier if message["role"] in INSTRUCTION_ROLES), last))


def with_printed_parts(message: Json) -> Json:
    """Return a message with its text parts printed as one text, as Python prints a list."""
    content = message.get("content")
    texts = isinstance(content, list) and all(part["type"] == "text" for part in content)
    return {**message, "content": str(content)} if texts else message


def without_assistant_parts(message: Json) -> Json:
    """Return an assistant message with empty content if it was an array."""
    lost = message["role"] == "assistant" and isinstance(message.get("content"), list)
    return {**message, "content": ""} if lost else message


def with_last_part(message: Json) -> Json:
    """Return a message of the system or the assistant with the last of its parts."""
    content = message.get("content")
    several = message["role"] in ("system", "assistant") and isinstance(content, list)
    return {**message, "content": content[-1:]} if several and isinstance(content, list) else message


def without_result(message: Json) -> Json:
    """Return a tool message with empty content."""
    return {**message, "content": ""} if message["role"] == "tool" else message


def with_parsed_content(message: Json) -> Json:
    """Return a message with text that is a JSON array parsed into parts."""
    try:
        parts = json.loads(message.get("content") or "")
    except (TypeError, ValueError):
        return message
    return {**message, "content": parts} if isinstance(parts, list) else message


def known_parts(part: Json) -> Iterable[Json]:
    """Return a part of a known type, and nothing for others."""
    return (part,) if part.get("type") in PARTS else ()


DEFECTS = (
    ChatDefect(
        "drops_system_messages",
        "system messages never reach the model.",
        claims=("chat.messages.system", "chat.messages.developer_and_system"),
        request=without_role("system"),
    ),
    ChatDefect(
        "drops_developer_messages",
        "developer messages never reach the model.",
        claims=("chat.messages.developer", "chat.messages.developer_and_system"),
        reports=("D314",),
        request=without_role("developer"),
    ),
    ChatDefect(
        "forgets_history",
        "Only the instructions and the last message reach the model.",
        claims=("chat.messages.history", "chat.messages.consecutive", "chat.messages.tool_image"),
        request=with_last_message_only,
    ),
    ChatDefect(
        "writes_parts_as_program_text",
        "An array of text parts reaches the model printed as a Python list, brackets and keys included.",
        claims=("chat.messages.parts_tokens",),
        reports=("D044",),
        request=change_checked_messages(with_printed_parts),
    ),
    ChatDefect(
        "blanks_assistant_parts",
        "The content of an assistant message is lost when it is an array.",
        claims=("chat.messages.parts", "chat.messages.parts_tokens"),
        reports=("D042",),
        request=change_checked_messages(without_assistant_parts),
    ),
    ChatDefect(
        "reads_last_part_of_instructions_and_answers",
        "Of several parts in a message of the system or the assistant only the last reaches the model.",
        claims=("chat.messages.parts", "chat.messages.parts_tokens"),
        request=change_checked_messages(with_last_part),
    ),
    ChatDefect(
        "forgets_tool_results",
        "The content of tool messages is lost.",
        claims=("chat.messages.tool_result", "chat.messages.tool_image"),
        request=change_checked_messages(without_result),
    ),
    ChatDefect(
        "parses_text_as_parts",
        "Text that is a JSON array is parsed into content parts.",
        claims=("chat.messages.json_looking_content",),
        reports=("D048",),
        body=change_body_messages(with_parsed_content),
    ),
    ChatDefect(
        "drops_unknown_parts",
        "Content parts of an unknown type are dropped without an error.",
        claims=("chat.messages.unknown_part",),
        body=change_body_messages(change_parts(known_parts)),
    ),
)
