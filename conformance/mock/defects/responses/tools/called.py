"""Defects of calls: their names, ids and arguments, and whether they come at all."""

from conformance.mock.defects.choices import without_text_before_calls
from conformance.mock.defects.responses.building.changes import drop, in_items, named, of_response, put
from conformance.mock.defects.responses.building.effects import with_bare_entries, with_other_name, without_calls
from conformance.mock.defects.responses.building.reply import with_numbered_call_ids, with_one_call_id
from conformance.mock.surfaces.responses.defect import ResponsesDefect

DEFECTS = (
    ResponsesDefect(
        "calls_unknown_functions",
        "A call names a function that is not declared.",
        named("tools.call tools.declared"),
        parameter="tools",
        object=with_other_name,
    ),
    ResponsesDefect(
        "gives_entries_no_arguments",
        "A call has none of its arguments.",
        named("tools.features"),
        parameter="tools",
        object=with_bare_entries,
    ),
    ResponsesDefect(
        "calls_custom_tools_as_functions",
        "A call of a custom tool is a call of a function.",
        named("tools.custom"),
        parameter="tools",
        object=of_response(
            in_items(
                lambda item: {**drop("input")(item), "type": "function_call", "arguments": "{}"},
                "custom_tool_call",
            )
        ),
    ),
    ResponsesDefect(
        "calls_stay_in_progress",
        "A call of a completed response is in progress.",
        named("tools.item_status"),
        parameter="tools",
        whole=of_response(in_items(put(status="in_progress"), "function_call")),
    ),
    ResponsesDefect(
        "calls_share_a_call_id",
        "All calls of an answer have the same call_id.",
        named("tools.call_id_unique tools.id_unique"),
        parameter="tools",
        object=of_response(with_one_call_id),
    ),
    ResponsesDefect(
        "numbers_call_ids_in_each_response",
        "The call_id of a call is its number in its response, which the next response has too.",
        named("tools.id_unique"),
        parameter="tools",
        reports=("B55",),
        object=of_response(with_numbered_call_ids),
    ),
    ResponsesDefect(
        "loses_calls_of_plain_answers",
        "Calls are missing in answers that are not streamed.",
        named("tools.choice_required tools.choice_named tools.namespace"),
        parameter="tools",
        whole=of_response(without_calls),
        reports=("N272",),
    ),
    ResponsesDefect(
        "streams_no_text_before_function_calls",
        "A stream lacks the text before a call, which the plain answer has.",
        named("tools.stream_text"),
        parameter="tools",
        reports=("B58",),
        choice=without_text_before_calls,
    ),
)
