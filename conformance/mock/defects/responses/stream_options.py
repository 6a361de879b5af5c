"""Defects of stream_options."""

from collections.abc import Iterator

from conformance.mock.defects.defect import Json
from conformance.mock.defects.responses.building.accepted import dropped_if
from conformance.mock.defects.responses.building.changes import named, repaired
from conformance.mock.surfaces.responses.defect import ResponsesDefect
from conformance.mock.surfaces.responses.request import ResponsesRequest


def padded(request: ResponsesRequest, events: Iterator[Json]) -> Iterator[Json]:
    """Yield events with padding, whatever the request says."""
    return ({**each, "obfuscation": "xx"} if "delta" in each else each for each in events)


DEFECTS = (
    repaired(
        "takes_include_usage",
        "The option include_usage of Chat Completions is ignored.",
        "stream_options.include_usage",
        dropped_if("stream_options", lambda value: "include_usage" in value),
    ),
    ResponsesDefect(
        "pads_all_pieces",
        "Pieces are padded, although the request switches that off.",
        named("stream_options.include_obfuscation"),
        parameter="stream_options",
        numbered=padded,
    ),
)
