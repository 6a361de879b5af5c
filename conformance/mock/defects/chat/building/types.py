"""Defects of types: a value of the wrong type is accepted, or null is refused."""

from collections.abc import Callable
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.engine.classes import KINDS
from conformance.mock.engine.errors import wrong_type
from conformance.mock.engine.rules import is_integer, is_number
from conformance.mock.surfaces.chat.defect import ChatDefect

Predicate = Callable[[Any], bool]


def is_biases(value: object) -> bool:
    """Return whether a value is an object of numbers."""
    return isinstance(value, dict) and all(is_number(bias) for bias in value.values())


def has_type(*types: type) -> Predicate:
    """Return the predicate for values of these types."""
    return lambda value: isinstance(value, types)


def replace_wrong_value(
    parameter: str, wrong: Predicate, value: Callable[[Any], Any] = lambda wrong_value: None
) -> Callable[[Json], Json]:
    """Return a mutation that replaces a wrong value by what `value` makes of it, or by null, which counts as left out."""

    def body_with(body: Json) -> Json:
        current = body[parameter]
        return {**body, parameter: value(current)} if current is not None and wrong(current) else body

    return body_with


def refuse_null(parameter: str) -> Callable[[Json], Json]:
    """Return a mutation that refuses bodies in which the parameter is null."""

    def body_without(body: Json) -> Json:
        if body[parameter] is None:
            raise wrong_type(parameter, "a value", None)
        return body

    return body_without


def type_defects(
    parameter: str, test: Predicate, kinds: tuple[str, ...], fractions: tuple[str, ...] = ()
) -> tuple[ChatDefect, ...]:
    """Return the defects that accept a value of the wrong type for a parameter; `test` holds for the right types.

    One drops the value.  For a number another parses it from a string, and for an integer a third rounds a fraction.
    `fractions` are further claims that a fraction in place of an integer turns.
    """
    rounded = (rounded_fraction(parameter, kinds, fractions),) if test is is_integer else ()
    parsed = (parsed_string(parameter, kinds),) if test in (is_integer, is_number) else ()
    return (dropped_value(parameter, test, kinds, fractions, convertible=bool(parsed)), *rounded, *parsed)


def dropped_value(
    parameter: str, test: Predicate, kinds: tuple[str, ...], fractions: tuple[str, ...], *, convertible: bool
) -> ChatDefect:
    """Return the defect that drops a value of the wrong type; `convertible` if some parsers convert such values."""
    converted = (f"chat.{parameter}.lax_type",) if convertible else ()
    return ChatDefect(
        f"drops_{parameter}_of_wrong_type",
        f"A value of the wrong type for {parameter} is dropped without an error.",
        claims=(f"chat.{parameter}.wrong_type", *converted, *fractions),
        parameter=parameter,
        kinds=kinds,
        body=replace_wrong_value(parameter, lambda value: not test(value)),
    )


def rounded_fraction(parameter: str, kinds: tuple[str, ...], fractions: tuple[str, ...]) -> ChatDefect:
    """Return the defect that rounds a fraction to an integer."""
    return ChatDefect(
        f"rounds_{parameter}",
        f"A fraction for {parameter} is rounded without an error.",
        claims=(f"chat.{parameter}.lax_type", *fractions),
        parameter=parameter,
        kinds=kinds,
        body=replace_wrong_value(parameter, has_type(float), round),
    )


def parsed_string(parameter: str, kinds: tuple[str, ...]) -> ChatDefect:
    """Return the defect that parses a number sent as a string."""
    return ChatDefect(
        f"reads_{parameter}_in_text",
        f"A number sent as a string for {parameter} is accepted.",
        claims=(f"chat.{parameter}.lax_type",),
        parameter=parameter,
        kinds=kinds,
        body=replace_wrong_value(parameter, has_type(str), number_in),
    )


def number_in(text: str) -> int | float | str:
    """Return the number in a text, or the text if it is not a number."""
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text


def null_refused(parameter: str, kinds: tuple[str, ...] = KINDS) -> ChatDefect:
    """Return the defect that refuses null instead of treating it as left out."""
    return ChatDefect(
        f"refuses_null_{parameter}",
        f"null for {parameter} is refused, though it should count as left out.",
        claims=(f"chat.{parameter}.null",),
        parameter=parameter,
        kinds=kinds,
        body=refuse_null(parameter),
    )
