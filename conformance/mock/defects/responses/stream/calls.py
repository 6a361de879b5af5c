"""Defects of the calls of a stream: their ids, their arguments, and whether they come at all."""

from collections.abc import Callable
from typing import Any

from conformance.mock.defects.responses.building.changes import Events, drop, event, in_events, in_item, put, without
from conformance.mock.defects.responses.building.stream import (
    ADDED,
    ARGUMENTS,
    ARGUMENTS_DONE,
    DONE,
    as_custom_input,
    in_last_items,
    item_id_is_call_id,
    of_type,
    without_calls,
)
from conformance.mock.surfaces.responses.defect import ResponsesDefect


def of_calls(name: str, symptom: str, claims: str, change: Callable[[Events], Events], **more: Any) -> ResponsesDefect:
    """Return a defect of the events of calls, in answers to requests with tools."""
    return event(name, symptom, claims, change, parameter="tools", **more)


DEFECTS = (
    of_calls(
        "closes_calls_without_id",
        "A call has no item id at its end and in the last response.",
        "stream.item_ids",
        lambda events: in_last_items(drop("id"), "function_call")(
            in_events(of_type("function_call", in_item(drop("id"))), DONE)(events)
        ),
        reports=("N017",),
    ),
    of_calls(
        "streams_calls_without_ids",
        "A call has no item id in any event.",
        "stream.item_ids stream.schema",
        lambda events: in_events(drop("item_id"), ARGUMENTS, ARGUMENTS_DONE)(
            in_events(of_type("function_call", in_item(put(id=None))), ADDED, DONE)(events)
        ),
    ),
    of_calls(
        "completes_with_other_ids_of_calls",
        "A call has another item id in the last response.",
        "stream.item_ids",
        in_last_items(lambda item: {**item, "id": item["id"] + "x"}, "function_call"),
        reports=("N020",),
    ),
    of_calls(
        "completes_with_other_call_ids",
        "A call has another call_id in the last response.",
        "stream.tool_call_id",
        in_last_items(lambda item: {**item, "call_id": item["call_id"] + "x"}, "function_call"),
        reports=("N006",),
    ),
    of_calls(
        "names_items_by_call_id",
        "The pieces of arguments name the call_id in place of the item.",
        "stream.item_ids",
        item_id_is_call_id,
        reports=("N202",),
    ),
    of_calls(
        "announces_calls_without_arguments",
        "A call is announced without arguments.",
        "stream.item_added stream.schema",
        in_events(of_type("function_call", in_item(drop("arguments"))), ADDED),
    ),
    of_calls(
        "streams_arguments_as_object",
        "The whole arguments of a streamed call are an object.",
        "stream.tool_equal stream.schema",
        lambda events: in_events(put(arguments={}), ARGUMENTS_DONE)(
            in_events(of_type("function_call", in_item(put(arguments={}))), DONE)(events)
        ),
    ),
    of_calls(
        "sends_no_whole_arguments",
        "The whole arguments of a call do not come.",
        "stream.tool_events",
        without(ARGUMENTS_DONE),
        reports=("N008",),
    ),
    of_calls(
        "streams_arguments_of_custom_tools",
        "The arguments of a function come as the input of a custom tool.",
        "stream.tool_events",
        in_events(as_custom_input, ARGUMENTS, ARGUMENTS_DONE),
        reports=("N273",),
    ),
    of_calls(
        "streams_no_calls_of_responses",
        "A call is in the last response only, no event announces it.",
        "stream.terminal_output",
        without_calls,
        kinds=("chat",),
        reports=("N268",),
    ),
)
