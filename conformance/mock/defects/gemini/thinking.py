"""Defects of thinking."""

from dataclasses import replace

from conformance.mock.defects.gemini.building import (
    checked_by,
    is_short,
    of_parts,
    plainly,
    refuse,
)
from conformance.mock.surfaces.gemini.defect import GeminiDefect
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
)
