"""The exception for a refused request, and the wording of the usual refusals, which imitate OpenAI's.

When to refuse is decided by the rules and the front; the front also decides how an error looks on the wire.
"""

from collections.abc import Mapping
from types import MappingProxyType

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class ApiError(Exception):
    """A request that is answered with an error: status, headers, and the fields of the error."""

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        status: int = 400,
        type: str = "invalid_request_error",
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code
        self.status = status
        self.type = type
        self.headers = headers


def wrong_type(param: str, expected: str, value: object) -> ApiError:
    """Return the refusal of a value whose JSON type the parameter does not take."""
    return ApiError(
        f"Invalid type for '{param}': expected {expected}, but got {json_type(value)} instead.",
        param=param,
        code="invalid_type",
    )


def missing(param: str) -> ApiError:
    """Return the refusal of a request that lacks a required key."""
    return ApiError(f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")


def invalid_value(param: str, value: object, allowed: str, code: str = "invalid_value") -> ApiError:
    """Return the refusal of a value of the right type that is not allowed."""
    return ApiError(f"Invalid value: {value!r} for '{param}'. Expected {allowed}.", param=param, code=code)


def unknown_parameter(param: str) -> ApiError:
    """Return the refusal of a key that is unknown to the model's column."""
    return ApiError(f"Unknown parameter: '{param}'.", param=param, code="unknown_parameter")


def unsupported_parameter(param: str, model: str) -> ApiError:
    """Return the refusal of a known key that this class of models does not support."""
    return ApiError(
        f"Unsupported parameter: '{param}' is not supported with {model} models.",
        param=param,
        code="unsupported_parameter",
    )


def json_type(value: object) -> str:
    """Return the name of a value's JSON type, as error messages spell it."""
    names: dict[type, str] = {
        bool: "a boolean",
        int: "an integer",
        float: "a decimal number",
        str: "a string",
        list: "an array",
        dict: "an object",
        type(None): "null",
    }
    return names[type(value)]
