"""The examples of the documentation: requests of the same form, each with the model replaced.

What the page shows as a part of a request has a cap, and a question of ours where it shows none.
"""

from typing import Any

from conformance.base.observation import Observation, honoured
from conformance.http.exchange import Request
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.surfaces.chat.request import ChatCase

CAP = 64
CONVERSATION: list[dict[str, Any]] = [
    {"role": "developer", "content": "You answer in one short sentence."},
    {"role": "user", "content": "What is Rust?"},
    {"role": "assistant", "content": "Rust is a compiled programming language..."},
    {"role": "user", "content": "Name one of its strengths."},
]
STRUCTURED: dict[str, Any] = {
    "type": "json_schema",
    "json_schema": {
        "name": "result",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"answer": {"type": "string"}, "confidence": {"type": "number"}},
            "required": ["answer", "confidence"],
            "additionalProperties": False,
        },
    },
}
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather of a city",
        "parameters": {
            "type": "object",
            "properties": {"location": {"type": "string", "description": "City name"}},
            "required": ["location"],
        },
    },
}


def _example(case: ChatCase, name: str) -> Request:
    """Return an example of the documentation."""
    if name == "conversation":
        return case.request(messages=CONVERSATION, budget=CAP)
    if name == "structured":
        return case.request("What is 2 + 2?", budget=CAP, response_format=STRUCTURED)
    if name == "tool":
        return case.request("What is the weather in Paris?", budget=CAP, tools=[TOOL], tool_choice="auto")
    return case.uncapped("Write one sentence about APIs.")


@claim("chat.example.answered")
async def test_answered(case: ChatCase, ask: Ask) -> Observation:
    """The example is answered."""
    reply = await ask(_example(case, case.value))
    return honoured(f"answered with {reply.end_as_sent}") if reply.ok else reply.refusal()
