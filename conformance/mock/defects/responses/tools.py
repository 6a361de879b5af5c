"""Defects of tools."""

from dataclasses import replace

from conformance.mock.defects.responses.building.accepted import (
    with_all_outputs,
    with_declared_choice,
    with_flat_tools,
    with_known_choice,
    with_sound_names,
    without_unknown_tools,
)
from conformance.mock.defects.responses.building.changes import drop, in_items, named, of_response, put, repaired
from conformance.mock.defects.responses.building.effects import (
    ignored,
    with_any_tool,
    with_bare_entries,
    with_choice,
    with_known_calls,
    with_other_name,
    with_outputs,
    without_calls,
    without_default_choice,
    without_tools,
)
from conformance.mock.defects.responses.building.refused import declares, of_items, refused, takes_nothing
from conformance.mock.defects.responses.building.reply import with_one_call_id
from conformance.mock.surfaces.responses.defect import ResponsesDefect

DEFECTS = (
    repaired(
        "makes_up_outputs", "A call without an output is given an empty one.", "tools.output_missing", with_all_outputs
    ),
    repaired(
        "takes_tools_of_chat",
        "Tools in the form of Chat Completions are taken.",
        "tools.nested_shape",
        with_flat_tools,
        parameter="tools",
    ),
    repaired(
        "skips_unknown_tools",
        "A tool of an unknown type is left out.",
        "tools.unknown_type",
        without_unknown_tools,
        parameter="tools",
    ),
    repaired(
        "takes_names_with_spaces",
        "A name of a function with a space in it is taken.",
        "tools.bad_name",
        with_sound_names,
        parameter="tools",
    ),
    repaired(
        "takes_unknown_choices",
        "An unknown choice is taken for auto.",
        "tools.choice_bogus",
        with_known_choice,
        parameter="tool_choice",
    ),
    repaired(
        "takes_undeclared_choices",
        "A choice of a function that is not declared is taken for auto.",
        "tools.choice_unknown_name",
        with_declared_choice,
        parameter="tool_choice",
    ),
    refused(
        "refuses_empty_outputs",
        "An empty output of a call is refused.",
        "tools.output_empty",
        of_items(lambda item: item.get("output") == ""),
        "input",
        reports=("N026",),
    ),
    refused("refuses_namespaces", "A namespace is refused.", "tools.namespace", declares("namespace"), "tools"),
    refused(
        "refuses_custom_tools",
        "A custom tool is refused.",
        "tools.custom input.custom_tool_items",
        declares("custom"),
        "tools",
    ),
    refused(
        "refuses_web_search",
        "web_search_preview is refused.",
        "tools.hosted_web_search",
        declares("web_search_preview"),
        "tools",
    ),
    refused(
        "refuses_code_interpreter",
        "code_interpreter is refused.",
        "tools.hosted_code_interpreter",
        declares("code_interpreter"),
        "tools",
    ),
    refused("refuses_file_search", "file_search is refused.", "tools.file_search", declares("file_search"), "tools"),
    refused(
        "refuses_strict_functions",
        "A strict function is refused.",
        "tools.strict",
        lambda body: any(tool.get("strict") is True for tool in body.get("tools", ())),
        "tools",
    ),
    ignored(
        "ignores_choice_none",
        "With the choice none a function is called.",
        "tools.choice_none",
        with_choice(lambda choice: choice == "none", "auto"),
        parameter="tool_choice",
    ),
    ignored(
        "ignores_choice_required",
        "With the choice required no function is called.",
        "tools.choice_required",
        with_choice(lambda choice: choice == "required", "auto"),
        parameter="tool_choice",
    ),
    ignored(
        "ignores_named_choice",
        "The function that the choice names is not called.",
        "tools.choice_named",
        with_choice(lambda choice: isinstance(choice, dict), "auto"),
        parameter="tool_choice",
    ),
    repaired(
        "allows_all_tools",
        "Functions that are not allowed are called.",
        "tools.choice_allowed",
        with_any_tool,
        parameter="tool_choice",
    ),
    repaired(
        "calls_nothing_by_default",
        "Without a choice no function is called.",
        "tools.choice_auto",
        without_default_choice,
        parameter="tools",
    ),
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
    ignored(
        "calls_in_parallel_always",
        "Parallel calls cannot be switched off.",
        "tools.parallel_false",
        lambda request: replace(request, parallel_tool_calls=True),
        parameter="parallel_tool_calls",
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
    repaired(
        "drops_custom_tools",
        "Custom tools are dropped from the request.",
        "tools.custom",
        without_tools("custom"),
        parameter="tools",
        reports=("N007",),
    ),
    repaired(
        "drops_namespaces",
        "Namespaces are dropped from the request.",
        "tools.namespace",
        without_tools("namespace"),
        parameter="tools",
        reports=("N269",),
    ),
    refused(
        "refuses_lists_as_outputs",
        "An output that is a list of parts is refused.",
        "tools.output_parts",
        of_items(lambda item: item.get("type") == "function_call_output" and isinstance(item.get("output"), list)),
        "input",
        reports=("N042",),
    ),
    ResponsesDefect(
        "loses_calls_of_plain_answers",
        "Calls are missing in answers that are not streamed.",
        named("tools.choice_required tools.choice_named tools.namespace"),
        parameter="tools",
        whole=of_response(without_calls),
        reports=("N272",),
    ),
    refused(
        "refuses_functions_without_parameters",
        "A function without parameters is refused.",
        "tools.no_parameters",
        lambda body: any(map(takes_nothing, body["tools"])),
        "tools",
        parameter="tools",
    ),
)
