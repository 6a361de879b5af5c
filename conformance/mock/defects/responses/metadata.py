"""Defects of metadata."""

from conformance.mock.defects.responses.building.accepted import dropped_if
from conformance.mock.defects.responses.building.changes import repaired
from conformance.mock.defects.responses.building.refused import refused

DEFECTS = (
    refused(
        "refuses_metadata_of_responses",
        "Metadata is refused.",
        "metadata.accepted",
        lambda body: "metadata" in body,
        "metadata",
        parameter="metadata",
    ),
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
