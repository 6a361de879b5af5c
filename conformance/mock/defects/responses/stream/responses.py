"""Defects of the responses that the events of a stream carry, and of the event that ends it."""

from collections.abc import Callable, Iterator

from conformance.mock.defects.defect import Json
from conformance.mock.defects.responses.building.changes import (
    Change,
    Events,
    drop,
    event,
    in_events,
    in_parts,
    in_response,
    named,
    put,
    without,
)
from conformance.mock.defects.responses.building.stream import COMPLETED, CREATED, IN_PROGRESS, INCOMPLETE
from conformance.mock.surfaces.responses.defect import ResponsesDefect
from conformance.mock.surfaces.responses.request import ResponsesRequest

ERROR: Json = {"type": "error", "code": "server_error", "message": "The stream failed.", "param": None}


def ended_twice(events: Events) -> Events:
    """Yield the events, and the last one again."""
    for each in events:
        yield each
        if each["type"] == COMPLETED:
            yield each


def with_error(request: ResponsesRequest, events: Iterator[Json]) -> Iterator[Json]:
    """Yield the events, and an error without a type after them."""
    yield from events
    yield {"error": {"message": "The stream failed.", "type": "server_error"}}


def created_alone(events: Events) -> Events:
    """Yield the first event only."""
    yield next(events)


def ending_in(error: Json) -> Callable[[Events], Events]:
    """Return a change that puts an error after the events."""

    def changed(events: Events) -> Events:
        yield from events
        yield error

    return changed


def half_said(request: ResponsesRequest, response: Json) -> Json:
    """Return a streamed response with the first half of its texts, as if that were all."""
    halve: Change = lambda part: {**part, "text": part["text"][: len(part["text"]) // 2]} if "text" in part else part  # noqa: E731
    return in_parts(halve)(response) if request.stream else response


def broken_off_with_error(request: ResponsesRequest, events: Events) -> Events:
    """Yield the events, with an error in place of the end where tools are declared."""
    for each in events:
        if request.body.get("tools") and each["type"] == COMPLETED:
            each = ERROR
        yield each


DEFECTS = (
    event(
        "streams_without_created", "A stream begins without response.created.", "stream.first_created", without(CREATED)
    ),
    event(
        "streams_without_in_progress",
        "A stream has no response.in_progress.",
        "stream.in_progress",
        without(
            "response.in_progress",
        ),
    ),
    event(
        "renames_responses_at_the_end",
        "The last event has another id of the response.",
        "stream.response_id",
        in_events(
            in_response(lambda response: {**response, "id": response["id"] + "x"}),
            COMPLETED,
        ),
    ),
    event("completes_twice", "response.completed comes twice.", "stream.terminal_one", ended_twice),
    event(
        "completes_without_output",
        "The last response has no output.",
        "stream.terminal_output include.logprobs_stream",
        in_events(
            in_response(put(output=[])),
            COMPLETED,
        ),
        reports=(
            "N046",
            "N210",
        ),
    ),
    event(
        "completes_without_usage",
        "The last response has no usage.",
        "stream.terminal_usage usage.present",
        in_events(
            in_response(put(usage=None)),
            COMPLETED,
        ),
    ),
    event(
        "completes_in_progress",
        "The last response is in progress.",
        "stream.terminal_status",
        in_events(
            in_response(put(status="in_progress", completed_at=None)),
            COMPLETED,
        ),
    ),
    event(
        "completes_without_metadata",
        "The last response has no key metadata.",
        "stream.same_object",
        in_events(
            in_response(drop("metadata")),
            COMPLETED,
        ),
    ),
    ResponsesDefect(
        "sends_errors_without_type",
        "An error inside a stream has no type.",
        named("stream.error_event_shape"),
        parameter="stream_options",
        events=with_error,
        reports=("N010",),
    ),
    ResponsesDefect(
        "ends_with_an_error_where_tools_are",
        "A stream with tools ends with an error.",
        named("stream.no_error"),
        parameter="tools",
        events=broken_off_with_error,
    ),
    event(
        "streams_no_end",
        "A stream stops without response.completed.",
        "stream.terminal_one tools.parallel_true tools.stream_text",
        without(COMPLETED, INCOMPLETE),
        reports=("N207",),
    ),
    event(
        "streams_created_only",
        "A stream stops after response.created.",
        "stream.terminal_one tools.parallel_true tools.stream_text",
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
