"""Values that are taken though they are of another type or unknown, and null that is refused."""

from collections.abc import Callable
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.engine.classes import KINDS
from conformance.mock.engine.errors import invalid_value, wrong_type
from conformance.mock.engine.rules import is_integer, is_number
from conformance.mock.surfaces.chat.defect import ChatDefect

SAMPLED = ("chat", "claude", "gemini")
CHAT = ("chat",)

Test = Callable[[Any], bool]


def is_biases(value: object) -> bool:
    """True for a map of numbers."""
    return isinstance(value, dict) and all(is_number(bias) for bias in value.values())


def of(*types: type) -> Test:
    """True for values of these types."""
    return lambda value: isinstance(value, types)


# What each parameter takes, and the kinds of models that refuse other types.
TYPES: dict[str, tuple[Test, tuple[str, ...]]] = {
    "temperature": (is_number, SAMPLED),
    "top_p": (is_number, SAMPLED),
    "n": (is_integer, KINDS),
    "stop": (of(str, list), SAMPLED),
    "tools": (of(list), KINDS),
    "response_format": (of(dict), KINDS),
    "logprobs": (of(bool), CHAT),
    "top_logprobs": (is_integer, CHAT),
    "presence_penalty": (is_number, CHAT),
    "frequency_penalty": (is_number, CHAT),
    "logit_bias": (is_biases, CHAT),
    "max_tokens": (is_integer, SAMPLED),
    "max_completion_tokens": (is_integer, KINDS),
}
WHOLE = {name: kinds for name, (test, kinds) in TYPES.items() if test is is_integer}
NUMBERS = {name: kinds for name, (test, kinds) in TYPES.items() if test in (is_integer, is_number)}
NULLABLE = (*TYPES, "reasoning_effort", "service_tier")


def instead(parameter: str, wrong: Test, value: Callable[[Any], Any] = lambda given: None) -> Callable[[Json], Json]:
    """Bodies in which another value stands for a wrong one: null, which counts as absent, or what is made of it."""

    def lie(body: Json) -> Json:
        given = body[parameter]
        return {**body, parameter: value(given)} if given is not None and wrong(given) else body

    return lie


def refusing_null(parameter: str) -> Callable[[Json], Json]:
    """Bodies in which the parameter is not null."""

    def lie(body: Json) -> Json:
        if body[parameter] is None:
            raise wrong_type(parameter, "a value", None)
        return body

    return lie


def refusing(parameter: str, *values: Any) -> Callable[[Json], Json]:
    """Bodies in which the parameter is none of these values."""

    def lie(body: Json) -> Json:
        if body[parameter] in values:
            raise invalid_value(parameter, body[parameter], "another value", "unsupported_value")
        return body

    return lie


def dropping(parameter: str, test: Test, kinds: tuple[str, ...]) -> ChatDefect:
    """A value of a wrong type counts as absent."""
    return ChatDefect(
        f"drops_{parameter}_of_wrong_type",
        f"{parameter} of a type that it does not take is dropped without an error.",
        claims=(f"chat.{parameter}.wrong_type",),
        parameter=parameter,
        kinds=kinds,
        body=instead(parameter, lambda value: not test(value)),
    )


def rounding(parameter: str, kinds: tuple[str, ...]) -> ChatDefect:
    """A fraction counts as a whole number."""
    return ChatDefect(
        f"rounds_{parameter}",
        f"{parameter} takes fractions, and rounds them.",
        claims=(f"chat.{parameter}.wrong_type",),
        parameter=parameter,
        kinds=kinds,
        body=instead(parameter, of(float), round),
    )


def number_in(text: str) -> int | float | str:
    """The number that a text spells; a text that spells none as it is."""
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text


def parsing(parameter: str, kinds: tuple[str, ...]) -> ChatDefect:
    """A number in quotes counts as the number."""
    return ChatDefect(
        f"reads_{parameter}_in_text",
        f"{parameter} is taken from a text that spells a number.",
        claims=(f"chat.{parameter}.wrong_type",),
        parameter=parameter,
        kinds=kinds,
        body=instead(parameter, of(str), number_in),
    )


REFUSED_ANYHOW = {
    "top_logprobs": ("chat", "claude", "gemini")
}  # it is asked with logprobs, which reasoning models refuse


def no_null(parameter: str) -> ChatDefect:
    """Null does not count as absent."""
    return ChatDefect(
        f"refuses_null_{parameter}",
        f"{parameter} of null is refused.",
        claims=(f"chat.{parameter}.null",),
        parameter=parameter,
        kinds=REFUSED_ANYHOW.get(parameter, KINDS),
        body=refusing_null(parameter),
    )


def is_unknown_type(value: Any) -> bool:
    """Whether a response_format is of a type that no document lists."""
    return isinstance(value, dict) and value.get("type") not in ("text", "json_object", "json_schema")


def is_unknown_choice(value: Any) -> bool:
    """Whether a tool_choice is a word that no document lists."""
    return isinstance(value, str) and value not in ("auto", "none", "required")


DEFECTS = (
    *(dropping(name, test, kinds) for name, (test, kinds) in TYPES.items()),
    *(rounding(name, kinds) for name, kinds in WHOLE.items()),
    *(parsing(name, kinds) for name, kinds in NUMBERS.items()),
    *(no_null(name) for name in NULLABLE),
    ChatDefect(
        "takes_logprobs_for_truth",
        "Whatever is no boolean counts as true in logprobs where a program would take it for true.",
        claims=("chat.logprobs.wrong_type",),
        parameter="logprobs",
        kinds=CHAT,
        body=instead("logprobs", lambda value: True, bool),
    ),
    ChatDefect(
        "splits_numeric_stop",
        "A number as stop counts as its digits.",
        claims=("chat.stop.wrong_type",),
        parameter="stop",
        kinds=SAMPLED,
        body=instead("stop", is_integer, str),
    ),
    ChatDefect(
        "accepts_any_response_format",
        "A response_format of a type that nobody knows is taken as text.",
        claims=("chat.response_format.unknown_type",),
        reports=("D282",),
        parameter="response_format",
        body=instead("response_format", is_unknown_type),
    ),
)
