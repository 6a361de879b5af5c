"""Reading objects of a request as Google's APIs read JSON: names in camel case or with underscores, unknown ones refused.

The refusals are in the words of those APIs.  What a field means is not known here.
"""

import base64
import binascii
import json
import re
from collections.abc import Collection
from typing import Any

from conformance.mock.engine.errors import ApiError

_UNDERSCORE = re.compile(r"_([a-z0-9])")
_CAPITAL = re.compile(r"[A-Z]")
_SHOWN = 100  # characters of a value that a message repeats


def camel(name: str) -> str:
    """Return a name in camel case."""
    return _UNDERSCORE.sub(lambda found: found[1].upper(), name)


def snake(name: str) -> str:
    """Return a name with underscores, as messages spell it."""
    return _CAPITAL.sub(lambda found: f"_{found[0].lower()}", name)


def fields(path: str, value: Any, known: Collection[str], *, lenient: bool = False) -> dict[str, Any]:
    """Return the fields of an object by their names in camel case, without those that are null.

    Raises ApiError for a value that is no object and, unless `lenient`, for a name that is not known.
    """
    if not isinstance(value, dict):
        raise wrong_type(path, "an object", value)
    found = {}
    for name, part in value.items():
        if camel(name) in known:
            found[camel(name)] = part
        elif not lenient:
            raise unknown_name(path, name)
    return {name: part for name, part in found.items() if part is not None}


def array(path: str, value: Any) -> list[Any]:
    """Return an array; raise ApiError for anything else."""
    if not isinstance(value, list):
        raise wrong_type(path, "an array", value)
    return value


def text(path: str, value: Any) -> str:
    """Return a string; raise ApiError for anything else."""
    if not isinstance(value, str):
        raise wrong_type(path, "TYPE_STRING", value)
    return value


def boolean(path: str, value: Any) -> bool:
    """Return a boolean; raise ApiError for anything else."""
    if not isinstance(value, bool):
        raise wrong_type(path, "TYPE_BOOL", value)
    return value


def decoded(path: str, value: Any) -> bytes:
    """Return the bytes of a text in base64, in either alphabet; raise ApiError for any other."""
    plain = text(path, value).replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error:
        raise ApiError(f"Invalid value at '{path}' (TYPE_BYTES), Base64 decoding failed.", param=path) from None


def wrong_type(path: str, expected: str, value: object) -> ApiError:
    """Return the refusal of a value whose JSON type the field does not take."""
    shown = json.dumps(value, ensure_ascii=False)[:_SHOWN]
    return ApiError(f"Invalid value at '{path}' ({expected}), {shown}", param=path)


def unknown_name(path: str, name: str) -> ApiError:
    """Return the refusal of a name that an object does not have."""
    where = f" at '{path}'" if path else ""
    message = f'Invalid JSON payload received. Unknown name "{name}"{where}: Cannot find field.'
    return ApiError(message, param=name)


def invalid(path: str, reason: str) -> ApiError:
    """Return the refusal of a value of the right type."""
    return ApiError(f"* {path}: {reason}", param=path)
