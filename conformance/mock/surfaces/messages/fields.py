"""Rules for the fields of a request: each checks a value at a path and raises ApiError to refuse it.

The wording follows that of the API: the path, then what the value should be.
"""

import base64
import binascii
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.rules import is_integer, is_number

Rule = Callable[[str, Any], None]
NO_RULES: Mapping[str, Rule] = {}


def refused(path: str, reason: str) -> ApiError:
    """Return the refusal of the value at a path."""
    return ApiError(f"{path}: {reason}", param=path)


def extra(path: str) -> ApiError:
    """Return the refusal of a key that the API does not have."""
    return refused(path, "Extra inputs are not permitted")


def accept_any(path: str, value: Any) -> None:
    """Accept any value."""


def text(path: str, value: Any) -> None:
    """Refuse anything but a string."""
    if not isinstance(value, str):
        raise refused(path, "Input should be a valid string")


def boolean(path: str, value: Any) -> None:
    """Refuse anything but true and false."""
    if not isinstance(value, bool):
        raise refused(path, "Input should be a valid boolean")


def dictionary(path: str, value: Any) -> None:
    """Refuse anything but an object."""
    if not isinstance(value, dict):
        raise refused(path, "Input should be an object")


def base64_text(path: str, value: Any) -> None:
    """Refuse anything but a string of base64."""
    text(path, value)
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise refused(path, "Input should be valid base64") from None


@dataclass(frozen=True)
class Integer:
    """A rule for a whole number from `low` to `high`."""

    low: float = float("-inf")
    high: float = float("inf")

    def __call__(self, path: str, value: Any) -> None:
        if not is_integer(value):
            raise refused(path, "Input should be a valid integer")
        check_range(path, value, self.low, self.high)


@dataclass(frozen=True)
class Number:
    """A rule for a number from `low` to `high`."""

    low: float
    high: float

    def __call__(self, path: str, value: Any) -> None:
        if not is_number(value):
            raise refused(path, "Input should be a valid number")
        check_range(path, value, self.low, self.high)


def check_range(path: str, value: float, low: float, high: float) -> None:
    """Refuse a number out of its range."""
    if not low <= value <= high:
        bound = f"at least {low:g}" if value < low else f"at most {high:g}"
        raise refused(path, f"Input should be {bound}, got {value}")


@dataclass(frozen=True)
class OneOf:
    """A rule for one of several strings."""

    values: tuple[str, ...]

    def __call__(self, path: str, value: Any) -> None:
        if not isinstance(value, str) or value not in self.values:
            raise refused(path, "Input should be " + " or ".join(repr(name) for name in self.values))


@dataclass(frozen=True)
class Pattern:
    """A rule for a string that matches a pattern as a whole."""

    pattern: str

    def __call__(self, path: str, value: Any) -> None:
        text(path, value)
        if not re.fullmatch(self.pattern, value):
            raise refused(path, f"String should match pattern '{self.pattern}'")


@dataclass(frozen=True)
class Items:
    """A rule for an array whose items follow a rule."""

    rule: Rule
    least: int = 0

    def __call__(self, path: str, value: Any) -> None:
        if not isinstance(value, list):
            raise refused(path, "Input should be a valid array")
        if len(value) < self.least:
            raise refused(path, f"at least {self.least} item is required")
        for position, item in enumerate(value):
            self.rule(f"{path}.{position}", item)


@dataclass(frozen=True)
class Fields:
    """A rule for an object with required and optional fields, and no others."""

    required: Mapping[str, Rule] = field(default_factory=dict)
    optional: Mapping[str, Rule] = field(default_factory=dict)

    def __call__(self, path: str, value: Any) -> None:
        dictionary(path, value)
        check_fields(path, value, self.required, self.optional)


@dataclass(frozen=True)
class ByType:
    """A rule for an object whose type decides which rule it follows."""

    rules: Mapping[str, Rule]

    def __call__(self, path: str, value: Any) -> None:
        dictionary(path, value)
        if "type" not in value:
            raise refused(f"{path}.type", "Field required")
        OneOf(tuple(self.rules))(f"{path}.type", value["type"])
        self.rules[value["type"]](path, value)


def check_fields(
    path: str, value: Mapping[str, Any], required: Mapping[str, Rule], optional: Mapping[str, Rule] = NO_RULES
) -> None:
    """Check the fields of an object: required ones, unknown ones, then each by its rule."""
    missing(path, value, required)
    for name in value:
        if name not in required and name not in optional:
            raise extra(joined(path, name))
    for name, item in value.items():
        rule = required.get(name) or optional[name]
        rule(joined(path, name), item)


def missing(path: str, value: Mapping[str, Any], names: Collection[str]) -> None:
    """Refuse an object that lacks one of these fields."""
    for name in names:
        if name not in value:
            raise refused(joined(path, name), "Field required")


def joined(path: str, name: str) -> str:
    """Return the path of a field of the value at a path."""
    return f"{path}.{name}" if path else name
