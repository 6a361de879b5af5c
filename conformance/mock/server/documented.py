"""The mock's reader of contract files: ranges per parameter and column, the class of a model id, what a column does not support.

The mock shares these files with the suite, but no code; this reader knows only the keys that the mock needs.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from conformance.mock.server.nearest import StartError, nearest

BUILT_IN = Path(__file__).parents[2] / "contracts"
DEFAULT = "cometapi"
REFERENCE = "openai"  # has the limits that a contract leaves out
OTHER_FILES = (".ledger.toml", ".expectations.toml")
LIMITS = {"documented", "range", "agreed", "values", "quoted"}
TERMS = {"says", "level", "cost", "values", "modes", "why", "documented"}

Table = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Contract:
    """A contract with what it includes: what its surfaces share, and of each surface its parameters, claims and traits."""

    name: str
    shared: Mapping[str, Table]
    surfaces: Mapping[str, Mapping[str, Table]]

    def limits(self, surface: str, parameter: str, column: str) -> tuple[float, float]:
        """Return minimum and maximum of a parameter on a column, the widest that a document states; open ends are infinite."""
        row = self._parameter(surface, parameter)
        on = row.get("on", {})
        found = (place["range"] for place in (on.get(column, {}), row, *on.values()) if "range" in place)
        low, *high = next(found, [float("-inf")])
        return low, high[0] if high else float("inf")

    def named(self, surface: str, statement: str) -> tuple[str, ...]:
        """Return the parameters of which the contract has a claim with this last part: PARAMETER.unsupported, for instance."""
        claims = self.surfaces.get(surface, {}).get("claims", {})
        return tuple(name.split(".")[1] for name in claims if name.endswith(f".{statement}"))

    def values(self, surface: str, parameter: str) -> tuple[str, ...]:
        """Return the documented values of an enumerated parameter."""
        return tuple(self._parameter(surface, parameter)["values"])

    def says(self, claim: str, column: str, model_class: str) -> str:
        """Return what a claim says of a class of models; nothing if the contract lacks the claim."""
        row = self.surfaces.get(claim.split(".")[0], {}).get("claims", {}).get(claim, {})
        on = row.get("on", {})
        places = (on.get(model_class, {}), on.get(self._like(model_class), {}), on.get(column, {}), row)
        return next((str(place["says"]) for place in places if "says" in place), "")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the provider table, in its order."""
        return tuple(self.shared["columns"])

    def classes(self, column: str) -> tuple[str, ...]:
        """Return the model classes of a column, in the contract's order."""
        return tuple(name for name, row in self.shared["classes"].items() if row["column"] == column)

    def class_of(self, column: str, model: str) -> str:
        """Return the first class of the column with a pattern that is found in the id, or the plain class.

        As in the suite, only the part after the last "/" counts, in lower case.
        """
        name = model.rsplit("/", 1)[-1].lower()
        for candidate in self.classes(column):
            if any(re.search(pattern, name) for pattern in self.shared["classes"][candidate]["patterns"]):
                return candidate
        return str(self.shared["columns"][column]["plain"])

    def reasons(self, model_class: str) -> bool:
        """Return whether models of a class reason before they answer, as far as the traits show it."""
        traits = self.surfaces.get("chat", {}).get("traits", {}).get(model_class, {})
        return traits.get("cap") == "max_completion_tokens" and not traits.get("sampling", True)

    def _like(self, model_class: str) -> str:
        return str(self.shared["classes"].get(model_class, {}).get("like", ""))

    def _parameter(self, surface: str, parameter: str) -> Table:
        """Return the row of a parameter, of the reference if this contract has none or leaves out its limits."""
        row: Table = self.surfaces.get(surface, {}).get("parameters", {}).get(parameter, {})
        places = (row, *row.get("on", {}).values())
        if self.name == REFERENCE or any({"range", "values"} & place.keys() for place in places):
            return row
        return contract(REFERENCE)._parameter(surface, parameter)


@cache
def contract(name: str = DEFAULT) -> Contract:
    """Return a contract by its built-in name, or the path of its folder or file; raise StartError if there is none."""
    built_in = sorted(path.name for path in BUILT_IN.iterdir() if path.is_dir() and not path.name.startswith("_"))
    place = BUILT_IN / name if name in built_in else Path(name)
    if not place.exists():
        hint = nearest(name, built_in)
        raise StartError(f"--contract must be a built-in name, a folder or a TOML file; got {name!r}. {hint}")
    paths = [place] if place.is_file() else sorted(p for p in place.glob("*.toml") if not p.name.endswith(OTHER_FILES))
    files = [(path, tomllib.loads(path.read_text(encoding="utf-8"))) for path in paths]
    shared: dict[str, Table] = {key: {} for key in ("columns", "classes")}
    surfaces = {}
    for path, data in sorted(files, key=lambda file: "surface" in file[1]):
        base = _included(path, data)
        for key in shared if base and not shared["columns"] else ():
            shared[key] = base.shared[key] if base else {}
        for key in shared:
            new = {item: row for item, row in data.get(key, {}).items() if item not in shared[key]}
            shared[key] = {**new, **shared[key], **data.get(key, {})}
        if "surface" in data:
            surfaces[data["surface"]] = _surface(data, base)
    if not shared["columns"]:
        raise StartError(f"The contract {name!r} has no columns.")
    return Contract(name, shared, surfaces)


def _included(path: Path, data: Table) -> Contract | None:
    """Return the contract that a file includes."""
    if "include" not in data:
        return None
    near = path.parent / data["include"]
    return contract(str(near) if near.exists() and not (BUILT_IN / data["include"]).is_dir() else data["include"])


def _surface(data: Table, base: Contract | None) -> Mapping[str, Table]:
    """Return parameters, claims and traits of a surface, each by name, joined with those of the included contract."""
    old = base.surfaces.get(data["surface"], {}) if base else {}
    claims = {row["id"]: row for row in data.get("claims", ())}
    return {
        "parameters": _joined(old.get("parameters", {}), data.get("parameters", {}), LIMITS),
        "claims": _joined(old.get("claims", {}), claims, TERMS),
        "traits": _joined(old.get("traits", {}), data.get("traits", {}), ()),
    }


def _joined(old: Table, new: Table, replacing: Iterable[str]) -> Table:
    """Return the rows of two tables; what a row states of all models replaces what the included row states of some."""
    rows = dict(old)
    for key, row in new.items():
        before = rows.get(key, {})
        kept = {} if set(replacing) & row.keys() else before.get("on", {})
        rows[key] = {**before, **row, "on": {**kept, **row.get("on", {})}}
    return rows
