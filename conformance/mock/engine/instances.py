"""Values for a JSON Schema: make one instance that validates, with words and numbers of the prompt where they fit.

Covers what tools and structured answers use: types, enum, const, required, nesting, limits, formats, anyOf, oneOf,
allOf, $ref into the same document.  Optional properties are filled in too, down to a depth.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.instructions import noted, proper_noun

# A schema with only these keywords accepts any text, or any number that is larger than its smallest.
FREE_KEYWORDS = {"type", "title", "description", "minimum"}
# Optional properties and array items are filled in above this depth.  Real answers give them, and a schema that refers to
# itself in an optional property or an array would otherwise never end.
OPTIONAL_DEPTH = 4
# From this depth on every value is null, which ends schemas that require themselves well before Python's limit on recursion;
# the schemas of the suite and of ordinary tools nest less than ten levels.
MAX_DEPTH = 40
# Values in one instance, and characters in one of its texts.  A schema that asks for more is refused, so that minItems or
# minLength of a billion cannot take the memory of the mock.
MAX_SIZE = 10_000
FORMAT_EXAMPLES = {
    "date": "2026-01-15",
    "time": "12:30:00Z",
    "date-time": "2026-01-15T12:30:00Z",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "uuid": "12345678-1234-4234-8234-123456789abc",
    "ipv4": "192.0.2.1",
}
# Texts that are tried against a pattern, the simplest first; making a text from any pattern would take a generator of its own.
PATTERN_CANDIDATES = (
    "a",
    "A",
    "1",
    "abc",
    "ABC",
    "Abc",
    "12",
    "123",
    "1234",
    "12345",
    "ab-12",
    "AB-12",
    "A1",
    "a_b",
    *FORMAT_EXAMPLES.values(),
)

Schema = Any  # an object, true or false


@dataclass(frozen=True)
class InstanceMaker:
    """Makes instances for one document and one prompt; `left` counts down how many values may still be made."""

    document: Schema
    prompt: str
    left: Iterator[int] = field(default_factory=lambda: iter(range(MAX_SIZE)), compare=False)

    def make(self, schema: Schema, depth: int = 0) -> Any:
        """Return an instance of a schema in the document; raise ValueError if it would be too large."""
        if next(self.left, None) is None:
            raise ValueError("the instance would be larger than MAX_SIZE")
        if depth > MAX_DEPTH or not isinstance(schema, dict):
            return None
        if "$ref" in schema:
            return self.make(self.target(schema["$ref"]) | {k: v for k, v in schema.items() if k != "$ref"}, depth + 1)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.choice(schema["enum"])
        if "allOf" in schema:
            return self.make(merged([self.resolved(part) for part in schema["allOf"]], without(schema, "allOf")), depth)
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                return self.make(merged([self.simplest(schema[keyword])], without(schema, keyword)), depth)
        return self.typed(schema, depth)

    def typed(self, schema: dict[str, Any], depth: int) -> Any:
        """Return an instance of the schema's type."""
        kind = type_of(schema)
        if kind == "object":
            return self.object(schema, depth)
        if kind == "array":
            return self.array(schema, depth)
        if kind in ("integer", "number"):
            return self.number(schema, kind)
        return {"boolean": True, "null": None}.get(kind) if kind != "string" else self.string(schema)

    def object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        """Return an object with all properties, or below a depth with the required ones only."""
        required = schema.get("required", [])
        properties = schema.get("properties", {})
        names = [name for name in properties if depth < OPTIONAL_DEPTH or name in required]
        names += [name for name in required if name not in properties]
        return {name: self.make(properties.get(name, {"type": "string"}), depth + 1) for name in names}

    def array(self, schema: dict[str, Any], depth: int) -> list[Any]:
        """Return the smallest array that is allowed, but with at least one item above a depth."""
        first = schema.get("prefixItems", [])
        least = max(schema.get("minItems", 0), 1 if depth < OPTIONAL_DEPTH else 0, len(first))
        count = min(least, schema.get("maxItems", least))
        if count > MAX_SIZE:
            raise ValueError("the instance would be larger than MAX_SIZE")
        items = [self.make(item, depth + 1) for item in first[:count]]
        more = schema.get("items", {"type": "string"})
        for value in (value for position in range(count) for value in self.variants(more, position, depth + 1)):
            if len(items) < count and not (schema.get("uniqueItems") and value in items):
                items.append(value)
        return items

    def variants(self, schema: Schema, position: int, depth: int) -> list[Any]:
        """Return candidates for the item at a position of an array; different positions give different values if possible."""
        if isinstance(schema, dict) and "enum" in schema:
            return list(schema["enum"])
        value = self.make(schema, depth)
        if not isinstance(schema, dict) or schema.keys() - FREE_KEYWORDS:
            return [value]  # other keywords may forbid any other value
        if position and isinstance(value, str):
            return [f"{value} {position}"]
        return [value + position if isinstance(value, int) and not isinstance(value, bool) else value]

    def choice(self, values: list[Any]) -> Any:
        """Return the first value that the prompt mentions, or the first of all."""
        text = self.prompt.lower()
        return next((value for value in values if isinstance(value, str) and value.lower() in text), values[0])

    def number(self, schema: dict[str, Any], kind: str) -> float:
        """Return the first number of the prompt that fits, or the smallest that is allowed."""
        step = schema.get("multipleOf", 1)
        low = schema.get("minimum", schema.get("exclusiveMinimum", schema.get("maximum", 0)))
        low = min(low, schema.get("maximum", low))
        if "exclusiveMinimum" in schema:
            low = max(low, schema["exclusiveMinimum"] + (1 if kind == "integer" else 0.5))
        if "exclusiveMaximum" in schema and low >= schema["exclusiveMaximum"]:
            low = schema["exclusiveMaximum"] - (1 if kind == "integer" else 0.5)
        # Whole numbers of up to nine digits that are not a part of a decimal, a negative number, a date or a name like gpt-4.
        named = [int(number) for number in re.findall(r"(?<![\w.-])\d{1,9}(?![\w.]*\d)", self.prompt)]
        fallback = -(-low // step) * step if "multipleOf" in schema or kind == "integer" else low
        return next((number for number in named if fits(number, schema)), fallback)

    def string(self, schema: dict[str, Any]) -> str:
        """Return a text of the format or pattern, or the note or a name of the prompt, cut or padded to the length."""
        if schema.get("format") in FORMAT_EXAMPLES:
            return FORMAT_EXAMPLES[schema["format"]]
        if "pattern" in schema:
            texts = (proper_noun(self.prompt), *PATTERN_CANDIDATES)
            return next((text for text in texts if re.search(schema["pattern"], text)), texts[0])
        text = noted(self.prompt) or proper_noun(self.prompt)
        if schema.get("minLength", 0) > MAX_SIZE:
            raise ValueError("the instance would be larger than MAX_SIZE")
        return text.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength")]

    def simplest(self, options: list[Schema]) -> Schema:
        """Return the first option that is not null."""
        resolved = [self.resolved(option) for option in options]
        return next((option for option in resolved if type_of(option) != "null"), resolved[0])

    def resolved(self, schema: Schema) -> dict[str, Any]:
        """Return the schema that a reference points at; any other schema as it is."""
        if not isinstance(schema, dict):
            return {}
        return self.target(schema["$ref"]) if "$ref" in schema else schema

    def target(self, reference: str) -> dict[str, Any]:
        """Return the schema that a reference into this document points at, or an empty one."""
        target: Any = self.document
        for part in reference.lstrip("#").strip("/").split("/"):
            if part and isinstance(target, dict):
                target = target.get(part.replace("~1", "/").replace("~0", "~"), {})
        return target if isinstance(target, dict) else {}


def instance(document: Schema, schema: Schema, prompt: str, path: str, code: str) -> Any:
    """Return an instance of a schema in a document; raise ApiError for the schema at `path` if none can be made."""
    try:
        return InstanceMaker(document, prompt).make(schema)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError, re.error):
        message = f"Invalid schema at '{path}': nothing can be made that validates against it."
        raise ApiError(message, param=path, code=code) from None


