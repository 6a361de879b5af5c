"""The choices of an answer, each read by itself: its text, its calls, its entries of log probabilities."""

from __future__ import annotations

from typing import Any

from conformance.surfaces.chat.reply import ChatReply

Choice = dict[str, Any]


def message_of(choice: Choice) -> dict[str, Any]:
    """Return the message of a choice; empty where there is none."""
    message = choice.get("message")
    return message if isinstance(message, dict) else {}


def text_of(choice: Choice) -> str:
    """Return the text of a choice; parts are joined."""
    content = message_of(choice).get("content")
    if isinstance(content, list):
        return "".join(part["text"] for part in dicts(content) if isinstance(part.get("text"), str))
    return content if isinstance(content, str) else ""


def calls_of(choice: Choice) -> list[dict[str, Any]]:
    """Return the tool calls of a choice."""
    return dicts(message_of(choice).get("tool_calls"))


def probabilities_of(choice: Choice) -> list[dict[str, Any]]:
    """Return the entries of a choice's log probabilities; none where there are none."""
    found = choice.get("logprobs")
    return dicts(found.get("content")) if isinstance(found, dict) else []


def is_cut(choice: Choice) -> bool:
    """Return whether a choice ended for another reason than the model being done with it."""
    return choice.get("finish_reason") in ("length", "content_filter", "error") or bool(
        message_of(choice).get("refusal")
    )


def number_asked(reply: ChatReply) -> int:
    """Return how many choices the request asks for."""
    number = reply.request_body.get("n")
    return number if isinstance(number, int) and not isinstance(number, bool) and number > 0 else 1


def declared_tools(reply: ChatReply) -> dict[str, dict[str, Any]]:
    """Return the functions that the request declares, by name."""
    functions = (tool.get("function") for tool in dicts(reply.request_body.get("tools")))
    return {str(each.get("name")): each for each in functions if isinstance(each, dict)}


def place(reply: ChatReply, number: int) -> str:
    """Return how a sentence names one of the choices; nothing where there is only one."""
    return f" in choice {number}" if len(reply.choices) > 1 else ""


def dicts(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; none where it is no list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
