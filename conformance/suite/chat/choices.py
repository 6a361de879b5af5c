"""Read single choices of an answer: text, tool calls, log probabilities."""

from __future__ import annotations

from typing import Any

from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.values import as_dicts

Choice = dict[str, Any]


def message_of(choice: Choice) -> dict[str, Any]:
    """Return the message of a choice; empty if it has none."""
    message = choice.get("message")
    return message if isinstance(message, dict) else {}


def text_of(choice: Choice) -> str:
    """Return the text of a choice, with the parts of its content joined."""
    content = message_of(choice).get("content")
    if isinstance(content, list):
        return "".join(part["text"] for part in as_dicts(content) if isinstance(part.get("text"), str))
    return content if isinstance(content, str) else ""


def calls_of(choice: Choice) -> list[dict[str, Any]]:
    """Return the tool calls of a choice."""
    return as_dicts(message_of(choice).get("tool_calls"))


def has_call(choice: Choice) -> bool:
    """Return whether a choice calls a tool, or a function in the older form."""
    return bool(calls_of(choice)) or isinstance(message_of(choice).get("function_call"), dict)


def probabilities_of(choice: Choice) -> list[dict[str, Any]]:
    """Return the log probabilities of a choice, one entry for each token; empty if it has none."""
    logprobs = choice.get("logprobs")
    return as_dicts(logprobs.get("content")) if isinstance(logprobs, dict) else []


def is_cut(choice: Choice) -> bool:
    """Return whether a choice ended before the model had finished it, or the model declined to answer."""
    return choice.get("finish_reason") in ("length", "content_filter", "error") or bool(
        message_of(choice).get("refusal")
    )


def number_asked(reply: ChatReply) -> int:
    """Return how many choices the request asks for; 1 if its n is missing or not a positive integer."""
    number = reply.request_body.get("n")
    return number if isinstance(number, int) and not isinstance(number, bool) and number > 0 else 1


def declared_tools(reply: ChatReply) -> dict[str, dict[str, Any]]:
    """Return the functions that the request declares, by name."""
    functions = (tool.get("function") for tool in as_dicts(reply.request_body.get("tools")))
    return {str(function.get("name")): function for function in functions if isinstance(function, dict)}


def place(reply: ChatReply, number: int) -> str:
    """Return " in choice N" for a message about one of several choices; empty if the answer has only one."""
    return f" in choice {number}" if len(reply.choices) > 1 else ""
