"""Defects of the outputs of calls, with which the model goes on."""

from conformance.mock.defects.responses.building.accepted import with_all_outputs
from conformance.mock.defects.responses.building.changes import repaired
from conformance.mock.defects.responses.building.effects import with_known_calls, with_outputs
from conformance.mock.defects.responses.building.refused import of_items, refused
from conformance.mock.defects.responses.building.state import refused_results

DEFECTS = (
    repaired(
        "makes_up_outputs", "A call without an output is given an empty one.", "tools.output_missing", with_all_outputs
    ),
    refused(
        "refuses_empty_outputs",
        "An empty output of a call is refused.",
        "tools.output_empty",
        of_items(lambda item: item.get("output") == ""),
        "input",
        reports=("N026",),
    ),
    repaired(
        "loses_outputs",
        "The output of a function does not reach the model.",
        "tools.second_turn",
        with_outputs(lambda output: "none" if isinstance(output, str) else output),
    ),
    repaired(
        "loses_parts_of_outputs",
        "An output that is a list of parts does not reach the model.",
        "tools.output_parts",
        with_outputs(lambda output: output if isinstance(output, str) else "none"),
    ),
    repaired(
        "guesses_the_call",
        "An output that names an unknown call is taken for that of the last call.",
        "tools.output_unknown_call",
        with_known_calls,
    ),
    refused(
        "refuses_lists_as_outputs",
        "An output that is a list of parts is refused.",
        "tools.output_parts",
        of_items(lambda item: item.get("type") == "function_call_output" and isinstance(item.get("output"), list)),
        "input",
        reports=("N042",),
    ),
    repaired(
        "keeps_no_calls",
        "The result of a call is refused where the call is in an earlier response.",
        "tools.second_turn_by_id",
        refused_results,
        parameter="previous_response_id",
    ),
)
