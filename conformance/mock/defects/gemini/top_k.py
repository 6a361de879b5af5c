"""Defects of topK."""

from conformance.mock.defects.gemini.building import checked_by
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.settings import (
    Number,
)


def whole_only(path: str, value: object) -> int:
    """Return a whole number; refuse one that is written with a point."""
    return int(Number(1, 1000, whole=True)(path, str(value) if isinstance(value, float) else value))


DEFECTS = (
    GeminiDefect(
        "gemini_takes_any_top_k",
        "A negative topK is taken.",
        ("gemini.top_k.negative",),
        profile=checked_by(topK=Number(whole=True)),
    ),
    GeminiDefect(
        "gemini_refuses_top_k_with_a_point",
        "A topK written as 3.0 is refused.",
        ("gemini.top_k.float", "gemini.case.sdk_mix"),
        profile=checked_by(topK=whole_only),
    ),
)
