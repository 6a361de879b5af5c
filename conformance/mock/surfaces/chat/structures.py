"""What the nested parameters accept: stop, logit_bias, tools, tool_choice, response_format, stream_options, metadata.

The same kind of rule as in rules.py: a name and a value in, the value to apply out, or a refusal.
"""

import re
from dataclasses import dataclass
from typing import Any

from conformance.mock.engine.errors import ApiError, invalid_value, missing, unknown_parameter, wrong_type
from conformance.mock.engine.rules import ARRAY, BOOLEAN, OBJECT, TEXT, Number, OneOf
from conformance.mock.engine.schemas import proper_schema

NAME = re.compile(r"[a-zA-Z0-9_-]+")
TOKEN_ID = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class Stop:
    """One string, or an array of at most `most`; an empty array counts as absent."""

    most: int

    def __call__(self, name: str, value: Any) -> tuple[str, ...] | None:
        if isinstance(value, str):
            sequences = [value]
        elif isinstance(value, list):
            sequences = value
        else:
            raise wrong_type(name, "a string or an array of strings", value)
        if len(sequences) > self.most:
            raise too_long(name, len(sequences), self.most)
        for place, sequence in enumerate(sequences):
            not_empty(f"{name}[{place}]", sequence)
        return tuple(sequences) or None


@dataclass(frozen=True)
class Biases:
    """A map of token ids to numbers between `low` and `high`."""

    low: float
    high: float

    def __call__(self, name: str, value: Any) -> dict[str, float]:
        OBJECT(name, value)
        limits = Number(self.low, self.high)
        for key, bias in value.items():
            if not TOKEN_ID.fullmatch(key):
                raise invalid_value(name, key, "a token id as the key")
            limits(f"{name}.{key}", bias)
        return dict(value)


@dataclass(frozen=True)
class Tools:
    """An array of 1 to `most` function tools, whose names are checked where `strict`."""

    most: int = 128
    strict: bool = True

    def __call__(self, name: str, value: Any) -> tuple[dict[str, Any], ...]:
        ARRAY(name, value)
        if not value:
            raise ApiError(f"Invalid '{name}': empty array.", param=name, code="empty_array")
        if len(value) > self.most:
            raise too_long(name, len(value), self.most)
        return tuple(self.function(f"{name}[{place}]", tool) for place, tool in enumerate(value))

    def function(self, name: str, tool: Any) -> dict[str, Any]:
        """Return the function of one tool, checked."""
        OBJECT(name, tool)
        OneOf(("function",))(f"{name}.type", required(name, tool, "type"))
        function: dict[str, Any] = OBJECT(f"{name}.function", required(name, tool, "function"))
        called = TEXT(f"{name}.function.name", required(f"{name}.function", function, "name"))
        if self.strict:
            function_name(f"{name}.function.name", called)
        parameters = function.get("parameters")
        if parameters is not None:
            object_schema(f"{name}.function.parameters", parameters)
        return function


@dataclass(frozen=True)
class ResponseFormat:
    """An object whose type is one of `types`; json_schema carries a name and a schema, which are checked where `strict`."""

    types: tuple[str, ...] = ("text", "json_object", "json_schema")
    strict: bool = True

    def __call__(self, name: str, value: Any) -> dict[str, Any]:
        OBJECT(name, value)
        kind = OneOf(self.types)(f"{name}.type", required(name, value, "type"))
        if kind == "json_schema":
            path = f"{name}.json_schema"
            described = OBJECT(path, required(name, value, "json_schema"))
            schema = OBJECT(f"{path}.schema", required(path, described, "schema"))
            if self.strict:
                function_name(f"{path}.name", required(path, described, "name"))
                proper_schema(f"{path}.schema", schema, "invalid_json_schema")
            if described.get("strict") is not None:
                BOOLEAN(f"{path}.strict", described["strict"])
        return dict(value)


@dataclass(frozen=True)
class StreamOptions:
    """An object of booleans; keys other than `known` are refused, or ignored where `lenient`."""

    known: tuple[str, ...] = ("include_usage", "include_obfuscation")
    lenient: bool = False

    def __call__(self, name: str, value: Any) -> dict[str, bool]:
        OBJECT(name, value)
        for key, option in value.items():
            if key not in self.known and not self.lenient:
                raise unknown_parameter(f"{name}.{key}")
            if key in self.known and option is not None:
                BOOLEAN(f"{name}.{key}", option)
        return dict(value)


def tool_choice(name: str, value: Any) -> str | dict[str, str]:
    """Accept auto, none, required, or an object that names a function, as {"name": ...}."""
    if isinstance(value, str):
        return OneOf(("none", "auto", "required"))(name, value)
    if not isinstance(value, dict):
        raise wrong_type(name, "a string or an object", value)
    OneOf(("function",))(f"{name}.type", required(name, value, "type"))
    function = OBJECT(f"{name}.function", required(name, value, "function"))
    return {"name": TEXT(f"{name}.function.name", required(f"{name}.function", function, "name"))}


def metadata(name: str, value: Any) -> dict[str, str]:
    """Accept at most 16 pairs of strings, keys up to 64 and values up to 512 characters."""
    OBJECT(name, value)
    if len(value) > 16:
        raise ApiError(f"Invalid '{name}': more than 16 pairs.", param=name, code="object_above_max_properties")
    for key, text in value.items():
        if len(key) > 64:
            raise ApiError(
                f"Invalid '{name}': a key of more than 64.", param=name, code="property_name_above_max_length"
            )
        if len(TEXT(f"{name}.{key}", text)) > 512:
            raise above_length(f"{name}.{key}", 512)
    return dict(value)


def function_name(path: str, value: Any) -> None:
    """Refuse a name of a function or schema unless it is 1 to 64 letters, digits, _ and -."""
    not_empty(path, value)
    if len(value) > 64:
        raise above_length(path, 64)
    if not NAME.fullmatch(value):
        raise invalid_value(path, value, "letters, digits, underscores and dashes")


def object_schema(path: str, value: Any) -> None:
    """Check the schema of a function's arguments, which are always an object."""
    OBJECT(path, value)
    if value and value.get("type") != "object" and "$ref" not in value:
        message = f"Invalid schema at '{path}': its type is not \"object\"."
        raise ApiError(message, param=path, code="invalid_function_parameters")
    proper_schema(path, value, "invalid_function_parameters")


def not_empty(path: str, value: Any) -> None:
    """Refuse anything but a string with something in it."""
    if not TEXT(path, value):
        raise ApiError(f"Invalid '{path}': empty string.", param=path, code="empty_string")


def required(path: str, value: dict[str, Any], key: str) -> Any:
    """Return the value at a key that has to be there."""
    if value.get(key) is None:
        raise missing(f"{path}.{key}")
    return value[key]


def too_long(name: str, length: int, most: int) -> ApiError:
    """Return the refusal of more items than an array may have."""
    message = f"Invalid '{name}': array too long. Expected at most {most} items, but got {length}."
    return ApiError(message, param=name, code="array_above_max_length")


def above_length(path: str, most: int) -> ApiError:
    """Return the refusal of more characters than a string may have."""
    return ApiError(f"Invalid '{path}': string of more than {most}.", param=path, code="string_above_max_length")
