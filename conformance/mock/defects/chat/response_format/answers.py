"""Defects of response_format and of structured answers."""

from dataclasses import replace
from typing import Any

from conformance.mock.defects.chat.building.answers import JOINED_TEXT_CLAIMS, STRUCTURED_CLAIMS, with_text
from conformance.mock.defects.chat.building.bodies import fault, refused_where
from conformance.mock.defects.chat.building.types import has_type, null_refused, replace_wrong_value, type_defects
from conformance.mock.defects.defect import Json
from conformance.mock.defects.structures import (
    change_values,
    outside_of_enum,
    outside_of_enum_of_nested,
    with_empty_inner_objects,
    with_extra_key,
    with_requested_key,
    without_items,
)
from conformance.mock.engine.answer import Draft, free_text
from conformance.mock.engine.classes import KINDS
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.chat.columns import Profile
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest
from conformance.mock.surfaces.chat.structures import ResponseFormat

REASONING = "<think>The user asks for something, so the answer has to come after this.</think>\n\n"


def with_prose(request: ChatRequest, draft: Draft) -> Draft:
    """Return free text instead of JSON that response_format asks for."""
    wanted = request.form.kind != "text" and not draft.calls
    return Draft(free_text(request, 0)) if wanted else draft


def with_any_schema(profile: Profile) -> Profile:
    """Return the profile with a json_schema accepted without a name and with any schema."""
    rule = profile.rules["response_format"]
    assert isinstance(rule, ResponseFormat)
    return replace(profile, rules={**profile.rules, "response_format": replace(rule, strict=False)})


def in_code_block(request: ChatRequest, draft: Draft) -> Draft:
    """Return a structured answer inside a Markdown code block."""
    wanted = request.form.kind != "text" and not draft.calls
    return Draft(f"```json\n{draft.text}\n```") if wanted else draft


def with_empty_texts(request: ChatRequest, body: Json) -> Json:
    """Return the body with empty texts."""
    for choice in body["choices"]:
        if isinstance(choice["message"]["content"], str):
            choice["message"]["content"] = ""
    return body


def is_unknown_type(value: Any) -> bool:
    """Return whether a response_format has an unknown type."""
    return isinstance(value, dict) and value.get("type") not in ("text", "json_object", "json_schema")


DEFECTS = (
    ChatDefect(
        "breaks_on_null_response_format",
        "null for response_format is answered with status 500.",
        claims=("chat.response_format.null",),
        reports=("B03",),
        parameter="response_format",
        body=refused_where(lambda value: value is None, fault, "response_format"),
    ),
    ChatDefect(
        "ignores_response_format",
        "response_format is accepted, and the answer is prose.",
        parameter="response_format",
        claims=(
            "chat.response_format.json_schema",
            "chat.response_format.json_object",
            "chat.response_format.nested",
            "chat.response_format.enum",
            "chat.response_format.array",
            "chat.response_format.not_strict",
            "chat.response_format.additional_properties",
        ),
        reports=("D071",),
        draft=with_prose,
    ),
    ChatDefect(
        "adds_keys_to_structured_answers",
        "Objects in a structured answer have a key that their schema forbids.",
        claims=(
            "chat.response_format.json_schema",
            "chat.response_format.nested",
            "chat.response_format.not_strict",
            "chat.response_format.additional_properties",
        ),
        parameter="response_format",
        reports=("D067",),
        draft=change_values(with_extra_key),
    ),
    ChatDefect(
        "leaves_enums",
        "Values in a structured answer are not among those that the schema's enum lists.",
        parameter="response_format",
        claims=("chat.response_format.json_schema", "chat.response_format.enum", "chat.response_format.not_strict"),
        draft=change_values(outside_of_enum),
    ),
    ChatDefect(
        "adds_keys_that_the_prompt_asks_for",
        "A structured answer has a key that the prompt asks for and its schema forbids.",
        parameter="response_format",
        claims=("chat.response_format.additional_properties",),
        draft=with_requested_key,
    ),
    ChatDefect(
        "empties_inner_objects",
        "An object inside the object of a structured answer is empty, whatever the schema requires.",
        parameter="response_format",
        claims=("chat.response_format.nested", "chat.response_format.features"),
        draft=change_values(with_empty_inner_objects),
    ),
    ChatDefect(
        "leaves_enums_of_nested_schemas",
        "If a schema has an object in an object, values are not among those that an enum lists.",
        parameter="response_format",
        claims=("chat.response_format.enum",),
        draft=outside_of_enum_of_nested,
    ),
    ChatDefect(
        "empties_arrays",
        "Arrays in a structured answer are empty, whatever the schema requires.",
        parameter="response_format",
        claims=("chat.response_format.array", "chat.response_format.keywords"),
        draft=change_values(without_items),
    ),
    ChatDefect(
        "accepts_any_schema",
        "A json_schema is not checked: it may lack its name and contain an invalid schema.",
        parameter="response_format",
        claims=("chat.response_format.missing_name", "chat.response_format.bad_schema"),
        kinds=("chat", "reasoning"),
        profile=with_any_schema,
    ),
    ChatDefect(
        "refuses_json_schema",
        "A response_format of type json_schema is refused.",
        claims=(
            "chat.example.answered",
            "chat.response_format.json_schema",
            "chat.response_format.nested",
            "chat.response_format.enum",
            "chat.response_format.array",
            "chat.response_format.not_strict",
            "chat.response_format.truncated",
            "chat.response_format.additional_properties",
        ),
        reports=("D069",),
        parameter="response_format",
        body=refused_where(
            lambda value: isinstance(value, dict) and value.get("type") == "json_schema",
            lambda value: ApiError("This response_format type is not available.", param="response_format"),
            "response_format",
        ),
    ),
    ChatDefect(
        "fences_structured_answers",
        "JSON requested with response_format comes inside a Markdown code block.",
        claims=STRUCTURED_CLAIMS,
        parameter="response_format",
        draft=in_code_block,
    ),
    ChatDefect(
        "thinks_aloud_in_plain_answers",
        "The text of a non-streamed answer begins with the model's reasoning in tags.",
        claims=("chat.reply.reasoning_apart", *STRUCTURED_CLAIMS, *JOINED_TEXT_CLAIMS),
        whole=with_text(REASONING),
    ),
    ChatDefect(
        "empties_texts_of_plain_answers",
        "The content of a non-streamed answer is an empty string, though its usage counts the text.",
        claims=("chat.reply.text", *STRUCTURED_CLAIMS, *JOINED_TEXT_CLAIMS),
        whole=with_empty_texts,
    ),
    ChatDefect(
        "accepts_any_response_format",
        "An unknown response_format type is treated as text.",
        claims=("chat.response_format.unknown_type",),
        reports=("D282",),
        parameter="response_format",
        body=replace_wrong_value("response_format", is_unknown_type),
    ),
    *type_defects("response_format", has_type(dict), KINDS),
    null_refused("response_format"),
)
