"""The files of a contract, and what they share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.base.errors import UsageError, nearest


@dataclass(frozen=True)
class Part:
    """One file of a contract that has passed the schema."""

    path: Path
    data: Mapping[str, Any]

    @property
    def surface(self) -> str | None:
        """The surface that the file is about; None for the file of what all surfaces share."""
        return self.data.get("surface")

    def table(self, name: str) -> Mapping[str, Any]:
        """Return a table of the file; empty if the file has none of this name."""
        table: Mapping[str, Any] = self.data.get(name, {})
        return table


class Shared:
    """What the files of one contract share; each column and class is declared once."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self.parts = list(parts)
        self.columns = self._declared("columns")
        self.classes = self._declared("classes")
        first = self.parts[0]
        for part in self.parts:
            if part.data["contract"] != first.data["contract"]:
                names = f"{first.data['contract']!r} in {first.path}, {part.data['contract']!r} in {part.path}"
                raise UsageError(f"all files must name the same contract, got {names}", "give files of one contract")
        for needed, declared in (("columns", self.columns), ("classes", self.classes)):
            if not declared:
                raise UsageError(
                    f"{first.path}: a contract must declare at least one of {needed}", f"add [{needed}.NAME]"
                )
        self._check_names()

    def text(self, name: str) -> str:
        """Return a text of the first file, which is the one that the surfaces share."""
        return str(self.parts[0].data[name])

    @property
    def known(self) -> dict[str, Any]:
        """The names that `on` may use: columns and classes."""
        return {**self.columns, **self.classes}

    def known_in(self, part: Part) -> dict[str, Any]:
        """The names that `on` may use in a file: columns, classes, and the versions of its API."""
        return {**self.known, **dict.fromkeys(part.data.get("versions", ()))}

    def _declared(self, name: str) -> dict[str, Any]:
        rows: dict[str, Any] = {}
        for part in self.parts:
            for key, row in part.table(name).items():
                if key in rows:
                    raise UsageError(f"{part.path}: {name} {key!r} is declared twice", "declare it in one file")
                rows[key] = row
        return rows

    def _check_names(self) -> None:
        """Raise UsageError for a name that a column, class or parameter uses and nothing declares."""
        for part in self.parts:
            for user, name, declared in self._uses(part):
                if name not in declared:
                    raise UsageError(
                        f"{part.path}: {user} uses {name!r}, which is not declared", nearest(name, declared)
                    )

    def _uses(self, part: Part) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """Yield who uses a name, the name, and the table that must declare it."""
        yield from ((f"column {key}", row["plain"], self.classes) for key, row in part.table("columns").items())
        for key, row in part.table("classes").items():
            yield f"class {key}", row["column"], self.columns
            if "like" in row:
                yield f"class {key}", row["like"], self.classes
        yield from ((f"traits {key}", key, self.classes) for key in part.table("traits"))
        if part.surface is not None:
            yield from (("surface " + part.surface, name, self.columns) for name in part.data.get("documented_for", ()))
        for key, row in part.table("parameters").items():
            yield from ((f"parameter {key}", name, self.known_in(part)) for name in row.get("on", {}))
