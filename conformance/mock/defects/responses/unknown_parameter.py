"""Defects of unknown_parameter."""

from conformance.mock.defects.responses.building.changes import drop, repaired

DEFECTS = (
    repaired(
        "ignores_unknown_keys_of_responses",
        "A parameter that no API has is ignored.",
        "unknown_parameter.acceptance",
        drop("conformance_unknown_parameter"),
    ),
)
