"""Defects of topP."""

from conformance.mock.defects.gemini.building import checked_by, refuse
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.settings import (
    Number,
)

DEFECTS = (
    GeminiDefect(
        "gemini_takes_any_top_p",
        "A topP above 1 is taken.",
        ("gemini.top_p.above",),
        profile=checked_by(topP=Number(0, 5)),
    ),
    GeminiDefect("gemini_refuses_top_p", "No topP is taken.", ("gemini.top_p.range",), profile=checked_by(topP=refuse)),
)