def type_of(schema: dict[str, Any]) -> str:
    """Return the type to make: the first that is not null, or the type that the keywords imply."""
    kind = schema.get("type")
    if isinstance(kind, list):
        return str(next((name for name in kind if name != "null"), "null"))
    implied = {"properties": "object", "items": "array", "minimum": "number", "maximum": "number"}
    return kind or next((name for keyword, name in implied.items() if keyword in schema), "string")


def merged(parts: list[dict[str, Any]], base: dict[str, Any]) -> dict[str, Any]:
    """Return several schemas merged: properties and required names add up, later keywords replace earlier ones."""
    result = dict(base)
    for part in parts:
        properties = {**result.get("properties", {}), **part.get("properties", {})}
        required = list(dict.fromkeys([*result.get("required", []), *part.get("required", [])]))
        result |= part
        result |= {"properties": properties} if properties else {}
        result |= {"required": required} if required else {}
    return result


def without(schema: dict[str, Any], keyword: str) -> dict[str, Any]:
    """Return a schema without one of its keywords."""
    return {name: value for name, value in schema.items() if name != keyword}


def fits(number: int, schema: dict[str, Any]) -> bool:
    """Return whether a number keeps to the limits of a schema."""
    return bool(
        schema.get("minimum", number) <= number <= schema.get("maximum", number)
        and number > schema.get("exclusiveMinimum", number - 1)
        and number < schema.get("exclusiveMaximum", number + 1)
        and number % schema.get("multipleOf", 1) == 0
    )
