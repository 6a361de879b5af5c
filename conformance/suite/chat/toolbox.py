"""The tools that tests declare, and what a call of one shows."""

from __future__ import annotations

from typing import Any

from conformance.base.observation import Observation, honoured, mishandled, unanswered
from conformance.base.validation import problem
from conformance.suite.chat.structured import parsed
from conformance.surfaces.chat.reply import ChatReply

WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the current weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}},
            "required": ["city", "unit"],
            "additionalProperties": False,
        },
    },
}
CLOCK: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_time",
        "description": "Get the current time of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
STATUS: dict[str, Any] = {
    "type": "function",
    "function": {"name": "get_server_status", "description": "Get the status of the server."},
}
MEMO: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "save_memo",
        "description": "Save a text, or read the text that was saved.",
        "parameters": {
            "type": "object",
            "properties": {"note": {"type": "string"}},
            "required": ["note"],
            "additionalProperties": False,
        },
    },
}
QUESTION = "What is the weather in Paris in celsius? Use the tool get_weather."
QUESTION_FOR_BOTH = (
    "What is the weather in Paris in celsius, and what time is it there? "
    "Call the tools get_weather and get_time, both in the same answer."
)
BUDGET = 128  # tokens: a call of one tool takes 20 to 40, and some models write a sentence first


def called(reply: ChatReply) -> list[Any]:
    """Return the names of the functions that the first choice calls."""
    return [function_of(call).get("name") for call in reply.tool_calls]


def arguments(reply: ChatReply, tool: dict[str, Any]) -> Observation:
    """Observe whether the first call's arguments are a string of JSON that fits the tool's schema."""
    text = function_of(reply.tool_calls[0]).get("arguments")
    if not isinstance(text, str):
        return mishandled(f"arguments must be a string, got {type(text).__name__}")
    value = parsed(text)
    if value is None:
        return (
            unanswered("the answer was cut")
            if reply.cut
            else mishandled(f"arguments must be a JSON object, got {text[:80]!r}")
        )
    wrong = problem(value, tool["function"].get("parameters", {"type": "object"}))
    if wrong:
        return mishandled(f"arguments {text[:80]!r} must fit the tool's schema: {wrong}")
    return honoured(f"arguments {text[:80]!r} fit the tool's schema")


def arguments_are_prose(reply: ChatReply) -> bool:
    """Return whether the first call's arguments do not even begin an object, in an answer that was not cut."""
    text = function_of(reply.tool_calls[0]).get("arguments")
    return not reply.cut and not str(text).lstrip().startswith("{")


def function_of(call: dict[str, Any]) -> dict[str, Any]:
    """Return the function of a call or of a fragment of one; empty if there is none."""
    function = call.get("function")
    return function if isinstance(function, dict) else {}
