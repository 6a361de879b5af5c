"""Defects of headers."""

from dataclasses import replace

from conformance.mock.defects.responses.building.changes import named
from conformance.mock.surfaces.responses.defect import ResponsesDefect

DEFECTS = (
    ResponsesDefect(
        "names_no_request_in_errors",
        "The x-request-id header of an error is empty.",
        named("headers.request_id"),
        refusal=lambda refusal: replace(refusal, headers={**refusal.headers, "x-request-id": ""}),
    ),
)
