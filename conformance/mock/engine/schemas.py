"""What a JSON Schema in a request has to look like: every keyword that the mock reads has a value of its kind.

Whether an instance can be made for a well-formed schema is found out in instances.py.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.rules import is_integer, is_number

TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})


def is_schema(value: Any) -> bool:
    """Return whether a value is an object, true or false."""
    return isinstance(value, dict | bool)


def is_type(value: Any) -> bool:
    """Return whether a value is a name of a type, or several."""
    names = value if isinstance(value, list) else [value]
    return bool(names) and all(isinstance(name, str) and name in TYPES for name in names)


def is_pattern(value: Any) -> bool:
    """Return whether a value is a regular expression, as far as Python's tells."""
    try:
        return isinstance(value, str) and bool(re.compile(value))
    except (re.error, OverflowError, RecursionError):
        return False


def some(value: Any) -> bool:
    """Return whether a value is an array with something in it."""
    return isinstance(value, list) and bool(value)


KINDS: dict[Callable[[Any], bool], str] = {
    is_schema: "items additionalProperties not if then else contains propertyNames unevaluatedProperties",
    lambda value: some(value) and all(map(is_schema, value)): "anyOf oneOf allOf prefixItems",
    lambda value: isinstance(value, dict) and all(map(is_schema, value.values())): (
        "properties patternProperties $defs definitions dependentSchemas"
    ),
    lambda value: is_integer(value) and value >= 0: (
        "minLength maxLength minItems maxItems minProperties maxProperties minContains maxContains"
    ),
    is_number: "minimum maximum exclusiveMinimum exclusiveMaximum",
    lambda value: is_number(value) and value > 0: "multipleOf",
    lambda value: isinstance(value, str): "$ref title description format",
    lambda value: isinstance(value, list) and all(isinstance(name, str) for name in value): "required",
    lambda value: isinstance(value, bool): "uniqueItems",
    is_pattern: "pattern",
    is_type: "type",
    some: "enum",
}
CHECKS = {keyword: check for check, keywords in KINDS.items() for keyword in keywords.split()}


def proper_schema(path: str, schema: dict[str, Any], code: str) -> None:
    """Refuse a schema with a keyword, at any depth, whose value is not of its kind."""
    parts: list[Any] = [schema]
    while parts:
        part = parts.pop()
        for keyword, value in part.items() if isinstance(part, dict) else ():
            if keyword in CHECKS and not CHECKS[keyword](value):
                message = f"Invalid schema at '{path}': {value!r:.100} is not valid for '{keyword}'."
                raise ApiError(message, param=path, code=code)
            parts += inside(keyword, value)


def inside(keyword: str, value: Any) -> Iterator[Any]:
    """Yield the schemas in a keyword's value, which is of its kind."""
    check = CHECKS.get(keyword)
    if check is CHECKS["items"]:
        yield value
    elif check is CHECKS["anyOf"]:
        yield from value
    elif check is CHECKS["properties"]:
        yield from value.values()
