"""Defects of the tools that a request declares."""

from dataclasses import replace

from conformance.mock.defects.defect import Json
from conformance.mock.defects.gemini.building import of_declarations, of_tools, without
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.gemini.defect import GeminiDefect


def alone(body: Json) -> Json:
    """Return a body without search where functions are declared."""
    tools = body.get("tools")
    functions = isinstance(tools, list) and any("functionDeclarations" in tool for tool in tools)
    return of_tools(lambda tool: without(tool, "googleSearch"))(body) if functions else body


def with_parameters(declared: Json) -> Json:
    """Refuse a function without parameters."""
    if not {"parameters", "parametersJsonSchema", "parameters_json_schema"} & declared.keys():
        raise ApiError("A function must have parameters.", param="tools")
    return declared


DEFECTS = (
    GeminiDefect(
        "gemini_keeps_one_declaration",
        "Only the first declared function can be called.",
        ("gemini.tools.many_declarations", "gemini.tools.several_entries"),
        reports=("N171",),
        request=lambda request: replace(request, tools=request.tools[:1]),
    ),
    GeminiDefect(
        "gemini_drops_json_schemas",
        "Parameters in JSON schema are dropped.",
        ("gemini.tools.parameters_json_schema", "gemini.case.sdk_mix"),
        reports=("N257",),
        body=of_declarations(lambda each: without(each, "parametersJsonSchema", "parameters_json_schema")),
    ),
    GeminiDefect(
        "gemini_takes_any_function_name",
        "A function name with a blank is taken.",
        ("gemini.tools.bad_name",),
        body=of_declarations(lambda each: {**each, "name": each["name"].replace(" ", "_")}),
    ),
    GeminiDefect(
        "gemini_takes_any_keyword",
        "Keywords that schema objects do not have are ignored.",
        ("gemini.tools.schema_keyword",),
        body=of_declarations(
            lambda each: (
                {**each, "parameters": without(each["parameters"], "$schema")} if "parameters" in each else each
            )
        ),
    ),
    GeminiDefect(
        "gemini_uses_no_tools_of_its_own",
        "Search, code and pages are ignored.",
        ("gemini.tools.google_search", "gemini.tools.code_execution", "gemini.tools.url_context"),
        request=lambda request: replace(request, built_in=()),
    ),
    GeminiDefect(
        "gemini_searches_beside_functions",
        "Search and functions can be declared together.",
        ("gemini.tools.search_and_functions",),
        body=alone,
    ),
    GeminiDefect(
        "gemini_wants_parameters",
        "A function without parameters is refused.",
        ("gemini.tools.no_parameters",),
        body=of_declarations(with_parameters),
    ),
)
