"""Defects of the form of an answer."""

from conformance.mock.defects.responses.building.accepted import with_named_schema, without_silent_objects
from conformance.mock.defects.responses.building.changes import drop, named, repaired
from conformance.mock.defects.responses.building.effects import ignored, without_form, without_setting
from conformance.mock.defects.responses.building.refused import refused
from conformance.mock.defects.structures import (
    change_values,
    outside_of_enum_of_nested,
    sorted_keys,
    with_empty_inner_objects,
    with_requested_key,
    without_items,
)
from conformance.mock.surfaces.responses.defect import ResponsesDefect

DEFECTS = (
    repaired(
        "takes_schemas_without_name",
        "A schema without a name is taken.",
        "text.schema_missing_name",
        with_named_schema,
        parameter="text",
    ),
    repaired(
        "takes_objects_without_word",
        "A JSON object that the input does not mention is not asked for.",
        "text.json_object_without_word",
        without_silent_objects,
        parameter="text",
    ),
    refused(
        "refuses_format_text",
        "The format text is refused.",
        "text.format_text",
        lambda body: body.get("text") == {"format": {"type": "text"}},
        "text",
    ),
    ignored(
        "ignores_text_format",
        "A schema has no effect.",
        "text.json_schema text.json_schema_stream text.json_schema_nested text.json_schema_enum text.json_schema_array "
        "text.json_schema_strict_shape text.json_schema_features",
        without_form("json_schema"),
        parameter="text",
        reports=("N037",),
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
    refused(
        "forwards_text_as_response_format",
        "Settings of text are passed on in the form of another API, and refused there.",
        "text.format_text text.json_object text.verbosity text.json_schema text.json_schema_stream text.json_schema_nested "
        "text.json_schema_enum text.json_schema_array text.json_schema_strict_shape text.json_schema_features",
        lambda body: isinstance(body.get("text"), dict),
        "response_format.type",
        reports=("N039",),
    ),
    repaired(
        "ignores_format_of_chat",
        "The format of Chat Completions is ignored.",
        "text.chat_response_format",
        drop("response_format"),
        parameter="response_format",
    ),
    ResponsesDefect(
        "empties_inner_objects_of_text",
        "An object inside the object of a structured answer is empty, whatever the schema requires.",
        named("text.json_schema_nested text.json_schema_features"),
        draft=change_values(with_empty_inner_objects),
    ),
    ResponsesDefect(
        "leaves_enums_of_nested_text",
        "If a schema has an object in an object, values are not among those that an enum lists.",
        named("text.json_schema_enum"),
        draft=outside_of_enum_of_nested,
    ),
    ResponsesDefect(
        "empties_arrays_of_text",
        "Arrays in a structured answer are empty, whatever the schema requires.",
        named("text.json_schema_array text.json_schema_features"),
        draft=change_values(without_items),
    ),
    ResponsesDefect(
        "adds_keys_that_the_input_asks_for",
        "A structured answer has a key that the input asks for and its schema forbids.",
        named("text.json_schema_strict_shape"),
        draft=with_requested_key,
    ),
    ResponsesDefect(
        "sorts_keys_of_texts",
        "The keys of an answer in a schema are sorted.",
        named("text.key_order"),
        reports=("C24",),
        parameter="text",
        draft=sorted_keys,
    ),
)
