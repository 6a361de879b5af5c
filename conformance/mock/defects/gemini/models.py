"""Defects of the lists of models."""

from conformance.mock.defects.gemini.building import without
from conformance.mock.surfaces.gemini.defect import GeminiDefect

DEFECTS = (
    GeminiDefect(
        "gemini_lists_bare_names",
        "Names in lists of models have no prefix.",
        ("gemini.models.list", "gemini.models.get"),
        listing=lambda answer: (
            {"models": [{**row, "name": row["displayName"]} for row in answer["models"]]}
            if "models" in answer
            else without(answer, "name")
        ),
    ),
)
