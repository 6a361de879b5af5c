"""Defects of caps."""

from dataclasses import replace

from conformance.mock.defects.gemini.building import checked_by
from conformance.mock.engine.answer import Choice
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.request import GeminiRequest
from conformance.mock.surfaces.gemini.settings import (
    Number,
)


def long_cap(path: str, value: object) -> int | None:
    """Return a cap; none for one that is not positive, and ten for a text."""
    return 10 if isinstance(value, str) else Number(whole=True)(path, value) if value != 0 and value != -1 else None


def without_cap(request: GeminiRequest) -> GeminiRequest:
    """Return a request whose cap is forgotten."""
    return replace(request, cap=None)


def as_whole(request: GeminiRequest, choice: Choice) -> Choice:
    """Return an answer that was cut as one that ended by itself."""
    return replace(choice, finish_reason="stop") if choice.finish_reason == "length" else choice


def with_parts(request: GeminiRequest, choice: Choice) -> Choice:
    """Fail on an answer without parts."""
    if choice.finish_reason == "length" and not choice.tokens:
        raise ApiError("Cannot read parts of undefined.", status=500)
    return choice


DEFECTS = (
    GeminiDefect(
        "gemini_forgets_caps",
        "No cap is applied.",
        (
            "gemini.max_output_tokens.every_answer",
            "gemini.max_output_tokens.caps",
            "gemini.max_output_tokens.finish_reason",
            "gemini.case.generation_config",
            "gemini.case.max_output_tokens",
        ),
        request=without_cap,
    ),
    GeminiDefect(
        "gemini_takes_any_cap",
        "A cap that is not positive, or no number, is taken.",
        ("gemini.max_output_tokens.zero", "gemini.max_output_tokens.negative", "gemini.max_output_tokens.wrong_type"),
        profile=checked_by(maxOutputTokens=long_cap),
    ),
    GeminiDefect(
        "gemini_ends_cut_answers_with_stop",
        "An answer that was cut at its cap ends with STOP.",
        ("gemini.max_output_tokens.finish_reason", "gemini.max_output_tokens.all_thought"),
        choice=as_whole,
    ),
    GeminiDefect(
        "gemini_fails_on_thoughts_alone",
        "An answer whose cap was used up by thoughts makes the server fail.",
        (
            "gemini.max_output_tokens.all_thought",
            "gemini.max_output_tokens.caps",
            "gemini.case.generation_config",
            "gemini.case.max_output_tokens",
        ),
        reports=("N174",),
        choice=with_parts,
    ),
)
