"""Defects of max_output_tokens."""

from dataclasses import replace

from conformance.mock.defects.responses.building.accepted import dropped_if
from conformance.mock.defects.responses.building.changes import named, of_response, repaired
from conformance.mock.defects.responses.building.effects import completed_though_cut, ignored
from conformance.mock.defects.responses.building.reply import with_whole_items
from conformance.mock.engine.rules import is_number
from conformance.mock.surfaces.responses.defect import ResponsesDefect

DEFECTS = (
    repaired(
        "ignores_small_caps",
        "A cap below 16 is ignored.",
        "max_output_tokens.below_16",
        dropped_if(
            "max_output_tokens",
            lambda value: is_number(value) and value < 16,
        ),
    ),
    repaired(
        "ignores_caps_of_other_type",
        "A cap that is no number is ignored.",
        "max_output_tokens.wrong_type",
        dropped_if(
            "max_output_tokens",
            lambda value: not is_number(value),
        ),
    ),
    ignored(
        "ignores_caps_of_responses",
        "max_output_tokens has no effect.",
        "max_output_tokens.caps reply.cap",
        lambda request: replace(request, cap=None),
    ),
    ResponsesDefect(
        "cut_messages_are_complete",
        "The message of an answer that was cut is complete.",
        named("max_output_tokens.item_status"),
        kinds=("chat",),
        object=of_response(with_whole_items),
    ),
    ResponsesDefect(
        "completes_cut_answers",
        "An answer that was cut is completed.",
        named("max_output_tokens.end_reason max_output_tokens.stream max_output_tokens.reasoning_eats_all"),
        object=of_response(completed_though_cut),
        reports=("N029", "N070"),
    ),
)
