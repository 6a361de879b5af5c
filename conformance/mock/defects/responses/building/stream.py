"""The names of the events of a stream, and changes of the items in them."""

from collections.abc import Callable

from conformance.mock.defects.responses.building.changes import Change, Events, in_events, in_items, in_response

CREATED, IN_PROGRESS = "response.created", "response.in_progress"
COMPLETED, INCOMPLETE = "response.completed", "response.incomplete"
ADDED, DONE = "response.output_item.added", "response.output_item.done"
PART_ADDED, PART_DONE = "response.content_part.added", "response.content_part.done"
TEXT, TEXT_DONE = "response.output_text.delta", "response.output_text.done"
ARGUMENTS, ARGUMENTS_DONE = "response.function_call_arguments.delta", "response.function_call_arguments.done"
SUMMARY, SUMMARY_DONE = "response.reasoning_summary_text.delta", "response.reasoning_summary_text.done"


def of_type(kind: str, change: Change) -> Change:
    """Return a change of the events that carry an item of a type."""
    return lambda each: change(each) if each["item"]["type"] == kind else each


def in_last_items(change: Change, *types: str) -> Callable[[Events], Events]:
    """Return a change of the items of the last response, of all or of these types."""
    return in_events(in_response(in_items(change, *types)), COMPLETED)
