"""Whether an answer calls tools, which ones, and with what arguments."""

import json
import re
from typing import Any

from conformance.mock.engine.instances import instance
from conformance.mock.engine.request import Request

CALL_A_TOOL = re.compile(r"\b(?:use|call|invoke)\b[^.?!]*\b(?:tools?|functions?)\b", re.IGNORECASE)
NOT_A_TOOL = re.compile(r"\b(?:do not|don't|without|never)\b[^.?!]*\b(?:tools?|functions?)\b", re.IGNORECASE)
UNCLEAR = frozenset(
    {"call", "data", "find", "function", "info", "make", "test", "tool", "with", "this", "that", "your"}
)

Tool = dict[str, Any]


def called(request: Request) -> tuple[Tool, ...]:
    """Return the declared functions that this answer calls."""
    if not request.tools or request.tool_choice == "none":
        return ()
    if isinstance(request.tool_choice, dict):
        named = request.tool_choice["name"]
        return tuple(tool for tool in request.tools if tool["name"] == named)[:1]
    if request.tool_choice == "auto" and request.messages[-1]["role"] in ("tool", "function"):
        return ()
    wanted = asked_for(request.prompt, request.tools)
    if not wanted and request.tool_choice == "required":
        wanted = request.tools[:1]
    return wanted if request.parallel_tool_calls else wanted[:1]


def asked_for(prompt: str, tools: tuple[Tool, ...]) -> tuple[Tool, ...]:
    """Return the tools that a prompt asks for: by name, else by a word of the name, else the first if it says to use one."""
    if NOT_A_TOOL.search(prompt):
        return ()
    named = tuple(tool for tool in tools if re.search(rf"(?<![\w-]){re.escape(tool['name'])}(?![\w-])", prompt))
    if named:
        return named
    words = set(re.findall(r"[a-z]{4,}", prompt.lower()))
    related = tuple(tool for tool in tools if clear_words(tool["name"]) & words)
    return related or (tools[:1] if CALL_A_TOOL.search(prompt) else ())


def clear_words(name: str) -> set[str]:
    """Return the words of a function's name that say what it is about."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]{3,}", name) if len(word) > 3} - UNCLEAR


def arguments(tool: Tool, prompt: str) -> str:
    """Return JSON text that validates against the tool's parameters."""
    schema = tool.get("parameters") or {}
    return as_text(instance(schema, {"type": "object"} | schema, prompt, "tools", "invalid_function_parameters"))


def as_text(value: Any) -> str:
    """Return JSON in its shortest form."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
