"""Defects of the declarations of tools."""

from dataclasses import replace
from typing import Any

from conformance.mock.defects.chat.building.kinds import OPENAI_KINDS
from conformance.mock.defects.chat.building.schemas import refuse_schemas
from conformance.mock.defects.chat.building.types import has_type, null_refused, type_defects
from conformance.mock.defects.defect import Json
from conformance.mock.engine.classes import KINDS
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.chat.columns import Profile
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.structures import Tools

STREAMED_TOOL_CLAIMS = (
    *(f"chat.tool_choice.{word}" for word in ("named", "none", "required")),
    *(f"chat.tools.{word}" for word in ("called", "arguments", "parallel")),
    *(f"chat.tools.stream_{word}" for word in ("agrees", "repeats", "text")),
    "chat.stream.incremental_with_tools",
)


def refuse_tools(body: Json) -> Json:
    """Return the body; raise ApiError if it has tools."""
    if body["tools"] is None:
        return body
    raise ApiError("Extra inputs are not permitted: tools, tool_choice.", param="tools", code="extra_forbidden")


def refuse_streamed_tools(body: Json) -> Json:
    """Return the body; raise ApiError if it has tools and asks for a stream."""
    if body.get("stream") is True and body["tools"]:
        raise ApiError("Tool calls are not available in streams.", param="stream")
    return body


def with_any_names(profile: Profile) -> Profile:
    """Return the profile with any number of tools of any name allowed."""
    return replace(profile, rules={**profile.rules, "tools": Tools(most=10_000, strict=False)})


def without_unknown_tools(profile: Profile) -> Profile:
    """Return the profile with tools of an unknown type dropped."""
    rule = profile.rules["tools"]

    def known(name: str, value: Any) -> Any:
        if not isinstance(value, list):
            return rule(name, value)
        left = [tool for tool in value if not isinstance(tool, dict) or tool.get("type", "function") == "function"]
        return rule(name, left) if left or not value else None

    return replace(profile, rules={**profile.rules, "tools": known})


def refuse_strict(body: Json) -> Json:
    """Return the body; raise ApiError if a tool of it says whether it is strict."""
    for position, tool in enumerate(body["tools"] if isinstance(body["tools"], list) else ()):
        if isinstance(tool, dict) and "strict" in (tool.get("function") or {}):
            raise ApiError(f"Extra inputs are not permitted: tools.{position}.function.strict", param="tools")
    return body


DEFECTS = (
    ChatDefect(
        "refuses_strict_tools",
        "A tool whose function says strict is refused.",
        claims=("chat.tools.strict",),
        reports=("E039",),
        parameter="tools",
        body=refuse_strict,
    ),
    ChatDefect(
        "drops_empty_tools",
        "An empty list of tools counts as left out.",
        claims=("chat.tools.empty",),
        parameter="tools",
        body=lambda body: {**body, "tools": None} if body["tools"] == [] else body,
    ),
    ChatDefect(
        "refuses_tools",
        "tools is refused as an unexpected input.",
        claims=(
            "chat.example.answered",
            "chat.tools.called",
            "chat.tools.arguments",
            "chat.tools.no_parameters",
            "chat.tools.parallel",
            "chat.tools.stream_repeats",
            "chat.parallel_tool_calls.off",
            "chat.tool_choice.default",
            "chat.tool_choice.none",
            "chat.tool_choice.required",
            "chat.tool_choice.named",
            "chat.tool_choice.allowed_tools",
        ),
        reports=("D092",),
        parameter="tools",
        body=refuse_tools,
    ),
    ChatDefect(
        "refuses_tools_in_streams",
        "tools is refused in a streamed request.",
        claims=STREAMED_TOOL_CLAIMS,
        reports=("D285",),
        parameter="tools",
        body=refuse_streamed_tools,
    ),
    ChatDefect(
        "accepts_any_function_names",
        "Functions may have any name, and there may be any number of them.",
        parameter="tools",
        claims=("chat.tools.bad_name", "chat.tools.too_many"),
        kinds=OPENAI_KINDS,
        profile=with_any_names,
    ),
    ChatDefect(
        "drops_unknown_tools",
        "Tools of an unknown type are dropped without an error.",
        parameter="tools",
        claims=("chat.tools.unknown_type",),
        profile=without_unknown_tools,
    ),
    *type_defects("tools", has_type(list), KINDS),
    null_refused("tools"),
    ChatDefect(
        "refuses_unique_items",
        "Parameters of a tool with uniqueItems are refused.",
        claims=("chat.tools.keywords",),
        reports=("C17",),
        body=refuse_schemas(
            lambda part: part.get("uniqueItems") is True, "Unknown name 'uniqueItems': Cannot find field."
        ),
    ),
)
