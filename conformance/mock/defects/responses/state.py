"""Defects of what is stored of a response."""

from conformance.mock.defects.responses.building.accepted import without_unknown_previous
from conformance.mock.defects.responses.building.changes import drop, named, repaired
from conformance.mock.defects.responses.building.state import (
    counted_apart,
    found_nothing,
    found_only_with_text,
    in_one_order,
    never_cancelled,
    not_deleted,
    read_by_anybody,
    refused_branch,
    refused_previous,
    unlinked_words,
    without_earlier_inputs,
    without_ids_of_items,
    without_known_previous,
    without_output,
    without_path,
)
from conformance.mock.surfaces.responses.defect import ResponsesDefect

DEFECTS = (
    repaired(
        "skips_unknown_previous",
        "An unknown earlier response is left out.",
        "state.previous_unknown",
        without_unknown_previous,
        parameter="previous_response_id",
    ),
    repaired(
        "takes_previous_and_conversation",
        "An earlier response and a conversation together are left out.",
        "state.previous_and_conversation",
        lambda body: drop("previous_response_id", "conversation")(body) if "previous_response_id" in body else body,
        parameter="conversation",
    ),
    repaired(
        "creates_conversations",
        "A conversation that was never created is taken.",
        "state.conversation",
        lambda body: body if "previous_response_id" in body else drop("conversation")(body),
        parameter="conversation",
    ),
    repaired(
        "makes_unstored_in_background",
        "A response in the background that is not to be stored is made at once.",
        "state.background_needs_store",
        lambda body: drop("background")(body) if body.get("store") is False else body,
        parameter="background",
    ),
    repaired(
        "forgets_earlier_responses",
        "A request does not go on from the response that it names.",
        "state.previous state.previous_chain3 state.previous_after_store_false tools.second_turn_by_id",
        without_known_previous,
        parameter="previous_response_id",
        reports=("N065",),
    ),
    ResponsesDefect(
        "forgets_earlier_inputs",
        "Of the response that a request goes on from only the output reaches the model, not its input.",
        named("state.previous state.previous_chain3"),
        reports=("C25",),
        parameter="previous_response_id",
        request=without_earlier_inputs,
    ),
    repaired(
        "links_no_single_words",
        "A request for a single word does not go on from the response that it names.",
        "state.previous_chain3",
        unlinked_words,
        parameter="previous_response_id",
    ),
    repaired(
        "takes_no_branches",
        "A request that adds something to keep in mind is refused where it goes on from a response.",
        "state.branch",
        refused_branch,
        parameter="previous_response_id",
    ),
    repaired(
        "makes_all_at_once",
        "A response in the background is made at once.",
        "state.background state.cancel",
        lambda body: drop("background")(body) if body.get("store") is not False else body,
        parameter="background",
        reports=("N067",),
    ),
    ResponsesDefect(
        "reads_no_output", "A stored response is read without its output.", named("state.get"), stored=without_output
    ),
    ResponsesDefect(
        "deletes_nothing", "A response that was deleted is said to be kept.", named("state.delete"), stored=not_deleted
    ),
    ResponsesDefect(
        "lists_in_one_order",
        "Input items are listed in the opposite order.",
        named("state.input_items"),
        stored=in_one_order,
    ),
    ResponsesDefect(
        "lists_items_without_ids",
        "Listed input items have no ids.",
        named("state.input_items"),
        reports=("C36",),
        stored=without_ids_of_items,
    ),
    ResponsesDefect(
        "stores_nothing_without_text",
        "A response that was cut before its text cannot be gone on from.",
        named("state.previous_incomplete"),
        reports=("C27",),
        kinds=("reasoning",),
        request=found_only_with_text,
    ),
    ResponsesDefect(
        "cancels_nothing",
        "A response that was cancelled stays in progress.",
        named("state.cancel"),
        stored=never_cancelled,
    ),
    ResponsesDefect(
        "counts_inputs_apart",
        "The count of an input is not what is billed.",
        named("state.input_tokens"),
        stored=counted_apart,
    ),
    ResponsesDefect(
        "fails_on_unknown_responses",
        "Reading an unknown response fails with a 500.",
        named("state.get_unknown state.delete"),
        refusal=found_nothing,
    ),
    ResponsesDefect(
        "lets_anybody_read",
        "A stored response can be read without a key.",
        named("state.no_key"),
        refusal=read_by_anybody,
    ),
    repaired(
        "refuses_earlier_responses",
        "A response is unknown as soon as it was given.",
        "state.previous state.previous_chain3 state.branch tools.second_turn_by_id input.instructions_not_inherited",
        refused_previous,
        parameter="previous_response_id",
        reports=("N023",),
    ),
    ResponsesDefect(
        "reads_nothing",
        "Nothing that is stored can be read, though responses say that they are stored.",
        named("state.get state.delete state.input_items state.background state.cancel"),
        stored=without_path,
        reports=("N066", "N204"),
    ),
)
