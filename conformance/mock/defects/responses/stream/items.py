"""Defects of the items of a stream: how they are announced, numbered, named and closed."""

from conformance.mock.defects.responses.building.changes import drop, event, in_events, in_item, put, without
from conformance.mock.defects.responses.building.stream import (
    ADDED,
    DONE,
    PART_ADDED,
    PART_DONE,
    SUMMARY_DONE,
    TEXT,
    TEXT_DONE,
    all_later_by_one,
    announced_twice,
    in_last_items,
    in_part,
    of_type,
)

DEFECTS = (
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
