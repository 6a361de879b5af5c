"""Rules for nested values that all APIs of OpenAI share: names of functions, schemas of arguments, metadata, options of streams.

They are rules as in engine/rules.py: called with a name and a value, they return the value to apply or raise ApiError.
"""

import re
from dataclasses import dataclass
from typing import Any

from conformance.mock.engine.errors import ApiError, invalid_value, missing, unknown_parameter
from conformance.mock.engine.rules import BOOLEAN, OBJECT, TEXT
from conformance.mock.engine.schemas import check_schema

NAME = re.compile(r"[a-zA-Z0-9_-]+")


@dataclass(frozen=True)
class StreamOptions:
    """A rule for an object of booleans; keys other than `known` are refused, or ignored if `lenient`."""

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


def metadata(name: str, value: Any) -> dict[str, str]:
    """Accept at most 16 pairs of strings, keys up to 64 and values up to 512 characters long, as documented."""
    OBJECT(name, value)
    if len(value) > 16:
        raise ApiError(f"Invalid '{name}': more than 16 pairs.", param=name, code="object_above_max_properties")
    for key, text in value.items():
        if len(key) > 64:
            raise ApiError(
                f"Invalid '{name}': a key of more than 64.", param=name, code="property_name_above_max_length"
            )
        if len(TEXT(f"{name}.{key}", text)) > 512:
            raise string_too_long(f"{name}.{key}", 512)
    return dict(value)


def function_name(path: str, value: Any) -> None:
    """Refuse a name of a function or schema unless it is 1 to 64 letters, digits, _ or -, as documented."""
    require_text(path, value)
    if len(value) > 64:
        raise string_too_long(path, 64)
    if not NAME.fullmatch(value):
        raise invalid_value(path, value, "letters, digits, underscores and dashes")


def object_schema(path: str, value: Any) -> None:
    """Refuse a schema of arguments unless it is well-formed and describes an object."""
    OBJECT(path, value)
    if value and value.get("type") != "object" and "$ref" not in value:
        message = f"Invalid schema at '{path}': its type is not \"object\"."
        raise ApiError(message, param=path, code="invalid_function_parameters")
    check_schema(path, value, "invalid_function_parameters")


def require_text(path: str, value: Any) -> None:
    """Refuse anything but a string that is not empty."""
    if not TEXT(path, value):
        raise ApiError(f"Invalid '{path}': empty string.", param=path, code="empty_string")


def require_key(path: str, value: dict[str, Any], key: str) -> Any:
    """Return the value of a required key; raise ApiError if it is missing or null."""
    if value.get(key) is None:
        raise missing(f"{path}.{key}")
    return value[key]


def array_too_long(name: str, length: int, most: float) -> ApiError:
    """Return the refusal of an array with too many items."""
    message = f"Invalid '{name}': array too long. Expected at most {most} items, but got {length}."
    return ApiError(message, param=name, code="array_above_max_length")


def string_too_long(path: str, most: int) -> ApiError:
    """Return the refusal of a string with too many characters."""
    return ApiError(f"Invalid '{path}': string of more than {most}.", param=path, code="string_above_max_length")
