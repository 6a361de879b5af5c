"""The check of a JSON Schema in a request: every keyword that the mock reads must have a value of its kind.

Whether an instance of a well-formed schema can be made is decided in instances.py.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.rules import is_integer, is_number

TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})


def is_schema(value: Any) -> bool:
    """Return whether a value is a schema: an object, true or false."""
    return isinstance(value, dict | bool)


def is_type(value: Any) -> bool:
    """Return whether a value is the name of a type, or a list of such names."""
    names = value if isinstance(value, list) else [value]
    return bool(names) and all(isinstance(name, str) and name in TYPES for name in names)


def is_pattern(value: Any) -> bool:
    """Return whether a value is a regular expression by Python's syntax."""
    try:
        return isinstance(value, str) and bool(re.compile(value))
    except (re.error, OverflowError, RecursionError):
        return False


def is_filled_array(value: Any) -> bool:
    """Return whether a value is an array with at least one item."""
    return isinstance(value, list) and bool(value)


KINDS: dict[Callable[[Any], bool], str] = {
    is_schema: "items additionalProperties not if then else contains propertyNames unevaluatedProperties",
    lambda value: is_filled_array(value) and all(map(is_schema, value)): "anyOf oneOf allOf prefixItems",
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
    is_filled_array: "enum",
}
CHECKS = {keyword: check for check, keywords in KINDS.items() for keyword in keywords.split()}


def check_schema(path: str, schema: dict[str, Any], code: str) -> None:
    """Raise ApiError if a keyword at any depth of a schema has a value of the wrong kind."""
    parts: list[Any] = [schema]
    while parts:
        part = parts.pop()
        for keyword, value in part.items() if isinstance(part, dict) else ():
            if keyword in CHECKS and not CHECKS[keyword](value):
                message = f"Invalid schema at '{path}': {value!r:.100} is not valid for '{keyword}'."
                raise ApiError(message, param=path, code=code)
            parts += subschemas(keyword, value)


def subschemas(keyword: str, value: Any) -> Iterator[Any]:
    """Yield the schemas inside the value of a keyword, which must have passed its check."""
    check = CHECKS.get(keyword)
    if check is CHECKS["items"]:
        yield value
    elif check is CHECKS["anyOf"]:
        yield from value
    elif check is CHECKS["properties"]:
        yield from value.values()
