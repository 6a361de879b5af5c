"""Defects of the form of the answer."""

import json
from dataclasses import replace

from conformance.mock.defects.messages.building.bodies import lax, where, with_field, without
from conformance.mock.defects.structures import with_requested_key
from conformance.mock.engine.answer import Draft, free_text
from conformance.mock.surfaces.messages.defect import MessagesDefect


def without_keyword(value: object) -> object:
    """Return an output_config whose schema has no minItems."""
    return json.loads(json.dumps(value).replace(', "minItems": 2', ""))


DEFECTS = (
    lax(
        "drops_unknown_formats",
        "A form of the answer that is of an unknown type, or has no schema, is dropped.",
        "messages.format.bogus_type",
        "messages.format.missing_schema",
        change=where(
            lambda body: (
                isinstance(body.get("output_config"), dict)
                and "schema" not in (body["output_config"].get("format") or {"schema": 0})
            ),
            without("output_config"),
        ),
    ),
    lax(
        "drops_keywords_of_schemas",
        "The keyword minItems of a schema is dropped.",
        "messages.format.unsupported_keyword",
        change=with_field("output_config", without_keyword),
    ),
    MessagesDefect(
        "answers_schemas_with_prose",
        "A request with a json_schema is answered with prose.",
        (
            "messages.format.json_schema",
            "messages.format.stream",
            "messages.format.no_other_keys",
            "messages.format.every_answer",
            "messages.format.features",
        ),
        draft=lambda request, draft: (
            Draft(free_text(request, 0)) if request.form.kind == "json_schema" and not draft.calls else draft
        ),
    ),
    MessagesDefect(
        "adds_keys_that_the_schema_forbids",
        "A structured answer has a key that its schema forbids.",
        (
            "messages.format.no_other_keys",
            "messages.format.every_answer",
            "messages.format.json_schema",
            "messages.format.stream",
        ),
        draft=lambda request, draft: (
            replace(draft, text=json.dumps({**json.loads(draft.text), "note": "as asked"}))
            if request.form.kind == "json_schema" and draft.text.startswith("{")
            else draft
        ),
    ),
    MessagesDefect(
        "adds_keys_that_the_message_asks_for",
        "A structured answer has a key that the message asks for and its schema forbids.",
        ("messages.format.no_other_keys",),
        draft=with_requested_key,
    ),
    MessagesDefect(
        "repairs_cut_structured_answers",
        "A structured answer that max_tokens cuts ends with end_turn.",
        ("messages.format.cut",),
        message=lambda request, message: (
            {**message, "stop_reason": "end_turn"}
            if request.form.kind == "json_schema" and message["stop_reason"] == "max_tokens"
            else message
        ),
    ),
    MessagesDefect(
        "wraps_structured_answers",
        "A structured answer is wrapped in a fence of Markdown.",
        (
            "messages.format.json_schema",
            "messages.format.stream",
            "messages.format.every_answer",
            "messages.format.no_other_keys",
            "messages.format.features",
        ),
        draft=lambda request, draft: (
            replace(draft, text=f"```json\n{draft.text}\n```")
            if request.form.kind == "json_schema" and draft.text
            else draft
        ),
    ),
)
