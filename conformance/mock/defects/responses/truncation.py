"""Defects of truncation."""

from conformance.mock.defects.responses.building.accepted import dropped_if
from conformance.mock.defects.responses.building.changes import repaired

LONG = 20_000  # characters: no other input of the suite has so many, and one that is too long has more

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
    repaired(
        "cuts_long_inputs",
        "An input that is too long is cut, although the request does not allow that.",
        "truncation.disabled",
        lambda body: (
            {**body, "input": body["input"][:LONG]}
            if isinstance(body.get("input"), str) and len(body["input"]) > LONG
            else body
        ),
    ),
)
