"""Values of a wrong type that are taken for something, and null that is refused."""

from collections.abc import Callable
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.engine.classes import KINDS
from conformance.mock.engine.errors import wrong_type
from conformance.mock.engine.rules import is_integer, is_number
from conformance.mock.surfaces.chat.defect import ChatDefect

Test = Callable[[Any], bool]


def is_biases(value: object) -> bool:
    """Return whether a value is a map of numbers."""
    return isinstance(value, dict) and all(is_number(bias) for bias in value.values())


def of(*types: type) -> Test:
    """Return the test for values of these types."""
    return lambda value: isinstance(value, types)


def instead(parameter: str, wrong: Test, value: Callable[[Any], Any] = lambda given: None) -> Callable[[Json], Json]:
    """Put null, which counts as absent, or what is made of it in place of a wrong value."""

    def body_with(body: Json) -> Json:
        given = body[parameter]
        return {**body, parameter: value(given)} if given is not None and wrong(given) else body

    return body_with


def refusing_null(parameter: str) -> Callable[[Json], Json]:
    """Refuse bodies in which the parameter is null."""

    def body_without(body: Json) -> Json:
        if body[parameter] is None:
            raise wrong_type(parameter, "a value", None)
        return body

    return body_without


def mistyped(parameter: str, test: Test, kinds: tuple[str, ...]) -> tuple[ChatDefect, ...]:
    """Return the defects of a parameter of which other types are taken than the test allows.

    They are dropped; where it takes numbers, they are also read out of a text; where it takes integers, also rounded.
    """
    rounded = (rounding(parameter, kinds),) if test is is_integer else ()
    parsed = (parsing(parameter, kinds),) if test in (is_integer, is_number) else ()
    return (dropping(parameter, test, kinds), *rounded, *parsed)


def dropping(parameter: str, test: Test, kinds: tuple[str, ...]) -> ChatDefect:
    """Return the defect by which a value of a wrong type counts as absent."""
    return ChatDefect(
        f"drops_{parameter}_of_wrong_type",
        f"A value of the wrong type for {parameter} is dropped without an error.",
        claims=(f"chat.{parameter}.wrong_type",),
        parameter=parameter,
        kinds=kinds,
        body=instead(parameter, lambda value: not test(value)),
    )


def rounding(parameter: str, kinds: tuple[str, ...]) -> ChatDefect:
    """Return the defect by which a fraction counts as a whole number."""
    return ChatDefect(
        f"rounds_{parameter}",
        f"A fraction for {parameter} is rounded without an error.",
        claims=(f"chat.{parameter}.wrong_type",),
        parameter=parameter,
        kinds=kinds,
        body=instead(parameter, of(float), round),
    )


def parsing(parameter: str, kinds: tuple[str, ...]) -> ChatDefect:
    """Return the defect by which a number in quotes counts as the number."""
    return ChatDefect(
        f"reads_{parameter}_in_text",
        f"A number sent as a string for {parameter} is accepted.",
        claims=(f"chat.{parameter}.wrong_type",),
        parameter=parameter,
        kinds=kinds,
        body=instead(parameter, of(str), number_in),
    )


def number_in(text: str) -> int | float | str:
    """Return the number that a text spells; a text that spells none as it is."""
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text


def no_null(parameter: str, kinds: tuple[str, ...] = KINDS) -> ChatDefect:
    """Return the defect by which null does not count as absent."""
    return ChatDefect(
        f"refuses_null_{parameter}",
        f"null for {parameter} is refused, though it should count as left out.",
        claims=(f"chat.{parameter}.null",),
        parameter=parameter,
        kinds=kinds,
        body=refusing_null(parameter),
    )
