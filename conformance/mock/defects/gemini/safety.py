"""Defects of safety settings."""

from conformance.mock.defects.gemini.building.contents import refusing, without
from conformance.mock.surfaces.gemini.defect import GeminiDefect

DEFECTS = (
    GeminiDefect(
        "gemini_refuses_safety_settings",
        "No safety setting is taken.",
        ("gemini.safety.settings",),
        body=refusing("safetySettings"),
    ),
    GeminiDefect(
        "gemini_ignores_safety_settings",
        "Any safety setting is taken.",
        ("gemini.safety.bogus", "gemini.safety.duplicate"),
        body=without("safetySettings"),
    ),
)
