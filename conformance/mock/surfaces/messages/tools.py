"""Rules for tools, the choice among them, thinking, the form of the answer and other settings of a request."""

import re
from typing import Any

from conformance.mock.engine.schemas import check_schema, subschemas
from conformance.mock.surfaces.messages.content import TYPE, cache_control
from conformance.mock.surfaces.messages.fields import (
    ByType,
    Fields,
    Integer,
    Items,
    OneOf,
    Pattern,
    accept_any,
    boolean,
    dictionary,
    refused,
    text,
)

Json = dict[str, Any]
NAME = Pattern("[a-zA-Z0-9_-]{1,128}")
EFFORTS = ("low", "medium", "high", "xhigh", "max")
LEAST_BUDGET = 1024  # tokens of thinking, as documented
SERVER_TOOL = re.compile(r"(web_search|web_fetch)_\d{8}")  # those that the gateway's documents name
# Keywords of a schema that the structured answers of this API do not take.
UNSUPPORTED = frozenset({"minItems", "maxItems", "minLength", "maxLength", "minimum", "maximum", "multipleOf"})


def input_schema(path: str, value: Any) -> None:
    """Refuse a schema of arguments that describes no object or is not well-formed."""
    dictionary(path, value)
    if "type" not in value:
        raise refused(f"{path}.type", "Field required")
    OneOf(("object",))(f"{path}.type", value["type"])
    check_schema(path, value, "invalid_schema")


custom_tool = Fields(
    {"name": NAME, "input_schema": input_schema},
    {
        "type": OneOf(("custom",)),
        "description": text,
        "strict": boolean,
        "cache_control": cache_control,
        "defer_loading": boolean,
        "input_examples": Items(dictionary),
        "eager_input_streaming": boolean,
        "allowed_callers": accept_any,
    },
)
server_tool = Fields(
    {"type": text, "name": text},
    {
        "max_uses": Integer(1),
        "allowed_domains": Items(text),
        "blocked_domains": Items(text),
        "user_location": dictionary,
        "cache_control": cache_control,
        "citations": dictionary,
        "max_content_tokens": Integer(1),
    },
)


def is_server_tool(tool: Any) -> bool:
    """Return whether a tool is one that the provider runs."""
    return isinstance(tool, dict) and isinstance(tool.get("type"), str) and bool(SERVER_TOOL.fullmatch(tool["type"]))


def tool(path: str, value: Any) -> None:
    """Check the declaration of one tool."""
    if is_server_tool(value):
        server_tool(path, value)
        return
    custom_tool(path, value)
    if value.get("strict") and value["input_schema"].get("additionalProperties") is not False:
        raise refused(f"{path}.input_schema", "a strict tool needs additionalProperties false")


def tools(path: str, value: Any) -> None:
    """Check all declarations, whose names must differ."""
    Items(tool)(path, value)
    names = [each["name"] for each in value]
    if twice := [name for name in names if names.count(name) > 1]:
        raise refused(path, f"tool names must be unique, got {twice[0]!r} twice")


_ONE: dict[str, Any] = {"disable_parallel_tool_use": boolean}
tool_choice = ByType(
    {
        "auto": Fields(TYPE, _ONE),
        "any": Fields(TYPE, _ONE),
        "tool": Fields({**TYPE, "name": text}, _ONE),
        "none": Fields(TYPE),
    }
)
_SHOWN = {"display": OneOf(("summarized", "omitted"))}
thinking = ByType(
    {
        "enabled": Fields({**TYPE, "budget_tokens": Integer(LEAST_BUDGET)}, _SHOWN),
        "adaptive": Fields(TYPE, _SHOWN),
        "between_tools": Fields(TYPE, _SHOWN),
        "disabled": Fields(TYPE),
    }
)


def schema_of_answer(path: str, value: Any) -> None:
    """Refuse a schema of the answer that is not well-formed, or has a keyword that is not supported."""
    dictionary(path, value)
    check_schema(path, value, "invalid_schema")
    parts: list[Any] = [value]
    while parts:
        part = parts.pop()
        for keyword, inner in part.items() if isinstance(part, dict) else ():
            if keyword in UNSUPPORTED:
                raise refused(path, f"the keyword {keyword} is not supported")
            parts += subschemas(keyword, inner)


output_config = Fields(
    {},
    {
        "effort": OneOf(EFFORTS),
        "format": Fields({"type": OneOf(("json_schema",)), "schema": schema_of_answer}),
    },
)
metadata = Fields({}, {"user_id": text})
