"""Defects of what a request asks for: caps, formats, tools, reasoning and inputs that are accepted and have no effect."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.defects.responses.accepted import items_of
from conformance.mock.defects.responses.building import drop, in_items, named, of_response, put, repaired
from conformance.mock.engine.request import Form
from conformance.mock.surfaces.responses.columns import ENCRYPTED, LOGPROBS
from conformance.mock.surfaces.responses.defect import ResponsesDefect
from conformance.mock.surfaces.responses.request import ResponsesRequest

Request = ResponsesRequest
COUNTED = 5  # input tokens that a gateway counts for any input


def ignored(
    name: str, symptom: str, claims: str, request: Callable[[Request], Request], **more: Any
) -> ResponsesDefect:
    """Return a defect that changes a request after it was checked."""
    return ResponsesDefect(name, symptom, named(claims), request=request, **more)


def without_form(kind: str) -> Callable[[Request], Request]:
    """Return a change that asks for text in place of a form."""
    return lambda request: replace(request, form=Form()) if request.form.kind == kind else request


def with_choice(old: Any, new: str) -> Callable[[Request], Request]:
    """Return a change of the choice of tools."""
    return lambda request: replace(request, tool_choice=new) if old(request.tool_choice) else request


def with_any_tool(body: Json) -> Json:
    """Return a body that allows all tools where it allows some."""
    choice = body["tool_choice"]
    return {**body, "tool_choice": "required"} if "allowed_tools" in str(choice) else body


def without_default_choice(body: Json) -> Json:
    """Return a body that forbids functions where it does not choose."""
    only = body["tools"] and all(tool.get("type") == "function" for tool in body["tools"])
    return {**body, "tool_choice": "none"} if only and "tool_choice" not in body else body


def with_other_name(request: Request, response: Json) -> Json:
    """Return a response with a call of an unknown tool, where the model may choose."""
    chosen = request.body.get("tool_choice") == "auto" and len(request.tools) == 1
    return in_items(put(name="other_tool"), "function_call")(response) if chosen else response


def with_bare_entries(request: Request, response: Json) -> Json:
    """Return a response whose entries have no arguments."""
    return in_items(lambda item: {**item, "arguments": "{}"} if item["name"] == "add_entry" else item, "function_call")(
        response
    )


def with_outputs(change: Callable[[Any], Any]) -> Callable[[Json], Json]:
    """Return a change of the outputs of functions in the input of a body."""

    def changed(body: Json) -> Json:
        items = [
            {**item, "output": change(item["output"])}
            if isinstance(item, dict) and item.get("type") == "function_call_output" and "output" in item
            else item
            for item in items_of(body)
        ]
        return {**body, "input": items} if items else body

    return changed


def with_known_calls(body: Json) -> Json:
    """Return a body whose outputs belong to its calls."""
    called = [
        item["call_id"] for item in items_of(body) if isinstance(item, dict) and item.get("type") == "function_call"
    ]
    items = [
        {**item, "call_id": called[-1]}
        if called and isinstance(item, dict) and item.get("type") == "function_call_output"
        else item
        for item in items_of(body)
    ]
    return {**body, "input": items} if items else body


def kept(right: Callable[[Json], bool]) -> Callable[[Json], Json]:
    """Return a change that keeps only some items of an input."""

    def changed(body: Json) -> Json:
        items = items_of(body)
        return (
            {**body, "input": [item for item in items if not isinstance(item, dict) or right(item)]} if items else body
        )

    return changed


def without_history(body: Json) -> Json:
    """Return a body with its last item alone, if it has an earlier answer as a text."""
    items = items_of(body)
    answers = [item for item in items if isinstance(item, dict) and item.get("role") == "assistant"]
    said = any(isinstance(item.get("content"), str) for item in answers)
    return {**body, "input": items[-1:]} if said and not any("call_id" in item for item in items) else body


def without_pictures(body: Json) -> Json:
    """Return a body without pictures."""
    items = [
        {**item, "content": [part for part in item["content"] if part.get("type") != "input_image"]}
        if isinstance(item, dict) and isinstance(item.get("content"), list)
        else item
        for item in items_of(body)
    ]
    return {**body, "input": items} if items and "bm8gaW1hZ2U=" not in str(body["input"]) else body


def without_setting(name: str, key: str) -> Callable[[Json], Json]:
    """Return a change that takes a key from an object of a body."""
    return lambda body: {**body, name: drop(key)(body[name])} if isinstance(body[name], dict) else body


def not_including(value: str) -> Callable[[Json], Json]:
    """Return a change that takes a value from include."""
    return lambda body: {**body, "include": [each for each in body["include"] if each != value]}


def with_constant_count(response: Json) -> Json:
    """Return a response that counts the same tokens for any input."""
    usage = response["usage"]
    return {**response, "usage": {**usage, "input_tokens": COUNTED, "total_tokens": COUNTED + usage["output_tokens"]}}


def with_uncounted_thoughts(response: Json) -> Json:
    """Return a response that counts no tokens of reasoning."""
    return {**response, "usage": {**response["usage"], "output_tokens_details": {"reasoning_tokens": 0}}}


def with_lasting_instructions(request: Request) -> Request:
    """Return a request whose instructions become a part of its conversation."""
    orders = request.values.get("instructions")
    if orders:
        request.conversation.messages.insert(0, {"role": "system", "content": orders})
    return request


def with_file_name(item: Any) -> Any:
    """Return an item whose files have names."""
    content = item.get("content") if isinstance(item, dict) else None
    if not isinstance(content, list):
        return item
    parts = [{"filename": "file.pdf", **part} if part.get("type") == "input_file" else part for part in content]
    return {**item, "content": parts}


DEFECTS = (
    ignored(
        "ignores_caps_of_responses",
        "max_output_tokens has no effect.",
        "max_output_tokens.caps",
        lambda request: replace(request, cap=None),
    ),
    ignored(
        "ignores_text_format",
        "A schema has no effect.",
        "text.json_schema text.json_schema_stream text.json_schema_nested text.json_schema_enum text.json_schema_array "
        "text.json_schema_strict_shape text.json_schema_features",
        without_form("json_schema"),
        parameter="text",
    ),
    ignored(
        "ignores_json_object_of_text",
        "The format json_object has no effect.",
        "text.json_object",
        without_form("json_object"),
        parameter="text",
    ),
    repaired(
        "ignores_verbosity",
        "verbosity has no effect.",
        "text.verbosity",
        without_setting("text", "verbosity"),
        parameter="text",
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
        named("tools.call"),
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
    repaired(
        "loses_answers",
        "Earlier answers do not reach the model.",
        "input.history",
        without_history,
    ),
    repaired(
        "ignores_instructions",
        "Instructions have no effect.",
        "input.instructions",
        drop("instructions"),
        parameter="instructions",
    ),
    ignored(
        "keeps_instructions",
        "Instructions act on the response that goes on from theirs.",
        "input.instructions_not_inherited",
        with_lasting_instructions,
        parameter="instructions",
    ),
    repaired("loses_pictures", "Pictures do not reach the model.", "input.image_data_url", without_pictures),
    repaired(
        "names_files_itself",
        "A file without a name is taken.",
        "input.file_name_missing",
        lambda body: (
            {
                **body,
                "input": [with_file_name(item) for item in items_of(body)],
            }
            if items_of(body)
            else body
        ),
    ),
    ResponsesDefect(
        "counts_all_inputs_alike",
        "Every input has the same number of tokens.",
        named("usage.grows state.input_tokens"),
        object=of_response(with_constant_count),
    ),
    ResponsesDefect(
        "caches_nothing", "A long input that comes again is not cached.", named("usage.cached"), cached=lambda count: 0
    ),
    ResponsesDefect(
        "counts_no_reasoning",
        "Tokens of reasoning are not counted apart.",
        named("usage.reasoning reasoning.effort_effect"),
        kinds=("reasoning",),
        object=of_response(with_uncounted_thoughts),
    ),
    repaired(
        "ignores_include_of_logprobs",
        "Log probabilities do not come.",
        "include.logprobs",
        not_including(LOGPROBS),
        parameter="include",
        kinds=("chat",),
    ),
    repaired(
        "ignores_summary",
        "No summary of the reasoning comes.",
        "reasoning.summary",
        without_setting("reasoning", "summary"),
        parameter="reasoning",
        kinds=("reasoning",),
    ),
    repaired(
        "ignores_include_of_encrypted",
        "Encrypted reasoning does not come.",
        "reasoning.encrypted",
        not_including(ENCRYPTED),
        parameter="include",
        kinds=("reasoning",),
    ),
    repaired(
        "skips_reasoning_items",
        "Reasoning that comes back is left out.",
        "reasoning.encrypted_tampered reasoning.encrypted_lost",
        kept(lambda item: item.get("type") != "reasoning"),
        kinds=("reasoning",),
    ),
)
