"""Defects of checks that are too strict: what is documented is refused."""

from collections.abc import Callable
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.defects.responses.accepted import items_of
from conformance.mock.defects.responses.building import repaired
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.responses.defect import ResponsesDefect


def refused(
    name: str, symptom: str, claims: str, met: Callable[[Json], bool], param: str, **more: Any
) -> ResponsesDefect:
    """Return a defect that refuses a body in which something is met."""

    def refuse(body: Json) -> Json:
        if met(body):
            raise ApiError("This is not supported.", param=param, code="unsupported_value")
        return body

    return repaired(name, symptom, claims, refuse, **more)


def of_items(met: Callable[[Json], bool]) -> Callable[[Json], bool]:
    """Return whether something is met in an item of an input."""
    return lambda body: any(met(item) for item in items_of(body) if isinstance(item, dict))


def single(body: Json, kind: type) -> bool:
    """Return whether an input is one message of the user with a content of a type."""
    items = items_of(body)
    alone = len(items) == 1 and isinstance(items[0], dict) and items[0].get("type") == "message"
    return alone and isinstance(items[0].get("content"), kind)


def has_part(kind: str, **fields: Any) -> Callable[[Json], bool]:
    """Return whether a message has a part of this type with these fields."""

    def met(item: Json) -> bool:
        content = item.get("content")
        parts = content if isinstance(content, list) else []
        return any(
            part.get("type") == kind and all(part.get(name) == value for name, value in fields.items())
            for part in parts
        )

    return met


def has_type(kind: str) -> Callable[[Json], bool]:
    """Return whether an item is of this type."""
    return lambda item: item.get("type") == kind


def declares(kind: str) -> Callable[[Json], bool]:
    """Return whether a body declares a tool of this type."""
    return lambda body: any(tool.get("type") == kind for tool in body.get("tools", ()))


DEFECTS = (
    refused(
        "refuses_items",
        "A message as the only item is refused.",
        "input.items",
        lambda body: single(body, str),
        "input",
    ),
    refused(
        "refuses_parts_of_input",
        "A message of parts as the only item is refused.",
        "input.parts",
        lambda body: (
            single(body, list)
            and not of_items(has_part("input_image"))(body)
            and not of_items(has_part("input_file"))(body)
        ),
        "input",
    ),
    refused(
        "refuses_typeless_items",
        "An item without a type is refused.",
        "input.typeless",
        of_items(
            lambda item: "type" not in item and item.get("role") == "user" and isinstance(item.get("content"), str)
        ),
        "input",
    ),
    refused(
        "refuses_role_system",
        "A message with the role system is refused.",
        "input.system",
        of_items(lambda item: item.get("role") == "system"),
        "input",
    ),
    refused(
        "refuses_role_developer_in_input",
        "A message with the role developer is refused.",
        "input.developer",
        of_items(lambda item: item.get("role") == "developer" and item.get("type") == "message"),
        "input",
    ),
    refused(
        "refuses_annotations",
        "Parts of an answer that come back with annotations are refused.",
        "input.assistant_output_text input.assistant_without_id input.unstored_ids",
        of_items(has_part("output_text", annotations=[])),
        "input",
    ),
    refused(
        "refuses_answers_without_id",
        "An answer that comes back without an id is refused.",
        "input.assistant_without_id",
        of_items(lambda item: has_part("output_text")(item) and "id" not in item),
        "input",
    ),
    refused(
        "refuses_unstored_ids",
        "An answer that was never stored is refused.",
        "input.unstored_ids",
        lambda body: (
            body.get("store") is False and of_items(lambda item: item.get("type") == "message" and "id" in item)(body)
        ),
        "input",
    ),
    refused(
        "refuses_other_letters",
        "A text with letters beyond ASCII is refused.",
        "input.unicode",
        lambda body: (
            isinstance(body.get("input"), str) and not body["input"].isascii() and "note" in body["input"].lower()
        ),
        "input",
    ),
    refused(
        "refuses_high_detail",
        "A picture with detail high is refused.",
        "input.image_detail",
        of_items(has_part("input_image", detail="high")),
        "input",
    ),
    refused("refuses_files", "A file is refused.", "input.file_data", of_items(has_part("input_file")), "input"),
    refused(
        "refuses_additional_tools",
        "Tools in the input are refused.",
        "input.additional_tools",
        of_items(has_type("additional_tools")),
        "input",
    ),
    refused(
        "refuses_custom_calls",
        "Calls of custom tools in the input are refused.",
        "input.custom_tool_items",
        of_items(has_type("custom_tool_call")),
        "input",
    ),
    refused(
        "refuses_tool_search",
        "Items of a search for tools are refused.",
        "input.tool_search_items",
        of_items(has_type("tool_search_call")),
        "input",
    ),
    refused(
        "refuses_empty_outputs",
        "An empty output of a call is refused.",
        "tools.output_empty",
        of_items(lambda item: item.get("output") == ""),
        "input",
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
    refused(
        "refuses_format_text",
        "The format text is refused.",
        "text.format_text",
        lambda body: body.get("text") == {"format": {"type": "text"}},
        "text",
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
        "refuses_temperature_null_on_responses",
        "A temperature of null is refused.",
        "temperature.null",
        lambda body: body.get("temperature", 1) is None,
        "temperature",
    ),
    refused(
        "refuses_temperature_2_on_responses",
        "A temperature of 2 is refused.",
        "temperature.range",
        lambda body: body.get("temperature") == 2,
        "temperature",
        kinds=("chat",),
    ),
    refused(
        "refuses_top_p_1",
        "A top_p of 1 is refused.",
        "top_p.range",
        lambda body: body.get("top_p") == 1,
        "top_p",
        kinds=("chat",),
    ),
    refused(
        "refuses_20_top_logprobs",
        "A top_logprobs of 20 is refused.",
        "top_logprobs.range",
        lambda body: body.get("top_logprobs") == 20,
        "top_logprobs",
        kinds=("chat",),
    ),
    refused(
        "refuses_encrypted_reasoning",
        "Encrypted reasoning that comes back is refused.",
        "reasoning.encrypted_round_trip",
        of_items(lambda item: "encrypted_content" in item),
        "input",
        kinds=("reasoning",),
    ),
)
