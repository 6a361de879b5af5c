"""Defects of unknown fields."""

from dataclasses import replace

from conformance.mock.surfaces.gemini.defect import GeminiDefect

DEFECTS = (
    GeminiDefect(
        "gemini_ignores_unknown_fields",
        "Unknown fields are ignored.",
        ("gemini.unknown_field.acceptance",),
        profile=lambda profile: replace(profile, lenient=True),
    ),
)
