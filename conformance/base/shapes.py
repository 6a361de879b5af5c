"""Validating many rows of one kind: of the rows that have the same shape only one is held against the schema.

A check against a schema takes 0.2 to 0.6 ms for each row, which would be more than a minute for a year of nightly runs.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any


class Shapes:
    """The shapes of rows that are known to fit; under the `free` keys the schema asks for the type of a value only.

    So rows of one shape all fit the schema, or none does.
    """

    def __init__(self, *free: str) -> None:
        self._free = frozenset(free)
        self._known: set[Hashable] = set()

    def unknown(self, rows: Iterable[Any]) -> dict[Hashable, Any]:
        """Return a row of each shape that is not known to fit."""
        return {shape: row for row in rows if (shape := self._shape(row)) not in self._known}

    def learn(self, shapes: Iterable[Hashable]) -> None:
        """Remember shapes whose rows fit."""
        self._known.update(shapes)

    def _shape(self, value: Any, free: bool = False) -> Hashable:
        if isinstance(value, dict):
            return tuple((key, self._shape(inner, key in self._free)) for key, inner in value.items())
        if isinstance(value, list):
            return self._shape_of_list(value, free)
        if free and isinstance(value, str):
            return str
        return type(value), (None if free and isinstance(value, float) else value)

    def _shape_of_list(self, values: list[Any], free: bool) -> Hashable:
        """Return the shape of a list: of texts, whether they differ from each other; of lists, each shape among them once."""
        if free and all(isinstance(each, str) for each in values):
            return list, min(len(values), 3), len(set(values)) == len(values)
        shapes = [self._shape(each, free) for each in values]
        return list, frozenset(shapes) if free else tuple(shapes)
