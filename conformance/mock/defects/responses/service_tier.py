"""Defects of service_tier."""

from conformance.mock.defects.responses.building.accepted import dropped_if
from conformance.mock.defects.responses.building.changes import repaired

DEFECTS = (
    repaired(
        "ignores_unknown_tiers_of_responses",
        "An unknown tier is ignored.",
        "service_tier.bogus",
        dropped_if(
            "service_tier",
            lambda value: value == "conformance",
        ),
    ),
)
