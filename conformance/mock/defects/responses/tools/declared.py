"""Defects of the tools that a request declares."""

from conformance.mock.defects.responses.building.accepted import (
    with_flat_tools,
    with_sound_names,
    without_unknown_tools,
)
from conformance.mock.defects.responses.building.changes import repaired
from conformance.mock.defects.responses.building.effects import without_tools
from conformance.mock.defects.responses.building.refused import declares, refused, takes_nothing

DEFECTS = (
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
        "refuses_functions_without_parameters",
        "A function without parameters is refused.",
        "tools.no_parameters",
        lambda body: any(map(takes_nothing, body["tools"])),
        "tools",
        parameter="tools",
    ),
)
