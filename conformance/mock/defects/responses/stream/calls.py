"""Defects of the calls of a stream: their places, their ids, their arguments, and whether they come at all."""

from collections.abc import Callable
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.defects.responses.building.changes import Events, drop, event, in_events, in_item, put, without
from conformance.mock.defects.responses.building.stream import (
    ADDED,
    ARGUMENTS,
    ARGUMENTS_DONE,
    DONE,
    in_last_items,
    of_type,
)
from conformance.mock.surfaces.responses.defect import ResponsesDefect


def of_calls(name: str, symptom: str, claims: str, change: Callable[[Events], Events], **more: Any) -> ResponsesDefect:
    """Return a defect of the events of calls, in answers to requests with tools."""
    return event(name, symptom, claims, change, parameter="tools", **more)


def later_by_one(events: Events) -> Events:
    """Yield the events with every output_index one higher, if the first item is a call."""
    first: Json = {}
    for each in events:
        first = first or each.get("item", {})
        shifted = first.get("type") == "function_call" and "output_index" in each
        yield {**each, "output_index": each["output_index"] + 1} if shifted else each


def all_calls_at_0(events: Events) -> Events:
    """Yield the events with output_index 0 for every item."""
    return ({**each, "output_index": 0} if "output_index" in each else each for each in events)


def item_id_is_call_id(events: Events) -> Events:
    """Yield the events with the call_id of a call in place of the id of its item, in the pieces of its arguments."""
    call_ids: dict[str, str] = {}
    for each in events:
        item = each.get("item", {})
        if "call_id" in item:
            call_ids[item["id"]] = item["call_id"]
        yield {**each, "item_id": call_ids.get(each["item_id"], each["item_id"])} if "item_id" in each else each


def as_custom_input(each: Json) -> Json:
    """Return an event of the arguments of a function as one of the input of a custom tool."""
    renamed = each["type"].replace("function_call_arguments", "custom_tool_call_input")
    whole = {"input": each["arguments"]} if "arguments" in each else {}
    return {**drop("arguments", "name")(each), "type": renamed, **whole}


def without_calls(events: Events) -> Events:
    """Yield the events without those of calls, which are in the last response only."""
    hidden: set[int] = set()
    for each in events:
        if each.get("item", {}).get("type") == "function_call":
            hidden.add(each["output_index"])
        if each.get("output_index") not in hidden:
            yield each


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
        "stream.terminal_output tools.stream_text",
        without_calls,
        kinds=("chat",),
        reports=("N268",),
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
            of_type("function_call", in_item(lambda item: {**item, "call_id": item["call_id"] + "x"})),
            DONE,
        ),
    ),
    event(
        "streams_all_items_at_0",
        "All items of a stream have the index 0.",
        "stream.parallel_tools stream.item_added tools.parallel_true tools.stream_text",
        all_calls_at_0,
        parameter="tools",
    ),
)
