"""Defects of caps."""

from dataclasses import replace

from conformance.mock.defects.gemini.building import checked_by
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


DEFECTS = (
    GeminiDefect(
        "gemini_forgets_caps",
        "No cap is applied.",
        (
            *("gemini.max_output_tokens.caps", "gemini.max_output_tokens.finish_reason"),
            *("gemini.case.generation_config", "gemini.case.max_output_tokens"),
        ),
        request=without_cap,
    ),
    GeminiDefect(
        "gemini_takes_any_cap",
        "A cap that is not positive, or no number, is taken.",
        ("gemini.max_output_tokens.zero", "gemini.max_output_tokens.negative", "gemini.max_output_tokens.wrong_type"),
        profile=checked_by(maxOutputTokens=long_cap),
    ),
)
