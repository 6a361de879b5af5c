"""Structured answers: the schemas that tests ask for, the text of an answer as JSON, and what of it does not fit a schema."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from decimal import Decimal
from typing import Any

from conformance.base.observation import Observation, Seen

Schema = dict[str, Any]

# No answer has these keys by chance, so an answer that fits the schema shows that the server enforced it.
CARD: Schema = {
    "type": "object",
    "properties": {
        "fruit_q7": {"type": "string"},
        "ripe_q7": {"type": "boolean"},
        "shade_q7": {"type": "string", "enum": ["dark", "light"]},
    },
    "required": ["fruit_q7", "ripe_q7", "shade_q7"],
    "additionalProperties": False,
}

# Definitions that the features below refer to: an object of its own, and one that refers to itself.
DEFINITIONS: Schema = {
    "place_q7": {
        "type": "object",
        "properties": {"row_q7": {"type": "integer"}, "lit_q7": {"type": "boolean"}},
        "required": ["row_q7", "lit_q7"],
        "additionalProperties": False,
    },
    "node_q7": {
        "type": "object",
        "properties": {
            "label_q7": {"type": "string"},
            "below_q7": {"type": "array", "items": {"$ref": "#/$defs/node_q7"}},
        },
        "required": ["label_q7", "below_q7"],
        "additionalProperties": False,
    },
}

# What the generators of schemas (pydantic, zod) write for ordinary types, by name: each is the schema of one property.
FEATURES: dict[str, Schema] = {
    "reference": {"$ref": "#/$defs/place_q7"},
    "recursion": {"$ref": "#/$defs/node_q7"},
    "nullable": {"type": ["string", "null"]},
    "any_of": {"anyOf": [{"type": "integer"}, {"type": "boolean"}]},
    "const": {"type": "string", "const": "zal_q7"},
    "enum": {"type": "string", "enum": ["vex_q7", "zal_q7"]},
    # 2**53 + 1, the smallest whole number that a double cannot hold; ids of databases are that long.
    "big_integer": {"type": "integer", "enum": [9007199254740993]},
    "other_letters": {
        "type": "object",
        "properties": {"größe_q7": {"type": "integer"}, "色_q7": {"type": "string"}},
        "required": ["größe_q7", "色_q7"],
        "additionalProperties": False,
    },
    "description": {"type": "string", "description": 'One word, for instance "oak".\nLower case \\ no digits.'},
    "pattern": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{2}$"},
    "format": {"type": "string", "format": "date"},
    "min_items": {"type": "array", "items": {"type": "string"}, "minItems": 2},
}

# The longest exponent of a number that is turned into an integer; more would take its digits in memory.
_MOST_DIGITS = 400


def featured(names: Collection[str]) -> Schema:
    """Return the schema of an object with one property for each of these features."""
    needed = {key: DEFINITIONS[key] for name in names for key in DEFINITIONS if key in str(FEATURES[name])}
    return {
        "type": "object",
        "properties": {key_of(name): FEATURES[name] for name in names},
        "required": [key_of(name) for name in names],
        "additionalProperties": False,
        **({"$defs": needed} if needed else {}),
    }


async def together_or_alone(
    feature: str, observe: Callable[[Collection[str], str], Awaitable[Observation]]
) -> Observation:
    """Observe a feature in a schema with all of them, and by itself where that fails.

    `observe` sends a schema with these features and observes one of them.  Where each feature works by itself, it is all of them
    together that are refused, or they are refused at times.
    """
    together = await observe(FEATURES, feature)
    if together.seen is Seen.HONOURED:
        return together
    alone = await observe([feature], feature)
    if alone.seen is not Seen.HONOURED or together.seen is not Seen.REFUSED:
        return alone  # a model may lose its way in a long answer, but refuses nothing
    for other in FEATURES:
        if (await observe([other], other)).seen is not Seen.HONOURED:
            return alone
    return replace(together, detail=f"all features together, each of which works by itself: {together.detail}")


def key_of(feature: str) -> str:
    """Return the key of the property that has a feature."""
    return f"{feature}_q7"


def is_featured(schema: Schema) -> bool:
    """Return whether a schema has some of these features, which claims of their own are about."""
    properties = schema.get("properties")
    return isinstance(properties, dict) and not properties.keys().isdisjoint(map(key_of, FEATURES))


def schema_of(feature: str) -> Schema:
    """Return the schema of a feature as a document of its own."""
    return {**FEATURES[feature], "$defs": DEFINITIONS}


def schema_format(schema: Schema, *, strict: bool = True) -> dict[str, Any]:
    """Return the response_format that asks for a schema."""
    return {"type": "json_schema", "json_schema": {"name": "fruit_card", "strict": strict, "schema": schema}}


def parsed(text: str) -> Any:
    """Return a text as JSON with its exact numbers; None if it is not JSON.

    A number with a fraction or an exponent is not read as a double, since that would hide that a server rounded it; 2.0 is the
    whole number 2, as in JSON Schema.
    """
    try:
        return json.loads(text, parse_float=_exact)
    except (ValueError, ArithmeticError, RecursionError):
        return None


def _exact(text: str) -> int | Decimal:
    number = Decimal(text)
    return int(number) if number.adjusted() < _MOST_DIGITS and number == number.to_integral_value() else number
