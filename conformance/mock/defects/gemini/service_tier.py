"""Defects of service tiers."""

from conformance.mock.defects.gemini.building.contents import refusing
from conformance.mock.surfaces.gemini.defect import GeminiDefect

DEFECTS = (
    GeminiDefect(
        "gemini_refuses_tiers",
        "No service tier is taken.",
        ("gemini.service_tier.values",),
        body=refusing("serviceTier"),
    ),
)
