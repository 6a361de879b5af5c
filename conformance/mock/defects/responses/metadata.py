"""Defects of metadata."""

from conformance.mock.defects.responses.building.accepted import dropped_if
from conformance.mock.defects.responses.building.changes import repaired

DEFECTS = (
    repaired(
        "takes_metadata_beyond_limits",
        "Metadata beyond its limits is left out.",
        "metadata.limits",
        dropped_if(
            "metadata",
            lambda value: len(str(value)) > 60,
        ),
    ),
)
