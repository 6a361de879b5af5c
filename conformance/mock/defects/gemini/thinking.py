"""Defects of thinking."""

from dataclasses import replace

from conformance.mock.defects.defect import Json
from conformance.mock.defects.gemini.building import (
    checked_by,
    is_short,
    of_config,
    of_parts,
    plainly,
    refuse,
    without,
)
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.request import GeminiRequest
from conformance.mock.surfaces.gemini.settings import (
    LEVELS,
    OneOf,
    thinking,
)


def little_thinking(path: str, value: dict[str, object]) -> object:
    """Return a setting of thinking; refuse one with a level or with a budget other than 0."""
    if "thinkingLevel" in value or value.get("thinkingBudget", 0) != 0:
        refuse(path, value)
    return thinking(LEVELS)(path, value)


def thinking_of(request: GeminiRequest) -> Json:
    """Return what a request says about thinking."""
    said: Json = request.body.get("generationConfig", {}).get("thinkingConfig", {})
    return said


def level_only(config: Json) -> Json:
    """Return settings without a budget where there is a level."""
    said = config.get("thinkingConfig")
    if not isinstance(said, dict) or "thinkingLevel" not in said:
        return config
    return {**config, "thinkingConfig": without(said, "thinkingBudget")}


def off_if_shown(request: GeminiRequest) -> GeminiRequest:
    """Return a request that does not think where thoughts are to be shown and nothing else is said."""
    alone = request.include_thoughts and set(thinking_of(request)) == {"includeThoughts"}
    return replace(request, effort=None) if alone else request


def off_if_dynamic(request: GeminiRequest) -> GeminiRequest:
    """Return a request that does not think where the budget is left to the model."""
    return replace(request, effort=None) if thinking_of(request).get("thinkingBudget") == -1 else request


DEFECTS = (
    GeminiDefect(
        "gemini_refuses_thinking",
        "No level and no budget above 0 is taken.",
        ("gemini.thinking.level_values", "gemini.thinking.budget", "gemini.thinking.budget_dynamic"),
        profile=checked_by(thinkingConfig=little_thinking),
    ),
    GeminiDefect(
        "gemini_takes_more_levels",
        "The level XHIGH is taken.",
        ("gemini.thinking.level_xhigh",),
        kinds=("gemini-3",),
        profile=checked_by(thinkingConfig=thinking((*LEVELS, "XHIGH"))),
    ),
    GeminiDefect(
        "gemini_refuses_small_letters",
        "Levels in small letters are refused.",
        ("gemini.thinking.lower_case",),
        kinds=("gemini-3",),
        profile=checked_by(
            thinkingConfig=lambda path, value: (
                OneOf(LEVELS)(path, value.get("thinkingLevel", "LOW")) and thinking(LEVELS)(path, value)
            )
        ),
    ),
    GeminiDefect(
        "gemini_always_thinks",
        "A budget of 0 does not keep a model from thinking.",
        ("gemini.thinking.budget_zero",),
        reports=("N150",),
        request=lambda request: replace(request, effort=request.effort or "low"),
    ),
    GeminiDefect(
        "gemini_hides_thoughts",
        "With includeThoughts no thoughts come.",
        ("gemini.thinking.include", "gemini.thinking.include_stream"),
        reports=("N141",),
        request=lambda request: replace(request, include_thoughts=False),
    ),
    GeminiDefect(
        "gemini_shows_thoughts_unasked",
        "Thoughts come though nobody asked for them.",
        ("gemini.thinking.not_included",),
        whole=plainly(of_parts(lambda parts: [{"text": "Let me see.", "thought": True}, *parts]), is_short),
    ),
    GeminiDefect(
        "gemini_takes_budget_and_level",
        "A budget next to a level is dropped.",
        ("gemini.thinking.both",),
        kinds=("gemini-3",),
        body=of_config(level_only),
    ),
    GeminiDefect(
        "gemini_stops_thinking_to_show_thoughts",
        "With includeThoughts alone the model does not think.",
        ("gemini.thinking.include", "gemini.thinking.include_stream"),
        reports=("N151",),
        request=off_if_shown,
    ),
    GeminiDefect(
        "gemini_takes_dynamic_for_off",
        "With the budget -1, which leaves it to the model, the model does not think.",
        ("gemini.thinking.budget_dynamic",),
        reports=("N150",),
        request=off_if_dynamic,
    ),
    GeminiDefect(
        "gemini_drops_levels",
        "The level of thinking is dropped.",
        ("gemini.thinking.level_effect",),
        kinds=("gemini-3",),
        reports=("N152",),
        request=lambda request: replace(request, effort="low") if "thinkingLevel" in thinking_of(request) else request,
    ),
)
