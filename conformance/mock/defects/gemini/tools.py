"""Defects of tools: what is declared, what is called, and what becomes of results and signatures."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from conformance.mock.defects.defect import Json
from conformance.mock.defects.gemini.building import (
    of_candidates,
    of_declarations,
    of_given_parts,
    of_parts,
    of_tools,
    plainly,
    without,
)
from conformance.mock.engine.answer import Draft
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.request import MODES, GeminiRequest


def chosen(before: str, after: str) -> Callable[[GeminiRequest], GeminiRequest]:
    """Return a change of a request that takes one choice of tools for another."""
    return lambda request: replace(request, tool_choice=after) if request.tool_choice == before else request


def always_calling(request: GeminiRequest) -> GeminiRequest:
    """Return a request that requires a call if it has functions and no way of calling them."""
    return replace(request, tool_choice="required") if request.tools and "toolConfig" not in request.body else request


def of_calling(body: Json, change: Callable[[Json], Json]) -> Json:
    """Return a body with its way of calling functions changed."""
    config = body.get("toolConfig", {}).get("functionCallingConfig")
    return {**body, "toolConfig": {"functionCallingConfig": change(config)}} if config else body


def with_known_mode(config: Json) -> Json:
    """Return a way of calling with the mode AUTO in place of an unknown one."""
    return {**config, "mode": config["mode"] if config.get("mode") in MODES else "AUTO"}


def with_another_name(parts: list[Json]) -> list[Json]:
    """Return parts in which the last of several calls has a name that nobody declared."""
    calls = [part for part in parts if "functionCall" in part]
    if len(calls) < 2:
        return parts
    return [*parts[:-1], {**parts[-1], "functionCall": {**parts[-1]["functionCall"], "name": "nobody_declared"}}]


def calling_twice(request: GeminiRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the responses with each call of a single tool once more."""
    for chunk in chunks:
        parts = chunk["candidates"][0]["content"].get("parts", [])
        if len(request.tools) == 1 and any("functionCall" in part for part in parts):
            yield of_candidates(lambda each: without(each, "finishReason"))(chunk)
        yield chunk


def without_results(request: GeminiRequest) -> GeminiRequest:
    """Return a request in which results are empty."""
    messages = (({**each, "content": "."} if each["role"] == "tool" else each) for each in request.messages)
    return replace(request, messages=tuple(messages))


def with_objects(parts: list[Json]) -> list[Json]:
    """Return parts whose results are objects."""
    return [
        {**part, "functionResponse": {**part["functionResponse"], "response": {"output": "."}}}
        if isinstance(part.get("functionResponse", {}).get("response"), str)
        else part
        for part in parts
    ]


def refusing_errors(parts: list[Json]) -> list[Json]:
    """Refuse results that are errors."""
    if any("error" in str(part.get("functionResponse", {}).get("response")) for part in parts):
        raise ApiError("A result must have an output.", param="contents")
    return parts


def alone(body: Json) -> Json:
    """Return a body without search where functions are declared."""
    tools = body.get("tools")
    functions = isinstance(tools, list) and any("functionDeclarations" in tool for tool in tools)
    return of_tools(lambda tool: without(tool, "googleSearch"))(body) if functions else body


def with_module(request: GeminiRequest, draft: Draft) -> Draft:
    """Return calls that were not required with the module in front of their names in which models write them."""
    if request.tool_choice != "auto":
        return draft
    return replace(draft, calls=tuple(replace(call, name=f"default_api.{call.name}") for call in draft.calls))


def with_parameters(declared: Json) -> Json:
    """Refuse a function without parameters."""
    if not {"parameters", "parametersJsonSchema", "parameters_json_schema"} & declared.keys():
        raise ApiError("A function must have parameters.", param="tools")
    return declared


def with_one_id(parts: list[Json]) -> list[Json]:
    """Return parts whose calls have the same id."""
    return [
        {**part, "functionCall": {**part["functionCall"], "id": "call-1"}} if "functionCall" in part else part
        for part in parts
    ]


def with_short_results(request: GeminiRequest) -> GeminiRequest:
    """Return a request with the beginning of long results only."""
    messages = (
        {**each, "content": each["content"][:500]} if each["role"] == "tool" else each for each in request.messages
    )
    return replace(request, messages=tuple(messages))


def known_before(config: Json) -> Json:
    """Refuse the mode VALIDATED, which is newer than the others."""
    if config.get("mode") == "VALIDATED":
        raise ApiError("Invalid value at 'tool_config.function_calling_config.mode'.", param="tool_config")
    return config


