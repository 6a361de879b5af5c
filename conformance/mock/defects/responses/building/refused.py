"""Defects of checks that are too strict: what is documented is refused."""

from collections.abc import Callable
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.defects.responses.building.accepted import items_of
from conformance.mock.defects.responses.building.changes import repaired
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.responses.defect import ResponsesDefect


def refused(
    name: str, symptom: str, claims: str, met: Callable[[Json], bool], param: str, **more: Any
) -> ResponsesDefect:
    """Return a defect that refuses a body in which something is met."""

    def refuse(body: Json) -> Json:
        if met(body):
            raise ApiError("This is not supported.", param=param, code="unsupported_value")
        return body

    return repaired(name, symptom, claims, refuse, **more)


def of_items(met: Callable[[Json], bool]) -> Callable[[Json], bool]:
    """Return whether something is met in an item of an input."""
    return lambda body: any(met(item) for item in items_of(body) if isinstance(item, dict))


def single(body: Json, kind: type) -> bool:
    """Return whether an input is one message of the user with a content of a type."""
    items = items_of(body)
    alone = len(items) == 1 and isinstance(items[0], dict) and items[0].get("type") == "message"
    return alone and isinstance(items[0].get("content"), kind)


def has_part(kind: str, **fields: Any) -> Callable[[Json], bool]:
    """Return whether a message has a part of this type with these fields."""

    def met(item: Json) -> bool:
        content = item.get("content")
        parts = content if isinstance(content, list) else []
        return any(
            part.get("type") == kind and all(part.get(name) == value for name, value in fields.items())
            for part in parts
        )

    return met


def has_type(kind: str) -> Callable[[Json], bool]:
    """Return whether an item is of this type."""
    return lambda item: item.get("type") == kind


def takes_nothing(tool: Json) -> bool:
    """Return whether a tool is a function without parameters."""
    return tool.get("type") == "function" and not (tool.get("parameters") or {}).get("properties")


def declares(kind: str) -> Callable[[Json], bool]:
    """Return whether a body declares a tool of this type."""
    return lambda body: any(tool.get("type") == kind for tool in body.get("tools", ()))
