"""Defects of the form of an answer."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.defects.gemini.building import checked_by, of_config, without
from conformance.mock.engine.answer import Draft
from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.request import Form
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.request import GeminiRequest
from conformance.mock.surfaces.gemini.settings import (
    MIME_TYPES,
)


def fenced(request: GeminiRequest, draft: Draft) -> Draft:
    """Return JSON in a block of Markdown."""
    return replace(draft, text=f"```json\n{draft.text}\n```") if request.form.kind == "json_object" else draft


def without_schema(request: GeminiRequest) -> GeminiRequest:
    """Return a request that asks for any JSON in place of some that fits a schema."""
    return (
        replace(request, form=Form("json_object"))
        if request.form.kind == "json_schema" and not request.enum
        else request
    )


def one_schema(config: Json) -> Json:
    """Return settings with one schema only."""
    return without(config, "responseJsonSchema") if "responseSchema" in config else config


def with_type(config: Json) -> Json:
    """Return settings without a schema that has no media type."""
    return config if "responseMimeType" in config else without(config, "responseSchema")


def without_references(config: Json) -> Json:
    """Refuse a schema that refers to its own definitions."""
    if "$ref" in str(config.get("responseJsonSchema")):
        raise ApiError("Unsupported keyword: $ref.", param="generation_config.response_json_schema")
    return config


def of_report(change: Callable[[Any], Any]) -> Callable[[GeminiRequest, Draft], Draft]:
    """Return a change of the values of an answer whose schema has an object within the object."""

    def changed(request: GeminiRequest, draft: Draft) -> Draft:
        schema = request.form.schema if request.form.kind == "json_schema" else {}
        parts = schema.get("properties", {}).values()
        if draft.calls or not any(part.get("type") == "object" for part in parts):
            return draft
        value = {name: change(part) for name, part in json.loads(draft.text).items()}
        return replace(draft, text=json.dumps(value))

    return changed


def without_schema_in_streams(request: GeminiRequest) -> GeminiRequest:
    """Return a request that is streamed without its schema."""
    return without_schema(request) if request.stream else request


DEFECTS = (
    GeminiDefect(
        "gemini_takes_any_media_type",
        "An unknown media type is taken.",
        ("gemini.json.bad_mime",),
        profile=checked_by(responseMimeType=lambda path, value: value if value in MIME_TYPES else "text/plain"),
    ),
    GeminiDefect(
        "gemini_fences_json",
        "JSON comes in a block of Markdown.",
        ("gemini.json.mime",),
        draft=fenced,
    ),
    GeminiDefect(
        "gemini_drops_schemas",
        "Schemas are dropped, so that any JSON comes.",
        (
            "gemini.json.schema",
            "gemini.json.stream",
            "gemini.json.nested",
            "gemini.json.array",
            "gemini.json.enum_value",
            "gemini.json.json_schema",
            "gemini.json.every_answer",
            "gemini.json.ref",
        ),
        request=without_schema,
    ),
    GeminiDefect(
        "gemini_takes_two_schemas", "Of two schemas one is dropped.", ("gemini.json.both",), body=of_config(one_schema)
    ),
    GeminiDefect(
        "gemini_drops_schemas_without_type",
        "A schema without the media type of JSON is dropped.",
        ("gemini.json.schema_without_mime",),
        body=of_config(with_type),
    ),
    GeminiDefect(
        "gemini_quotes_enums",
        "The text of an enum is in quotes.",
        ("gemini.json.enum",),
        request=lambda request: replace(request, enum=False),
    ),
    GeminiDefect(
        "gemini_knows_no_references",
        "A JSON schema with references is refused.",
        ("gemini.json.ref",),
        body=of_config(without_references),
    ),
    GeminiDefect(
        "gemini_drops_schemas_in_streams",
        "Schemas are dropped where a stream is asked for.",
        ("gemini.json.stream", "gemini.json.every_answer"),
        request=without_schema_in_streams,
    ),
    GeminiDefect(
        "gemini_writes_objects_as_text",
        "An object within the object of an answer is a text.",
        ("gemini.json.nested", "gemini.json.every_answer"),
        draft=of_report(lambda value: json.dumps(value) if isinstance(value, dict) else value),
    ),
    GeminiDefect(
        "gemini_writes_lists_as_text",
        "A list within the object of an answer is a text.",
        ("gemini.json.array", "gemini.json.every_answer"),
        draft=of_report(lambda value: json.dumps(value) if isinstance(value, list) else value),
    ),
    GeminiDefect(
        "gemini_chooses_other_words",
        "A word that a schema enumerates is another one.",
        ("gemini.json.enum_value", "gemini.json.every_answer"),
        draft=of_report(lambda value: "other" if isinstance(value, str) else value),
    ),
    GeminiDefect(
        "gemini_drops_json_schemas_of_answers",
        "A responseJsonSchema is dropped, so that any JSON comes.",
        ("gemini.json.json_schema", "gemini.json.ref"),
        body=of_config(
            lambda config: without(config, "responseJsonSchema") if "responseSchema" not in config else config
        ),
    ),
)
