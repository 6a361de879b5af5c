"""Bodies in which one value is replaced or refused before it is checked."""

from collections.abc import Callable, Collection
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import ApiError


def as_default(name: str, known: Collection[str], default: str) -> Callable[[Json], Json]:
    """Put a default in place of a text that is none of the known values."""

    def body_with(body: Json) -> Json:
        value = body.get(name)
        return {**body, name: default} if isinstance(value, str) and value not in known else body

    return body_with


def refused_where(wrong: Callable[[Any], bool], error: Callable[[Any], ApiError], name: str) -> Callable[[Json], Json]:
    """Refuse bodies in which the value of one key is wrong."""

    def body_with(body: Json) -> Json:
        if wrong(body.get(name)):
            raise error(body.get(name))
        return body

    return body_with


def read_as(parameter: str, wanted: type, value: Any) -> Callable[[Json], Json]:
    """Put a value in place of one that is not of the wanted type."""

    def body_with(body: Json) -> Json:
        given = body[parameter]
        return body if given is None or isinstance(given, wanted) else {**body, parameter: value}

    return body_with
