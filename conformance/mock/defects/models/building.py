"""What defects of both lists are made of."""

from collections.abc import Callable

from conformance.mock.defects.defect import Json


def in_records(change: Callable[[Json], Json]) -> Callable[[Json], Json]:
    """Change every record of a list."""
    return lambda body: {**body, "data": [change(record) for record in body["data"]]}


def without(*names: str) -> Callable[[Json], Json]:
    """Leave some keys out of an object."""
    return lambda value: {name: each for name, each in value.items() if name not in names}


def without_last(body: Json) -> Json:
    """Return the list without its last record, which it does not count either."""
    counted = {"total": body["total"] - 1} if "total" in body else {}
    return {**body, **counted, "data": body["data"][:-1]}
