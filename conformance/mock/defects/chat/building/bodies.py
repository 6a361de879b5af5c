"""Mutations that replace or refuse one value of a body before it is checked."""

from collections.abc import Callable, Collection
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import ApiError


def as_default(name: str, known: Collection[str], default: str) -> Callable[[Json], Json]:
    """Return a mutation that replaces a string by a default unless it is one of the known values."""

    def body_with(body: Json) -> Json:
        value = body.get(name)
        return {**body, name: default} if isinstance(value, str) and value not in known else body

    return body_with


def refused_where(wrong: Callable[[Any], bool], error: Callable[[Any], ApiError], name: str) -> Callable[[Json], Json]:
    """Return a mutation that raises an error for bodies in which the value of a key is wrong."""

    def body_with(body: Json) -> Json:
        if wrong(body.get(name)):
            raise error(body.get(name))
        return body

    return body_with


def fault(value: Any) -> ApiError:
    """Return a fault of the server, whatever the value."""
    return ApiError("Internal Server Error", status=500, type="server_error")


def read_as(parameter: str, wanted: type, value: Any) -> Callable[[Json], Json]:
    """Return a mutation that replaces a value of another type than `wanted`, except null."""

    def body_with(body: Json) -> Json:
        current = body[parameter]
        return body if current is None or isinstance(current, wanted) else {**body, parameter: value}

    return body_with
