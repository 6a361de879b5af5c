"""Defects of seeds."""

from conformance.mock.defects.gemini.building import checked_by, refuse
from conformance.mock.surfaces.gemini.defect import GeminiDefect

DEFECTS = (
    GeminiDefect(
        "gemini_refuses_seeds", "No seed is taken.", ("gemini.seed.accepted",), profile=checked_by(seed=refuse)
    ),
)
