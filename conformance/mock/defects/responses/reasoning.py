"""Defects of reasoning."""

from dataclasses import replace

from conformance.mock.defects.responses.building.accepted import dropped_if, known_effort
from conformance.mock.defects.responses.building.changes import named, of_response, repaired
from conformance.mock.defects.responses.building.effects import ignored, kept, not_including, without_setting
from conformance.mock.defects.responses.building.refused import of_items, refused
from conformance.mock.surfaces.responses.columns import ENCRYPTED
from conformance.mock.surfaces.responses.defect import ResponsesDefect

DEFECTS = (
    repaired(
        "ignores_unknown_efforts",
        "An unknown effort is ignored.",
        "reasoning.effort_bogus",
        dropped_if(
            "reasoning",
            known_effort,
        ),
    ),
    repaired(
        "ignores_effort_of_others",
        "An effort is ignored by models that do not reason.",
        "reasoning.unsupported_model",
        dropped_if("reasoning", lambda value: value == {"effort": "low"}),
        kinds=("chat",),
    ),
    refused(
        "refuses_effort_medium",
        "An effort of medium is refused.",
        "reasoning.effort_values",
        lambda body: body.get("reasoning") == {"effort": "medium"},
        "reasoning.effort",
        kinds=("reasoning",),
    ),
    refused(
        "refuses_encrypted_reasoning",
        "Encrypted reasoning that comes back is refused.",
        "reasoning.encrypted_round_trip",
        of_items(lambda item: "encrypted_content" in item),
        "input",
        kinds=("reasoning",),
    ),
    repaired(
        "ignores_summary",
        "No summary of the reasoning comes.",
        "reasoning.summary",
        without_setting("reasoning", "summary"),
        parameter="reasoning",
        kinds=("reasoning",),
        reports=("N069",),
    ),
    repaired(
        "ignores_include_of_encrypted",
        "Encrypted reasoning does not come.",
        "reasoning.encrypted",
        not_including(ENCRYPTED),
        parameter="include",
        kinds=("reasoning",),
        reports=("N068",),
    ),
    repaired(
        "skips_reasoning_items",
        "Reasoning that comes back is left out.",
        "reasoning.encrypted_tampered reasoning.encrypted_lost",
        kept(lambda item: item.get("type") != "reasoning"),
        kinds=("reasoning",),
    ),
    ResponsesDefect(
        "reasons_after_the_answer",
        "Reasoning comes after the message that it leads to.",
        named("reasoning.item_order"),
        kinds=("reasoning",),
        parameter="metadata",
        object=of_response(lambda response: {**response, "output": response["output"][::-1]}),
    ),
    ignored(
        "ignores_effort_of_responses",
        "The effort of reasoning has no effect.",
        "reasoning.effort_effect",
        lambda request: replace(request, effort="medium"),
        kinds=("reasoning",),
        parameter="reasoning",
        reports=("N059",),
    ),
)
