"""Defects of the way of calling functions: its mode and the names it allows."""

from collections.abc import Callable
from dataclasses import replace

from conformance.mock.defects.defect import Json
from conformance.mock.defects.gemini.building import without
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.request import MODES, GeminiRequest


def chosen(before: str, after: str) -> Callable[[GeminiRequest], GeminiRequest]:
    """Return a change of a request that takes one choice of tools for another."""
    return lambda request: replace(request, tool_choice=after) if request.tool_choice == before else request


def always_calling(request: GeminiRequest) -> GeminiRequest:
    """Return a request that requires a call if it has functions and no way of calling them."""
    return replace(request, tool_choice="required") if request.tools and "toolConfig" not in request.body else request


def of_calling(body: Json, change: Callable[[Json], Json]) -> Json:
    """Return a body with its way of calling functions changed."""
    config = body.get("toolConfig", {}).get("functionCallingConfig")
    return {**body, "toolConfig": {"functionCallingConfig": change(config)}} if config else body


def with_known_mode(config: Json) -> Json:
    """Return a way of calling with the mode AUTO in place of an unknown one."""
    return {**config, "mode": config["mode"] if config.get("mode") in MODES else "AUTO"}


def known_before(config: Json) -> Json:
    """Refuse the mode VALIDATED, which is newer than the others."""
    if config.get("mode") == "VALIDATED":
        raise ApiError("Invalid value at 'tool_config.function_calling_config.mode'.", param="tool_config")
    return config


DEFECTS = (
    GeminiDefect(
        "gemini_ignores_mode_any",
        "The mode ANY is AUTO.",
        ("gemini.tools.mode_any",),
        request=chosen("required", "auto"),
    ),
    GeminiDefect(
        "gemini_ignores_mode_none",
        "The mode NONE is AUTO.",
        ("gemini.tools.mode_none",),
        request=chosen("none", "auto"),
    ),
    GeminiDefect(
        "gemini_always_calls",
        "Without a mode a function is always called.",
        ("gemini.tools.mode_auto",),
        request=always_calling,
    ),
    GeminiDefect(
        "gemini_ignores_allowed_names",
        "Any function is called, whatever is allowed.",
        ("gemini.tools.allowed_names",),
        body=lambda body: of_calling(body, lambda config: without(config, "allowedFunctionNames")),
    ),
    GeminiDefect(
        "gemini_takes_any_mode",
        "An unknown mode is AUTO.",
        ("gemini.tools.mode_bogus",),
        body=lambda body: of_calling(body, with_known_mode),
    ),
    GeminiDefect(
        "gemini_ignores_camel_case_in_tool_config",
        "A toolConfig in camel case is dropped.",
        (
            "gemini.tools.mode_any",
            "gemini.tools.mode_none",
            "gemini.tools.mode_bogus",
            "gemini.tools.allowed_names",
            "gemini.tools.never_called",
            "gemini.tools.always_called",
        ),
        reports=("N172",),
        body=lambda body: without(body, "toolConfig"),
    ),
    GeminiDefect(
        "gemini_knows_no_validated_mode",
        "The mode VALIDATED is refused.",
        ("gemini.tools.mode_validated",),
        body=lambda body: of_calling(body, known_before),
    ),
)
