"""Defects of the items of a stream and of their parts: how they are announced, numbered, named and closed."""

from conformance.mock.defects.defect import Json
from conformance.mock.defects.responses.building.changes import (
    Change,
    Events,
    drop,
    event,
    in_events,
    in_item,
    put,
    without,
)
from conformance.mock.defects.responses.building.stream import (
    ADDED,
    DONE,
    PART_ADDED,
    PART_DONE,
    SUMMARY,
    SUMMARY_DONE,
    TEXT,
    TEXT_DONE,
    in_last_items,
    of_type,
)


def in_part(change: Change) -> Change:
    """Return a change of the part that an event carries."""
    return lambda each: {**each, "part": change(each["part"])}


def all_later_by_one(events: Events) -> Events:
    """Return the events with every output_index one higher."""
    return ({**each, "output_index": each["output_index"] + 1} if "output_index" in each else each for each in events)


def announced_twice(events: Events) -> Events:
    """Yield the events, and each that announces an item again."""
    for each in events:
        yield each
        if each["type"] == ADDED:
            yield each


def in_one_piece(events: Events) -> Events:
    """Yield the events with each text in one piece."""
    held: list[Json] = []
    for each in events:
        if each["type"] == TEXT:
            held.append(each)
            continue
        if held:
            entries = [entry for piece in held for entry in piece["logprobs"]]
            yield {**held[0], "delta": "".join(piece["delta"] for piece in held), "logprobs": entries}
            held = []
        yield each


DEFECTS = (
    event(
        "streams_text_without_item_id",
        "Pieces of text do not say to which item they belong.",
        "stream.schema stream.item_ids",
        in_events(drop("item_id"), TEXT),
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
        "loses_the_end_of_whole_texts",
        "The whole text lacks its last letter.",
        "stream.text_equal",
        in_events(
            lambda each: {**each, "text": each["text"][:-1]},
            TEXT_DONE,
        ),
    ),
    event("closes_no_part", "Parts are not closed.", "stream.closing_events", without(PART_DONE)),
    event(
        "loses_places_of_summaries",
        "Events of a summary do not say to which part they belong.",
        "stream.reasoning_events",
        in_events(drop("summary_index"), SUMMARY),
        kinds=("reasoning",),
        parameter="reasoning",
    ),
    event(
        "streams_texts_in_one_piece",
        "The whole text of a stream comes in one piece.",
        "stream.incremental",
        in_one_piece,
    ),
    event(
        "streams_texts_in_one_piece_with_tools",
        "The whole text of a stream comes in one piece if tools are declared.",
        "stream.pieces stream.incremental_with_tools",
        in_one_piece,
        parameter="tools",
        reports=("B35",),
    ),
    event(
        "closes_no_item",
        "Items are not closed.",
        "stream.closing_events stream.tool_events",
        without(DONE, PART_DONE),
        reports=("N048",),
    ),
    event(
        "sends_no_whole_text", "The whole text of a part does not come.", "stream.closing_events", without(TEXT_DONE)
    ),
    event(
        "streams_text_without_indexes",
        "Pieces of text have no output_index and no content_index.",
        "stream.indexes stream.schema",
        in_events(drop("output_index", "content_index"), TEXT),
        reports=("N047",),
    ),
    event(
        "streams_text_without_content_index",
        "The events of a text have no content_index.",
        "stream.indexes stream.schema",
        in_events(drop("content_index"), PART_ADDED, TEXT, TEXT_DONE, PART_DONE),
    ),
    event("counts_items_from_1", "Items are counted from 1.", "stream.indexes", all_later_by_one),
    event(
        "announces_items_twice",
        "Each item is announced twice.",
        "stream.item_added tools.parallel_true",
        announced_twice,
    ),
    event(
        "announces_messages_without_content",
        "A message is announced without content.",
        "stream.item_added stream.schema",
        in_events(of_type("message", in_item(drop("content"))), ADDED),
    ),
    event(
        "announces_items_without_id",
        "Items are announced without an id.",
        "stream.item_ids stream.schema",
        in_events(in_item(drop("id")), ADDED),
    ),
    event(
        "closes_items_without_id",
        "Items have no id at their end.",
        "stream.item_ids stream.schema",
        in_events(in_item(drop("id")), DONE),
    ),
    event(
        "completes_with_other_item_ids",
        "The items of the last response have other ids than their events.",
        "stream.item_ids",
        in_last_items(lambda item: {**item, "id": item["id"] + "x"}),
        reports=("N005",),
    ),
    event(
        "streams_parts_of_type_text",
        "The parts of a streamed message are of type text.",
        "stream.part_added",
        in_events(in_part(put(type="text")), PART_ADDED, PART_DONE),
    ),
    event(
        "closes_summaries_without_text",
        "The event that closes a summary of reasoning has no text.",
        "stream.schema",
        in_events(drop("text"), SUMMARY_DONE),
        reports=("N209",),
        kinds=("reasoning",),
        parameter="reasoning",
    ),
)
