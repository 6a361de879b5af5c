"""Defects of calls: their names, ids and arguments, and whether they come at all."""

from conformance.mock.defects.responses.building.changes import drop, in_items, named, of_response, put
from conformance.mock.defects.responses.building.effects import with_bare_entries, with_other_name, without_calls
from conformance.mock.defects.responses.building.reply import with_one_call_id
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
        named("tools.call_id_unique"),
        parameter="tools",
        object=of_response(with_one_call_id),
    ),
    ResponsesDefect(
        "loses_calls_of_plain_answers",
        "Calls are missing in answers that are not streamed.",
        named("tools.choice_required tools.choice_named tools.namespace"),
        parameter="tools",
        whole=of_response(without_calls),
        reports=("N272",),
    ),
)
