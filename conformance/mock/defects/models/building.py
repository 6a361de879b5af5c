"""Helpers for the defects of both lists; nothing here is a defect by itself."""

from collections.abc import Callable

from conformance.mock.defects.defect import Json


def in_records(change: Callable[[Json], Json]) -> Callable[[Json], Json]:
    """Return a mutation that changes every record of a list."""
    return lambda body: {**body, "data": [change(record) for record in body["data"]]}


def without(*names: str) -> Callable[[Json], Json]:
    """Return a mutation that removes some keys from an object."""
    return lambda value: {name: part for name, part in value.items() if name not in names}


def without_first(body: Json) -> Json:
    """Return the list without its first record, also in the total."""
    counted = {"total": body["total"] - 1} if "total" in body else {}
    return {**body, **counted, "data": body["data"][1:]}
