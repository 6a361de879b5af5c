"""Defects that drop, shorten or confuse messages of longer conversations."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.mock.defects.chat.building.messages import change_checked_messages, change_texts
from conformance.mock.defects.defect import Json
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

LAST = 8  # messages that are left of a history
LETTERS = 300  # that are left of a result
PROMPT = 4_000  # letters that are left of a prompt


def with_last_system_message(request: ChatRequest) -> ChatRequest:
    """Return the request with only the last of its system messages."""
    systems = [message for message in request.messages if message["role"] == "system"]
    dropped = [id(message) for message in systems[:-1]]
    return replace(request, messages=tuple(message for message in request.messages if id(message) not in dropped))


def without_later_system_messages(request: ChatRequest) -> ChatRequest:
    """Return the request without system messages behind messages of other roles."""
    others = [place for place, message in enumerate(request.messages) if message["role"] not in ("system", "developer")]
    kept = (
        message for place, message in enumerate(request.messages) if message["role"] != "system" or place < others[0]
    )
    return replace(request, messages=tuple(kept))


def without_system_next_to_developer(request: ChatRequest) -> ChatRequest:
    """Return the request without system messages if it has a developer message."""
    if all(message["role"] != "developer" for message in request.messages):
        return request
    return replace(request, messages=tuple(message for message in request.messages if message["role"] != "system"))


def with_one_part(place: int) -> Callable[[Json], Json]:
    """Return a change that leaves one text part of a message."""

    def message_with(message: Json) -> Json:
        content = message.get("content")
        texts = isinstance(content, list) and all(part["type"] == "text" for part in content)
        return {**message, "content": [content[place]]} if texts else message  # type: ignore[index]

    return message_with


def without_named(request: ChatRequest) -> ChatRequest:
    """Return the request without messages that have a name."""
    return replace(request, messages=tuple(message for message in request.messages if "name" not in message))


def without_text_beside_calls(message: Json) -> Json:
    """Return a message without the text next to its calls."""
    return {**message, "content": ""} if message.get("tool_calls") else message


def without_result_parts(message: Json) -> Json:
    """Return a tool message with empty content if it was an array."""
    return {**message, "content": ""} if message["role"] == "tool" and isinstance(message["content"], list) else message


def with_last_messages(request: ChatRequest) -> ChatRequest:
    """Return the request with its last messages only."""
    return replace(request, messages=request.messages[-LAST:])


def with_results_in_place(request: ChatRequest) -> ChatRequest:
    """Return the request with the results of a message's calls named in the order of the calls."""
    messages: list[Json] = []
    names: list[Any] = []
    for message in request.messages:
        calls = message.get("tool_calls") or ()
        names = [call["id"] for call in calls] or names
        matched = message["role"] == "tool" and names
        messages.append({**message, "tool_call_id": names.pop(0)} if matched else message)
    return replace(request, messages=tuple(messages))


def shortened(letters: int, *roles: str) -> Callable[[ChatRequest], ChatRequest]:
    """Return a mutation that cuts the texts of these roles."""
    return change_texts(lambda text: text[:letters], *roles)


def middle_cut(text: str) -> str:
    """Return a long text with its middle replaced by dots."""
    return text if len(text) <= PROMPT else f"{text[: PROMPT // 2]} ... {text[-PROMPT // 2 :]}"


PARTS = ("chat.messages.parts", "chat.messages.parts_tokens")

DEFECTS = (
    ChatDefect(
        "keeps_last_system_message",
        "Of several system messages only the last one reaches the model.",
        claims=("chat.messages.several_system",),
        reports=("E010",),
        request=with_last_system_message,
    ),
    ChatDefect(
        "drops_later_system_messages",
        "A system message after the first turn never reaches the model.",
        claims=("chat.messages.system_later",),
        request=without_later_system_messages,
    ),
    ChatDefect(
        "drops_system_next_to_developer",
        "A system message never reaches the model if there is a developer message.",
        claims=("chat.messages.developer_and_system",),
        request=without_system_next_to_developer,
    ),
    ChatDefect(
        "reads_first_part_only",
        "Of several text parts only the first one reaches the model.",
        claims=("chat.messages.several_parts", "chat.messages.tool_parts", *PARTS),
        request=change_checked_messages(with_one_part(0)),
    ),
    ChatDefect(
        "reads_last_part_only",
        "Of several text parts only the last one reaches the model.",
        claims=("chat.messages.several_parts", "chat.messages.tool_parts", *PARTS),
        request=change_checked_messages(with_one_part(-1)),
    ),
    ChatDefect(
        "drops_messages_with_names",
        "A message with a name never reaches the model.",
        claims=("chat.messages.name",),
        request=without_named,
    ),
    ChatDefect(
        "drops_text_beside_calls",
        "The text of an assistant message with tool calls never reaches the model.",
        claims=("chat.messages.text_beside_calls",),
        request=change_checked_messages(without_text_beside_calls),
    ),
    ChatDefect(
        "drops_parts_of_results",
        "The content of a tool message is lost when it is an array.",
        claims=("chat.messages.tool_parts", "chat.messages.tool_image"),
        request=change_checked_messages(without_result_parts),
    ),
    ChatDefect(
        "cuts_history_with_tools",
        "With tools only the last eight messages reach the model.",
        claims=("chat.messages.long_history",),
        reports=("E041",),
        parameter="tools",
        request=with_last_messages,
    ),
    ChatDefect(
        "cuts_results",
        "Of each tool result only 300 letters reach the model.",
        claims=("chat.messages.long_tool_result", "chat.reply.usage_bounds"),
        reports=("E041",),
        request=shortened(LETTERS, "tool"),
    ),
    ChatDefect(
        "cuts_instructions",
        "Of each system message only 300 letters reach the model.",
        claims=("chat.messages.long_system",),
        request=shortened(LETTERS, "system"),
    ),
    ChatDefect(
        "cuts_long_prompts",
        "The end of a user message that is longer than 4,000 letters never reaches the model.",
        claims=("chat.messages.long_prompt",),
        kinds=("chat", "claude", "gemini"),
        request=shortened(PROMPT, "user"),
    ),
    ChatDefect(
        "cuts_prompts_in_the_middle",
        "The middle of a user message that is longer than 4,000 letters never reaches the model.",
        claims=("chat.messages.long_prompt",),
        kinds=("chat", "claude", "gemini"),
        request=change_texts(middle_cut, "user"),
    ),
    ChatDefect(
        "matches_results_by_position",
        "The results of several calls are matched with the calls by their order, whatever their tool_call_id.",
        claims=("chat.messages.results_order",),
        request=with_results_in_place,
    ),
)
