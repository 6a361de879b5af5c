"""The tools that tests of any surface declare, and what a call of one shows."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from conformance.base.observation import Observation, honoured, mishandled, unanswered
from conformance.base.validation import problem
from conformance.suite.structured import parsed
from conformance.surfaces.prompt import Tool
from conformance.surfaces.reply import Call, Reply


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

# How models write a call before a server parses it: Hermes, Qwen and Llama use <tool_call> or <function=...> (some with a pipe or
# spaces behind the bracket), Mistral [TOOL_CALLS], others a JSON object with a "name".
_MARKUP = re.compile(r"""<\W*(tool|function)|\[TOOL_CALLS?\]|"name"\s*:""", re.IGNORECASE)


def called(reply: Reply) -> list[str]:
    """Return the names of the tools that the answer calls."""
    return [call.name for call in reply.made]


def given(call: Call) -> dict[str, Any] | None:
    """Return the arguments of a call; None unless they are a JSON object."""
    value = None if call.arguments is None else parsed(call.arguments)
    return value if isinstance(value, dict) else None


def call_of(tool: Tool, name: str, **arguments: Any) -> Call:
    """Return a call of a tool that the suite made up, with an id that ends with `name`."""
    return Call(tool.name, json.dumps(arguments, ensure_ascii=False), f"call_conformance{name}")


def arguments(reply: Reply, tool: Tool) -> Observation:
    """Observe whether the arguments of the first call are JSON that fits the tool's schema."""
    call = reply.made[0]
    if call.arguments is None:
        return mishandled(
            f"the call of {call.name!r} must have arguments as the API sends them, got none", enforced=True
        )
    value = given(call)
    wrong = problem(value, dict(tool.schema) if tool.schema is not None else {"type": "object"})
    if wrong and reply.cut:
        return unanswered("the answer was cut")
    if value is None:
        return mishandled(f"arguments must be a JSON object, got {call.arguments[:80]!r}")
    if wrong:
        return mishandled(f"arguments {call.arguments[:80]!r} must fit the tool's schema: {wrong}")
    return honoured(f"arguments {call.arguments[:80]!r} fit the tool's schema")


def repeated_call(reply: Reply) -> str | None:
    """Return the name of a tool that an answer calls twice with the same arguments; None if there is none."""
    calls = Counter((call.name, call.arguments) for call in reply.made)
    return next((name for (name, _), count in calls.items() if count > 1), None)


def markup(reply: Reply) -> str | None:
    """Return the text next to calls if it has one of them as markup, as models write it; None if it does not."""
    has_call = _MARKUP.search(reply.text) and any(name in reply.text for name in called(reply))
    return reply.text if has_call else None
