"""What one parameter accepts: small rules that return the value to apply or refuse it.

A rule sees one name and one value that is not null.  Which rule stands at which parameter of which column is written in
columns.py; rules between parameters are in combinations.py; rules for nested values are in structures.py.
A rule that returns None makes the parameter count as absent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from conformance.mock.engine.errors import ApiError, invalid_value, unsupported_parameter, wrong_type

Rule = Callable[[str, Any], Any]


def is_integer(value: object) -> bool:
    """Return whether a value is a JSON integer; a boolean is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> bool:
    """Return whether a value is any JSON number; a boolean is none."""
    return is_integer(value) or isinstance(value, float)


@dataclass(frozen=True)
class Number:
    """A number from `low` to `high`; what is above `applied` counts as `applied`."""

    low: float = float("-inf")
    high: float = float("inf")
    applied: float = float("inf")

    def __call__(self, name: str, value: Any) -> float:
        if not is_number(value):
            raise wrong_type(name, "a decimal number", value)
        if not value >= self.low:
            raise outside(name, value, "decimal_below_min_value", f">= {self.low:g}")
        if not value <= self.high:
            raise outside(name, value, "decimal_above_max_value", f"<= {self.high:g}")
        return min(float(value), self.applied)


@dataclass(frozen=True)
class Integer:
    """An integer from `low` to `high`; what is above `applied` counts as `applied`."""

    low: float = float("-inf")
    high: float = float("inf")
    applied: int | None = None

    def __call__(self, name: str, value: Any) -> int:
        if not is_integer(value):
            raise wrong_type(name, "an integer", value)
        if value < self.low:
            raise outside(name, value, "integer_below_min_value", f">= {self.low:g}")
        if value > self.high:
            raise outside(name, value, "integer_above_max_value", f"<= {self.high:g}")
        number = int(value)
        return number if self.applied is None else min(number, self.applied)


@dataclass(frozen=True)
class Typed:
    """Any value of one JSON type."""

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
    """One of some strings; another one is refused with `code`."""

    values: tuple[str, ...]
    code: str = "invalid_value"

    def __call__(self, name: str, value: Any) -> str:
        TEXT(name, value)
        if value not in self.values:
            raise invalid_value(name, value, "one of " + ", ".join(self.values), self.code)
        return str(value)


@dataclass(frozen=True)
class Unsupported:
    """Refused whatever the value: this class of models does not take the parameter."""

    models: str

    def __call__(self, name: str, value: Any) -> None:
        raise unsupported_parameter(name, self.models)


def ignored(name: str, value: Any) -> None:
    """Accept any value, without any effect."""


def anything(name: str, value: Any) -> Any:
    """Accept any value."""
    return value


def outside(name: str, value: object, code: str, expected: str) -> ApiError:
    """Return the refusal of a number that is not within the limits."""
    kind = code.split("_", 1)[1].replace("_", " ")
    return ApiError(f"Invalid '{name}': {kind}. Expected a value {expected}, but got {value}.", param=name, code=code)
