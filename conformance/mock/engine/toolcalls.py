"""Decide whether an answer calls tools, which ones, and with which arguments."""

import json
import re
from typing import Any

from conformance.mock.engine.instances import instance
from conformance.mock.engine.request import Request

# "use a tool", "call the function", within one sentence; and the same with a negation before it.
CALL_A_TOOL = re.compile(r"\b(?:use|call|invoke)\b[^.?!]*\b(?:tools?|functions?)\b", re.IGNORECASE)
NOT_A_TOOL = re.compile(r"\b(?:do not|don't|without|never)\b[^.?!]*\b(?:tools?|functions?)\b", re.IGNORECASE)
# Words of function names that also occur in prompts about something else: "find" in find_city does not ask for that tool.
GENERIC_WORDS = frozenset(
    {"call", "data", "find", "function", "info", "make", "test", "tool", "with", "this", "that", "your"}
)

Tool = dict[str, Any]


def chosen_tools(request: Request) -> tuple[Tool, ...]:
    """Return the declared functions that the answer calls."""
    if not request.tools or request.tool_choice == "none":
        return ()
    if isinstance(request.tool_choice, dict):
        named = request.tool_choice["name"]
        return tuple(tool for tool in request.tools if tool["name"] == named)[:1]
    if request.tool_choice == "auto" and request.messages[-1]["role"] in ("tool", "function"):
        return ()
    requested = requested_tools(request.prompt, request.tools)
    if not requested and request.tool_choice == "required":
        requested = request.tools[:1]
    return requested if request.parallel_tool_calls else requested[:1]


def requested_tools(prompt: str, tools: tuple[Tool, ...]) -> tuple[Tool, ...]:
    """Return the tools that a prompt asks for: by name, else by a word of the name, else the first if it asks for any tool."""
    if NOT_A_TOOL.search(prompt):
        return ()
    named = tuple(tool for tool in tools if re.search(rf"(?<![\w-]){re.escape(tool['name'])}(?![\w-])", prompt))
    if named:
        return named
    words = set(re.findall(r"[a-z]{4,}", prompt.lower()))
    related = tuple(tool for tool in tools if distinctive_words(tool["name"]) & words)
    return related or (tools[:1] if CALL_A_TOOL.search(prompt) else ())


def distinctive_words(name: str) -> set[str]:
    """Return the words of a function's name of at least four letters that tell what it is for."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]{3,}", name) if len(word) > 3} - GENERIC_WORDS


def arguments(tool: Tool, prompt: str) -> str:
    """Return arguments as JSON text that validates against the parameters of a tool."""
    schema = tool.get("parameters") or {}
    return as_text(instance(schema, {"type": "object"} | schema, prompt, "tools", "invalid_function_parameters"))


def as_text(value: Any) -> str:
    """Return compact JSON text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
