"""Defects of truncation."""

from conformance.mock.defects.responses.building.accepted import dropped_if
from conformance.mock.defects.responses.building.changes import repaired

DEFECTS = (
    repaired(
        "ignores_unknown_truncation",
        "An unknown truncation is ignored.",
        "truncation.bogus",
        dropped_if(
            "truncation",
            lambda value: value == "conformance",
        ),
    ),
)