DEFECTS = (
    GeminiDefect(
        "gemini_ignores_mode_any",
        "The mode ANY is AUTO.",
        ("gemini.tools.mode_any",),
        request=chosen("required", "auto"),
    ),
    GeminiDefect(
        "gemini_ignores_mode_none",
        "The mode NONE is AUTO.",
        ("gemini.tools.mode_none",),
        request=chosen("none", "auto"),
    ),
    GeminiDefect(
        "gemini_always_calls",
        "Without a mode a function is always called.",
        ("gemini.tools.mode_auto",),
        request=always_calling,
    ),
    GeminiDefect(
        "gemini_ignores_allowed_names",
        "Any function is called, whatever is allowed.",
        ("gemini.tools.allowed_names",),
        body=lambda body: of_calling(body, lambda config: without(config, "allowedFunctionNames")),
    ),
    GeminiDefect(
        "gemini_takes_any_mode",
        "An unknown mode is AUTO.",
        ("gemini.tools.mode_bogus",),
        body=lambda body: of_calling(body, with_known_mode),
    ),
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
        "gemini_names_no_calls",
        "Calls have no id.",
        ("gemini.tools.id",),
        whole=plainly(
            of_parts(
                lambda parts: [
                    {**part, "functionCall": without(part["functionCall"], "id")} if "functionCall" in part else part
                    for part in parts
                ]
            )
        ),
    ),
    GeminiDefect(
        "gemini_invents_functions",
        "The second of two calls has a name that nobody declared.",
        ("gemini.tools.parallel",),
        whole=plainly(of_parts(with_another_name)),
    ),
    GeminiDefect(
        "gemini_streams_calls_twice",
        "A stream has each call twice.",
        ("gemini.tools.stream_agrees",),
        events=calling_twice,
    ),
    GeminiDefect(
        "gemini_loses_results",
        "Results of calls do not reach the model.",
        ("gemini.tools.second_turn", "gemini.tools.result_long"),
        request=without_results,
    ),
    GeminiDefect(
        "gemini_takes_text_as_result",
        "A result that is a text is taken.",
        ("gemini.tools.response_not_object",),
        body=of_given_parts(with_objects),
    ),
    GeminiDefect(
        "gemini_refuses_errors_as_results",
        "A result that is an error is refused.",
        ("gemini.tools.response_error_key",),
        body=of_given_parts(refusing_errors),
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
        "gemini_spells_arguments_as_text",
        "The arguments of a call are a text.",
        (
            "gemini.tools.every_arguments",
            *("gemini.tools.args_object", "gemini.tools.args_fit", "gemini.tools.no_parameters", "gemini.case.sdk_mix"),
            *("gemini.tools.parameters_json_schema", "gemini.tools.allowed_names", "gemini.tools.mode_validated"),
            *("gemini.signature.round_trip", "gemini.contents.sent_back"),
        ),
        whole=plainly(
            of_parts(
                lambda parts: [
                    {**part, "functionCall": {**part["functionCall"], "args": "{}"}} if "functionCall" in part else part
                    for part in parts
                ]
            )
        ),
    ),
    GeminiDefect(
        "gemini_names_the_module_of_functions",
        "The name of a call that is not required has a prefix that its declaration lacks.",
        ("gemini.tools.declared", "gemini.tools.call", "gemini.tools.parallel"),
        draft=with_module,
    ),
    GeminiDefect(
        "gemini_wants_parameters",
        "A function without parameters is refused.",
        ("gemini.tools.no_parameters",),
        body=of_declarations(with_parameters),
    ),
    GeminiDefect(
        "gemini_gives_calls_one_id",
        "All calls of an answer have one id.",
        ("gemini.tools.ids_differ",),
        reports=("N178",),
        whole=plainly(of_parts(with_one_id)),
    ),
    GeminiDefect(
        "gemini_ignores_camel_case_in_tool_config",
        "A toolConfig in camel case is dropped.",
        (
            *(
                "gemini.tools.mode_any",
                "gemini.tools.mode_none",
                "gemini.tools.mode_bogus",
                "gemini.tools.allowed_names",
            ),
            *("gemini.tools.never_called", "gemini.tools.always_called"),
        ),
        reports=("N172",),
        body=lambda body: without(body, "toolConfig"),
    ),
    GeminiDefect(
        "gemini_shortens_results",
        "The end of a long result is dropped.",
        ("gemini.tools.result_long",),
        request=with_short_results,
    ),
    GeminiDefect(
        "gemini_knows_no_validated_mode",
        "The mode VALIDATED is refused.",
        ("gemini.tools.mode_validated",),
        body=lambda body: of_calling(body, known_before),
    ),
)
