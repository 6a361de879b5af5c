"""The tools that tests of any surface declare, and what a call of one shows."""

from __future__ import annotations

import json
from typing import Any

from conformance.base.observation import Observation, honoured, mishandled, unanswered
from conformance.base.validation import problem
from conformance.http.exchange import parse_json
from conformance.surfaces.dialogue import Tool
from conformance.surfaces.surface import Call, Reply


def _schema(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_TEXT = {"type": "string"}
WEATHER = Tool(
    "get_weather",
    "Get the current weather of a city.",
    _schema(city=_TEXT, unit={"type": "string", "enum": ["celsius", "fahrenheit"]}),
)
CLOCK = Tool("get_time", "Get the current time of a city.", _schema(city=_TEXT))
STATUS = Tool("get_server_status", "Get the status of the server.")
MEMO = Tool("save_memo", "Save a text, or read the text that was saved.", _schema(note=_TEXT))
QUESTION = "What is the weather in Paris in celsius? Use the tool get_weather."
QUESTION_FOR_BOTH = (
    "What is the weather in Paris in celsius, and what time is it there? "
    "Call the tools get_weather and get_time, both in the same answer."
)
BUDGET = 128  # tokens: a call of one tool takes 20 to 40, and some models write a sentence first
ROOM = 192  # tokens: enough for two calls


def called(reply: Reply) -> list[str]:
    """Return the names of the tools that the answer calls."""
    return [call.name for call in reply.made]


def given(call: Call) -> dict[str, Any] | None:
    """Return the arguments of a call; None unless they are a JSON object."""
    value = None if call.arguments is None else parse_json(call.arguments)
    return value if isinstance(value, dict) else None


def call_of(tool: Tool, name: str, **arguments: Any) -> Call:
    """Return a call of a tool that the suite made up, with an id that ends with `name`."""
    return Call(tool.name, json.dumps(arguments, ensure_ascii=False), f"call_conformance{name}")


def arguments(reply: Reply, tool: Tool) -> Observation:
    """Observe whether the arguments of the first call are JSON that fits the tool's schema."""
    call = reply.made[0]
    if call.arguments is None:
        return mishandled(f"the call of {call.name!r} must have arguments as the API sends them, got none")
    value = given(call)
    if value is None:
        if reply.cut:
            return unanswered("the answer was cut")
        return mishandled(f"arguments must be a JSON object, got {call.arguments[:80]!r}")
    wrong = problem(value, dict(tool.schema) if tool.schema is not None else {"type": "object"})
    if wrong:
        return mishandled(f"arguments {call.arguments[:80]!r} must fit the tool's schema: {wrong}")
    return honoured(f"arguments {call.arguments[:80]!r} fit the tool's schema")
