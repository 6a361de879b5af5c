"""Defects of caches."""

from conformance.mock.defects.gemini.building.contents import without
from conformance.mock.surfaces.gemini.defect import GeminiDefect

DEFECTS = (
    GeminiDefect(
        "gemini_ignores_caches",
        "A cache that does not exist is ignored.",
        ("gemini.cached_content.unknown",),
        body=without("cachedContent"),
    ),
)
