"""Rules for the value of one parameter: each returns the value to apply, or raises ApiError to refuse it.

A rule is called with the parameter's name and a value that is not null; returning None makes the parameter count as left
out.  A rule must not look at other parameters.  Of Chat Completions, surfaces/chat/columns.py says which parameter has which
rule, combinations.py holds rules between parameters, and structures.py rules for nested values.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from conformance.mock.engine.errors import ApiError, invalid_value, unsupported_parameter, wrong_type

Rule = Callable[[str, Any], Any]


def is_integer(value: object) -> bool:
    """Return whether a value is a JSON integer, which a boolean is not."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> bool:
    """Return whether a value is a JSON number, which a boolean is not."""
    return is_integer(value) or isinstance(value, float)


@dataclass(frozen=True)
class Number:
    """A rule for a number from `low` to `high`; values above `applied` are lowered to it."""

    low: float = float("-inf")
    high: float = float("inf")
    applied: float = float("inf")

    def __call__(self, name: str, value: Any) -> float:
        if not is_number(value):
            raise wrong_type(name, "a decimal number", value)
        if not value >= self.low:
            raise out_of_range(name, value, "decimal_below_min_value", f">= {self.low:g}")
        if not value <= self.high:
            raise out_of_range(name, value, "decimal_above_max_value", f"<= {self.high:g}")
        return min(float(value), self.applied)


@dataclass(frozen=True)
class Integer:
    """A rule for an integer from `low` to `high`; values above `applied` are lowered to it."""

    low: float = float("-inf")
    high: float = float("inf")
    applied: int | None = None

    def __call__(self, name: str, value: Any) -> int:
        if not is_integer(value):
            raise wrong_type(name, "an integer", value)
        if value < self.low:
            raise out_of_range(name, value, "integer_below_min_value", f">= {self.low:g}")
        if value > self.high:
            raise out_of_range(name, value, "integer_above_max_value", f"<= {self.high:g}")
        number = int(value)
        return number if self.applied is None else min(number, self.applied)


@dataclass(frozen=True)
class Typed:
    """A rule for any value of one JSON type."""

    type: type
    expected: str

    def __call__(self, name: str, value: Any) -> Any:
        if not isinstance(value, self.type):
            raise wrong_type(name, self.expected, value)
        return value


BOOLEAN = Typed(bool, "a boolean")
TEXT = Typed(str, "a string")
OBJECT = Typed(dict, "an object")
ARRAY = Typed(list, "an array")


@dataclass(frozen=True)
class OneOf:
    """A rule for one of several strings; other strings are refused with `code`."""

    values: tuple[str, ...]
    code: str = "invalid_value"

    def __call__(self, name: str, value: Any) -> str:
        TEXT(name, value)
        if value not in self.values:
            raise invalid_value(name, value, "one of " + ", ".join(self.values), self.code)
        return str(value)


@dataclass(frozen=True)
class Unsupported:
    """A rule that refuses any value, because `models` do not support the parameter."""

    models: str

    def __call__(self, name: str, value: Any) -> None:
        raise unsupported_parameter(name, self.models)


def ignore(name: str, value: Any) -> None:
    """Accept any value and ignore it."""


def accept_any(name: str, value: Any) -> Any:
    """Accept any value as it is."""
    return value


def out_of_range(name: str, value: object, code: str, expected: str) -> ApiError:
    """Return the refusal of a number that is out of range; the code names the limit, as in decimal_above_max_value."""
    kind = code.split("_", 1)[1].replace("_", " ")
    return ApiError(f"Invalid '{name}': {kind}. Expected a value {expected}, but got {value}.", param=name, code=code)
