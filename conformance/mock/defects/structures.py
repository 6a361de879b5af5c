"""Changes of structured answers that break their schema, for the defects of every API."""

import json
import re
from collections.abc import Callable
from typing import Any

from conformance.mock.defects.defect import Mutation
from conformance.mock.engine.answer import Draft
from conformance.mock.engine.request import Request

Change = Callable[[Any, Any], Any]  # called with a value and its schema
REQUESTED_KEY = re.compile(r"under the key (\w+)")


def change_values(change: Change) -> Mutation[Draft]:
    """Return a mutation that changes every value of a structured answer, inner values first."""

    def drafted(request: Request, draft: Draft) -> Draft:
        if draft.calls or request.form.kind != "json_schema":
            return draft
        schema = request.form.schema
        value = changed(json.loads(draft.text), schema, change)
        return Draft(json.dumps(value, separators=(",", ":")))

    return drafted


def changed(value: Any, schema: Any, change: Change) -> Any:
    """Return a value after changing the properties of objects, each with its schema, and then the value itself."""
    if isinstance(value, dict):
        known = schema.get("properties", {})
        value = {name: changed(part, known.get(name, {}), change) for name, part in value.items()}
    return change(value, schema)


def sorted_keys(request: Request, draft: Draft) -> Draft:
    """Return an answer in a schema with its keys sorted."""
    if draft.calls or request.form.kind != "json_schema":
        return draft
    return Draft(json.dumps(json.loads(draft.text), sort_keys=True, ensure_ascii=False, separators=(",", ":")))


def with_extra_key(value: Any, schema: Any) -> Any:
    """Return an object with a key that its schema lacks."""
    return {**value, "note": "as asked"} if isinstance(value, dict) else value


def outside_of_enum(value: Any, schema: Any) -> Any:
    """Return a text that is not in the enum of the schema."""
    return "something else" if "enum" in schema else value


def without_items(value: Any, schema: Any) -> Any:
    """Return an empty array instead of any array."""
    return [] if isinstance(value, list) else value


def with_requested_key(request: Request, draft: Draft) -> Draft:
    """Return the structured answer with a key that the prompt asks for and the schema forbids."""
    asked = REQUESTED_KEY.search(request.prompt)
    if draft.calls or request.form.kind != "json_schema" or asked is None:
        return draft
    return Draft(json.dumps({**json.loads(draft.text), asked[1]: "as asked"}, separators=(",", ":")))


def with_empty_inner_objects(value: Any, schema: Any) -> Any:
    """Return an object in which every object is empty."""
    return (
        {name: {} if isinstance(part, dict) else part for name, part in value.items()}
        if isinstance(value, dict)
        else value
    )


def outside_of_enum_of_nested(request: Request, draft: Draft) -> Draft:
    """Return the structured answer with values outside of their enums, if its schema has an object in an object."""
    parts = request.form.schema.get("properties", {}) if isinstance(request.form.schema, dict) else {}
    nested = any(isinstance(part, dict) and part.get("type") == "object" for part in parts.values())
    return change_values(outside_of_enum)(request, draft) if nested else draft
