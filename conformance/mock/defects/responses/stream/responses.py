"""Defects of the responses that the events of a stream carry, and of the event that ends it."""

from conformance.mock.defects.responses.building.changes import drop, event, in_events, in_response, named, put, without
from conformance.mock.defects.responses.building.stream import (
    COMPLETED,
    CREATED,
    ERROR,
    IN_PROGRESS,
    INCOMPLETE,
    created_alone,
    ending_in,
    half_said,
)
from conformance.mock.surfaces.responses.defect import ResponsesDefect

DEFECTS = (
    event(
        "streams_no_end",
        "A stream stops without response.completed.",
        "stream.terminal_one tools.parallel_true",
        without(COMPLETED, INCOMPLETE),
        reports=("N207",),
    ),
    event(
        "streams_created_only",
        "A stream stops after response.created.",
        "stream.terminal_one tools.parallel_true",
        created_alone,
        reports=("N271",),
    ),
    event(
        "begins_with_null_output",
        "The output in response.created is null.",
        "stream.first_created stream.schema",
        in_events(in_response(put(output=None)), CREATED),
    ),
    event(
        "renames_responses_in_progress",
        "response.in_progress has another id of the response.",
        "stream.response_id",
        in_events(in_response(lambda response: {**response, "id": response["id"] + "x"}), IN_PROGRESS),
    ),
    event(
        "completes_without_id",
        "The last response has no id, no object and no model.",
        "stream.response_id stream.schema stream.same_object",
        in_events(in_response(drop("id", "object", "model")), COMPLETED),
        reports=("N045",),
    ),
    event(
        "completes_with_null_output",
        "The output of the last response is null.",
        "stream.terminal_output stream.schema include.logprobs_stream",
        in_events(in_response(put(output=None)), COMPLETED),
    ),
    event(
        "completes_lacking_output",
        "The last response has no key output.",
        "stream.terminal_output stream.schema stream.same_object include.logprobs_stream",
        in_events(in_response(drop("output")), COMPLETED),
    ),
    event(
        "ends_cut_streams_as_completed",
        "A stream that was cut ends with response.completed, whose response is incomplete.",
        "stream.terminal_status",
        in_events(put(type=COMPLETED), INCOMPLETE),
        reports=("N030",),
    ),
    event(
        "streams_errors_nested",
        "An error inside a stream is nested, as in the body of a reply.",
        "stream.error_event_shape",
        ending_in({"type": "error", "error": {"message": "The stream failed.", "code": "server_error"}}),
        parameter="stream_options",
    ),
    event(
        "streams_status_as_code",
        "The code of an error inside a stream is its status.",
        "stream.error_event_shape",
        ending_in({**ERROR, "code": "500"}),
        parameter="stream_options",
        reports=("N011",),
    ),
    ResponsesDefect(
        "finishes_broken_streams",
        "A stream that broke off is finished as if it were complete.",
        named("stream.alike text.json_schema_stream include.logprobs_stream"),
        object=half_said,
        reports=("N208",),
    ),
)
