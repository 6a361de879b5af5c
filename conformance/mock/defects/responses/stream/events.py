"""Defects of the events of a stream."""

from dataclasses import replace

from conformance.mock.defects.responses.building.changes import (
    drop,
    event,
    in_events,
    in_item,
    in_response,
    named,
    put,
    repaired,
    without,
)
from conformance.mock.defects.responses.building.error import in_stream, lacks, met
from conformance.mock.defects.responses.building.stream import (
    ADDED,
    ARGUMENTS,
    ARGUMENTS_DONE,
    COMPLETED,
    CREATED,
    DONE,
    PART_ADDED,
    PART_DONE,
    SUMMARY,
    TEXT,
    TEXT_DONE,
    after_ping,
    all_calls_at_0,
    all_named_message,
    ended_twice,
    in_one_piece,
    later_by_one,
    left_open,
    numbered_from_1,
    of_calls,
    with_chunk,
    with_error,
    with_marker,
    with_ping,
    with_sentence,
    without_last_line,
)
from conformance.mock.surfaces.responses.defect import ResponsesDefect

DEFECTS = (
    repaired(
        "takes_text_as_stream",
        "The text true is taken for stream true.",
        "stream.false_string",
        lambda body: (
            {
                **body,
                "stream": True,
            }
            if body.get("stream") == "true"
            else body
        ),
    ),
    event(
        "streams_text_without_item_id",
        "Pieces of text do not say to which item they belong.",
        "stream.schema stream.item_ids",
        in_events(drop("item_id"), TEXT),
    ),
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
        "pings_before_created",
        "An event of another type comes before response.created.",
        "stream.no_unknown_before_created stream.vendor_events",
        after_ping,
    ),
    event("pings_in_streams", "A stream has an event of a type without a prefix.", "stream.vendor_events", with_ping),
    event(
        "mixes_chunks_into_responses", "A stream has a chunk of Chat Completions.", "stream.no_chat_chunks", with_chunk
    ),
    event("announces_no_item", "Items are not announced.", "stream.item_added", without(ADDED)),
    event("announces_no_part", "Parts are not announced.", "stream.part_added", without(PART_ADDED)),
    event(
        "counts_parts_from_1",
        "Parts are counted from 1.",
        "stream.indexes",
        in_events(
            lambda each: {**each, "content_index": each["content_index"] + 1},
            PART_ADDED,
            PART_DONE,
            TEXT,
            TEXT_DONE,
        ),
    ),
    event(
        "renames_items_at_their_end",
        "An item has another id at its end.",
        "stream.item_ids",
        in_events(
            in_item(lambda item: {**item, "id": item["id"] + "x"}),
            DONE,
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
    event(
        "loses_the_end_of_whole_texts",
        "The whole text lacks its last letter.",
        "stream.text_equal",
        in_events(
            lambda each: {**each, "text": each["text"][:-1]},
            TEXT_DONE,
        ),
    ),
    event("closes_no_part", "Parts are not closed.", "stream.closing_events", without(PART_DONE)),
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
    event(
        "streams_calls_from_1",
        "A call that is the first item has index 1.",
        "stream.tool_only_index stream.indexes",
        later_by_one,
        kinds=("chat",),
        parameter="tools",
        reports=("N201",),
    ),
    event("streams_arguments_whole_only", "Arguments come whole only.", "stream.tool_events", without(ARGUMENTS)),
    event(
        "changes_whole_arguments",
        "The whole arguments are not those of the pieces.",
        "stream.tool_equal",
        in_events(
            put(arguments="{}"),
            ARGUMENTS_DONE,
        ),
    ),
    event(
        "names_no_function_with_arguments",
        "Arguments come without the name of the function.",
        "stream.tool_done_name",
        in_events(drop("name"), ARGUMENTS_DONE),
    ),
    event(
        "changes_call_id_at_the_end",
        "A call has another call_id at its end.",
        "stream.tool_call_id",
        in_events(
            of_calls(in_item(lambda item: {**item, "call_id": item["call_id"] + "x"})),
            DONE,
        ),
    ),
    event(
        "streams_all_items_at_0",
        "All items of a stream have the index 0.",
        "stream.parallel_tools stream.item_added tools.parallel_true",
        all_calls_at_0,
        parameter="tools",
    ),
    event(
        "loses_places_of_summaries",
        "Events of a summary do not say to which part they belong.",
        "stream.reasoning_events",
        in_events(drop("summary_index"), SUMMARY),
        kinds=("reasoning",),
        parameter="reasoning",
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
        "numbers_events_from_1", "Events are numbered from 1.", named("stream.sequence"), numbered=numbered_from_1
    ),
    ResponsesDefect(
        "names_all_events_message",
        "All events are named message.",
        named("stream.event_names"),
        streamed=all_named_message,
    ),
    ResponsesDefect(
        "streams_a_sentence",
        "A sentence comes among the events of a stream, as a sign of life.",
        named("stream.grammar"),
        streamed=with_sentence,
    ),
    ResponsesDefect(
        "ends_responses_with_done", "[DONE] ends a stream.", named("stream.done_marker"), streamed=with_marker
    ),
    ResponsesDefect(
        "leaves_last_event_open",
        "The last event is not closed by a blank line.",
        named("stream.last_blank_line"),
        streamed=without_last_line,
    ),
    ResponsesDefect(
        "holds_responses_open",
        "The body of a stream stays open after its last event.",
        named("stream.closes"),
        streamed=left_open,
    ),
    ResponsesDefect(
        "streams_responses_as_json",
        "A stream has the content type of JSON.",
        named("stream.content_type"),
        streamed=lambda request, wire: replace(wire, media_type="application/json"),
    ),
    ResponsesDefect(
        "streams_errors_with_200",
        "An error in reply to a request for a stream comes with status 200.",
        named("stream.error_before_start"),
        refusal=met(lambda refusal: lacks("input")(refusal) and b'"stream":true' in refusal.request_body, in_stream),
    ),
    event(
        "streams_texts_in_one_piece",
        "The whole text of a stream comes in one piece.",
        "stream.incremental",
        in_one_piece,
    ),
)
