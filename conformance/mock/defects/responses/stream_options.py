"""Defects of stream_options."""

from conformance.mock.defects.responses.building.accepted import dropped_if
from conformance.mock.defects.responses.building.changes import named, repaired
from conformance.mock.defects.responses.building.stream import padded
from conformance.mock.surfaces.responses.defect import ResponsesDefect

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
