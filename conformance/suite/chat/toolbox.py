"""The tools that probes declare, and what a call of one shows."""

from __future__ import annotations

import json
from typing import Any

from conformance.base.observation import Observation, honoured, mishandled, unanswered
from conformance.base.validation import problem
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
QUESTION = "What is the weather in Paris in celsius? Use the tool get_weather."
BOTH = (
    "What is the weather in Paris in celsius, and what time is it there? "
    "Call the tools get_weather and get_time, both in the same answer."
)
BUDGET = 128


def called(reply: ChatReply) -> list[Any]:
    """The names of the functions that the first choice calls."""
    return [function_of(call).get("name") for call in reply.tool_calls]


def arguments(reply: ChatReply, tool: dict[str, Any]) -> Observation:
    """Whether the first call's arguments are a JSON string that validates against the tool's schema."""
    text = function_of(reply.tool_calls[0]).get("arguments")
    if not isinstance(text, str):
        return mishandled(f"arguments are not a string but {type(text).__name__}")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        return (
            unanswered("the answer was cut")
            if reply.cut
            else mishandled(f"arguments are not JSON: {error}: {text[:80]!r}")
        )
    wrong = problem(value, tool["function"].get("parameters", {"type": "object"}))
    return (
        mishandled(f"arguments {text[:80]} do not validate: {wrong}")
        if wrong
        else honoured(f"arguments {text[:80]} validate")
    )


def is_prose(reply: ChatReply) -> bool:
    """Whether the first call's arguments, of an answer that was not cut, are not even the beginning of an object."""
    given = function_of(reply.tool_calls[0]).get("arguments")
    return not reply.cut and not str(given).lstrip().startswith("{")


def function_of(call: dict[str, Any]) -> dict[str, Any]:
    """The function of a call or of a fragment of one; empty where there is none."""
    function = call.get("function")
    return function if isinstance(function, dict) else {}
