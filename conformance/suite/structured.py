"""Structured answers: the schemas that tests ask for, the text of an answer as JSON, and what of it does not fit a schema."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from decimal import Decimal
from typing import Any

from conformance.base.observation import Observation, Seen, honoured, ignored, unanswered
from conformance.base.validation import problem
from conformance.surfaces.reply import End, Reply

Schema = dict[str, Any]

# No answer has these keys by chance, so an answer that fits the schema shows that the server enforced it.  They are in no
# alphabetical order, so that it shows if they are sorted.
CARD: Schema = {
    "type": "object",
    "properties": {
        "shade_q7": {"type": "string", "enum": ["dark", "light"]},
        "fruit_q7": {"type": "string"},
        "ripe_q7": {"type": "boolean"},
    },
    "required": ["shade_q7", "fruit_q7", "ripe_q7"],
    "additionalProperties": False,
}

QUESTION = "Name a fruit."  # CARD describes its answer
BUDGET = 128  # tokens: several times what an answer in either form takes

# The parts of a report, by key: each is the schema of one property.
PARTS: dict[str, Schema] = {
    "mood_q7": {"type": "string", "enum": ["vex_q7", "zal_q7"]},
    "spot_q7": {
        "type": "object",
        "properties": {"row_q7": {"type": "integer"}, "lit_q7": {"type": "boolean"}},
        "required": ["row_q7", "lit_q7"],
        "additionalProperties": False,
    },
    "tags_q7": {"type": "array", "items": {"type": "string"}, "minItems": 1},
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

FEATURED = 320  # tokens: twice what an answer or a call with all features takes

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
    # Codes, numbers of orders and houses: a server that reads each text as JSON makes a number of it.
    "digits": {"type": "string", "enum": ["10115", "20095"]},
    "description": {"type": "string", "description": 'One word, for instance "oak".\nLower case \\ no digits.'},
    "pattern": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{2}$"},
    "format": {"type": "string", "format": "date"},
    "min_items": {"type": "array", "items": {"type": "string"}, "minItems": 2},
}

# What the parameters of a tool may have as well, where no strict schema of an answer does.
OF_TOOLS: dict[str, Schema] = {
    **FEATURES,
    "unique_items": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
    "comment": {"type": "string", "$comment": "One of ours."},
    "default": {"type": "string", "title": "A word", "default": "oak", "examples": ["oak", "elm"]},
}

# The longest exponent of a number that is turned into an integer; more would take its digits in memory.
_MOST_DIGITS = 400


def featured(names: Collection[str]) -> Schema:
    """Return the schema of an object with one property for each of these features."""
    needed = {key: DEFINITIONS[key] for name in names for key in DEFINITIONS if key in str(OF_TOOLS[name])}
    return {**object_of({key_of(name): OF_TOOLS[name] for name in names}), **({"$defs": needed} if needed else {})}


def report_of(keys: Collection[str]) -> Schema:
    """Return the schema of a report with these parts."""
    return object_of({key: PARTS[key] for key in keys})


def object_of(properties: Schema) -> Schema:
    """Return the schema of an object that has exactly these properties."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


async def together_or_alone(
    feature: str,
    observe: Callable[[Collection[str], str], Awaitable[Observation]],
    features: Collection[str] = FEATURES,
) -> Observation:
    """Observe a feature in a schema with all `features`, and by itself where that fails.

    `observe` sends a schema with these features and observes one of them.  Where each feature works by itself, it is all of them
    together that are refused, or they are refused at times.
    """
    together = await observe(features, feature)
    if together.seen is Seen.HONOURED:
        return together
    alone = await observe([feature], feature)
    if alone.seen is not Seen.HONOURED or together.seen is not Seen.REFUSED:
        return alone  # a model may lose its way in a long answer, but refuses nothing
    for other in features:
        if (await observe([other], other)).seen is not Seen.HONOURED:
            return alone
    return replace(together, detail=f"all features together, each of which works by itself: {together.detail}")


def key_of(feature: str) -> str:
    """Return the key of the property that has a feature."""
    return f"{feature}_q7"


def is_featured(schema: Schema) -> bool:
    """Return whether a schema has some of these features, which claims of their own are about."""
    properties = schema.get("properties")
    return isinstance(properties, dict) and not properties.keys().isdisjoint(map(key_of, OF_TOOLS))


def schema_of(feature: str) -> Schema:
    """Return the schema of a feature as a document of its own."""
    return {**OF_TOOLS[feature], "$defs": DEFINITIONS}


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


def observe_fit(reply: Reply, schema: Schema) -> Observation:
    """Observe whether an answer is JSON that fits a schema."""
    if not reply.ok:
        return reply.refusal()
    if seen := unfinished(reply):
        return seen
    value = parsed(reply.text)
    if value is None:
        return ignored(f"the answer must be JSON, got {reply.quoted_text()}")
    wrong = problem(value, schema)
    return ignored(f"the answer must fit the schema: {wrong}") if wrong else honoured("the answer fits the schema")


def observe_property(reply: Reply, key: str, schema: Schema) -> Observation:
    """Observe whether an answer is a JSON object in which the value of a key fits its schema."""
    if not reply.ok:
        return reply.refusal()
    if seen := unfinished(reply):
        return seen
    value = parsed(reply.text)
    if not isinstance(value, dict) or key not in value:
        return ignored(f"the answer lacks the key {key!r}: {reply.quoted_text()}")
    wrong = problem(value[key], schema)
    return ignored(f"{key!r} must fit its schema: {wrong}") if wrong else honoured(f"{key!r} fits its schema")


def unfinished(reply: Reply) -> Observation | None:
    """Return what an answer that was cut shows, None for a whole one; a text that does not begin as JSON never becomes it."""
    if not reply.cut:
        return None
    if reply.end is End.LENGTH and is_prose(reply):
        return ignored(f"the answer must be a JSON object, got {reply.quoted_text()}, which was cut")
    return unanswered(f"the answer was cut, {reply.end_as_sent}")


def is_prose(reply: Reply) -> bool:
    """Return whether an answer has a text that does not even begin an object."""
    text = reply.text.lstrip()
    return bool(text) and not text.startswith("{")
