"""Values for a JSON Schema: one instance that validates, with words and numbers of the prompt where they fit.

Covers what tools and structured answers use: types, enum, const, required, nesting, limits, formats, anyOf, oneOf,
allOf, $ref into the same document.  Properties that are not required are given too, except deep down.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.instructions import hint

UNBOUND = {"type", "title", "description", "minimum"}  # keys under which any text or larger number will do
DEEP = 4  # from here on only what is required
DEEPEST = 40
LARGEST = 10_000  # values in an instance, and characters in one of its texts
FORMATS = {
    "date": "2026-01-15",
    "time": "12:30:00Z",
    "date-time": "2026-01-15T12:30:00Z",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "uuid": "12345678-1234-4234-8234-123456789abc",
    "ipv4": "192.0.2.1",
}
CANDIDATES = (
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
    *FORMATS.values(),
)

Schema = Any  # an object, true or false


@dataclass(frozen=True)
class Maker:
    """Makes instances for one document and one prompt."""

    document: Schema
    prompt: str
    left: Iterator[int] = field(default_factory=lambda: iter(range(LARGEST)), compare=False)

    def make(self, schema: Schema, depth: int = 0) -> Any:
        """Return an instance of a schema that stands somewhere in the document."""
        if next(self.left, None) is None:
            raise ValueError("no small instance")
        if depth > DEEPEST or not isinstance(schema, dict):
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
        """Return an instance by the schema's type."""
        kind = type_of(schema)
        if kind == "object":
            return self.object(schema, depth)
        if kind == "array":
            return self.array(schema, depth)
        if kind in ("integer", "number"):
            return self.number(schema, kind)
        return {"boolean": True, "null": None}.get(kind) if kind != "string" else self.string(schema)

    def object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        """Return all properties near the top, the required ones further down."""
        required = schema.get("required", [])
        properties = schema.get("properties", {})
        names = [name for name in properties if depth < DEEP or name in required]
        names += [name for name in required if name not in properties]
        return {name: self.make(properties.get(name, {"type": "string"}), depth + 1) for name in names}

    def array(self, schema: dict[str, Any], depth: int) -> list[Any]:
        """Return as few items as allowed, but one near the top."""
        first = schema.get("prefixItems", [])
        least = max(schema.get("minItems", 0), 1 if depth < DEEP else 0, len(first))
        count = min(least, schema.get("maxItems", least))
        if count > LARGEST:
            raise ValueError("no small instance")
        items = [self.make(item, depth + 1) for item in first[:count]]
        more = schema.get("items", {"type": "string"})
        for value in (value for number in range(count) for value in self.variants(more, number, depth + 1)):
            if len(items) < count and not (schema.get("uniqueItems") and value in items):
                items.append(value)
        return items

    def variants(self, schema: Schema, number: int, depth: int) -> list[Any]:
        """Return values for the items of an array, other ones as the number grows."""
        if isinstance(schema, dict) and "enum" in schema:
            return list(schema["enum"])
        value = self.make(schema, depth)
        if not isinstance(schema, dict) or schema.keys() - UNBOUND:
            return [value]  # what else the schema allows is not known here
        if number and isinstance(value, str):
            return [f"{value} {number}"]
        return [value + number if isinstance(value, int) and not isinstance(value, bool) else value]

    def choice(self, values: list[Any]) -> Any:
        """Return the first value that the prompt mentions, else the first."""
        text = self.prompt.lower()
        return next((value for value in values if isinstance(value, str) and value.lower() in text), values[0])

    def number(self, schema: dict[str, Any], kind: str) -> float:
        """Return the first number of the prompt that fits, else the smallest allowed."""
        step = schema.get("multipleOf", 1)
        low = schema.get("minimum", schema.get("exclusiveMinimum", schema.get("maximum", 0)))
        low = min(low, schema.get("maximum", low))
        if "exclusiveMinimum" in schema:
            low = max(low, schema["exclusiveMinimum"] + (1 if kind == "integer" else 0.5))
        if "exclusiveMaximum" in schema and low >= schema["exclusiveMaximum"]:
            low = schema["exclusiveMaximum"] - (1 if kind == "integer" else 0.5)
        named = [int(number) for number in re.findall(r"(?<![\w.-])\d{1,9}(?![\w.]*\d)", self.prompt)]
        fallback = -(-low // step) * step if "multipleOf" in schema or kind == "integer" else low
        return next((number for number in named if fits(number, schema)), fallback)

    def string(self, schema: dict[str, Any]) -> str:
        """Return a name from the prompt within the schema's length, or a text of the format or pattern."""
        if schema.get("format") in FORMATS:
            return FORMATS[schema["format"]]
        if "pattern" in schema:
            texts = (hint(self.prompt), *CANDIDATES)
            return next((text for text in texts if re.search(schema["pattern"], text)), texts[0])
        text = hint(self.prompt)
        if schema.get("minLength", 0) > LARGEST:
            raise ValueError("no small instance")
        return text.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength")]

    def simplest(self, options: list[Schema]) -> Schema:
        """Return the first option that is not null."""
        resolved = [self.resolved(option) for option in options]
        return next((option for option in resolved if type_of(option) != "null"), resolved[0])

    def resolved(self, schema: Schema) -> dict[str, Any]:
        """Return a schema in place of a reference to it."""
        if not isinstance(schema, dict):
            return {}
        return self.target(schema["$ref"]) if "$ref" in schema else schema

    def target(self, reference: str) -> dict[str, Any]:
        """Return what a reference into this document points at."""
        found: Any = self.document
        for part in reference.lstrip("#").strip("/").split("/"):
            found = (
                found.get(part.replace("~1", "/").replace("~0", "~"), {}) if part and isinstance(found, dict) else found
            )
        return found if isinstance(found, dict) else {}


def instance(document: Schema, schema: Schema, prompt: str, path: str, code: str) -> Any:
    """Return an instance of a schema in a document; the schema at a path of the request is refused where none can be made."""
    try:
        return Maker(document, prompt).make(schema)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError, re.error):
        message = f"Invalid schema at '{path}': nothing can be made that validates against it."
        raise ApiError(message, param=path, code=code) from None


def type_of(schema: dict[str, Any]) -> str:
    """Return the type to make: the first that is not null, or the one that the keywords imply."""
    kind = schema.get("type")
    if isinstance(kind, list):
        return str(next((name for name in kind if name != "null"), "null"))
    implied = {"properties": "object", "items": "array", "minimum": "number", "maximum": "number"}
    return kind or next((name for keyword, name in implied.items() if keyword in schema), "string")


def merged(parts: list[dict[str, Any]], base: dict[str, Any]) -> dict[str, Any]:
    """Return several schemas as one: properties and required names add up, the rest is overwritten."""
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
    """Return whether a number is within a schema's limits."""
    return bool(
        schema.get("minimum", number) <= number <= schema.get("maximum", number)
        and number > schema.get("exclusiveMinimum", number - 1)
        and number < schema.get("exclusiveMaximum", number + 1)
        and number % schema.get("multipleOf", 1) == 0
    )
