"""Including: what a contract takes from another one, and what it states differently.

Only tables are merged here, before any record is made of them; loading.py reads the files and checks the result.  The rules for
people are in docs/contract.md.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from conformance.contract.parts import Part
from conformance.contract.rows import as_list

Table = Mapping[str, Any]

LACKED = "the documentation lists it as unsupported here"
UNSTATED = "the contract states nothing of this for the column"
OUTSIDE = "the limits of the column allow none of these values"
_SHARED = ("columns", "classes", "clients", "usual_surfaces")  # what the surfaces of a contract share
_LIMITS = frozenset({"documented", "range", "agreed", "values", "quoted"})
_TERMS = frozenset({"says", "level", "cost", "values", "modes", "why", "documented"})


@dataclass(frozen=True)
class Included:
    """A contract that another one includes: what its surfaces share, and the table of each surface."""

    shared: Table
    surfaces: Mapping[str, Table]

    @classmethod
    def of(cls, parts: Iterable[Part]) -> Included:
        """Return the contract that these files make up."""
        shared: dict[str, Any] = {}
        surfaces: dict[str, Table] = {}
        for part in parts:
            for name in _SHARED:
                if name in part.data:
                    found = part.data[name]
                    shared[name] = {**shared.get(name, {}), **found} if isinstance(found, Mapping) else found
            if part.surface is not None:
                surfaces[part.surface] = {name: found for name, found in part.data.items() if name not in _SHARED}
        return cls(shared, surfaces)


def with_included(parts: Sequence[Part], included: Mapping[str, Included]) -> list[Part]:
    """Return the files of a contract with what each takes from the contract that it includes, by its name.

    A file of a surface takes that surface; the file that the surfaces share takes the columns, classes and clients.  If there is
    no such file, the first one takes both.  If the shared file includes nothing, the contract has its own columns only, and what
    is said of the included ones is left out.
    """
    holder = next((part for part in parts if part.surface is None), parts[0])
    own_surfaces = [part.surface for part in parts if part.surface is not None]
    if "include" in holder.data:
        holder_data = _with_shared(holder.data, included[holder.data["include"]].shared, own_surfaces)
    else:
        holder_data = dict(holder.data)
    own_columns: dict[str, Any] = {key: row for part in parts for key, row in part.table("columns").items()}
    merged = []
    for part in parts:
        data = holder_data if part is holder else dict(part.data)
        if "include" in part.data and part.surface is not None:
            base = included[part.data["include"]]
            if part.surface in base.surfaces:
                new = own_columns.keys() - base.shared.get("columns", {}).keys()
                of_surface = _surface(part.data, base.surfaces[part.surface], own_columns, new)
                if "include" not in holder.data:
                    classes = {key for other in parts for key in other.table("classes")}
                    of_surface = _only(of_surface, own_columns.keys() | classes)
                data = {**of_surface, **{name: data[name] for name in _SHARED if name in data}}
        merged.append(Part(part.path, {key: value for key, value in data.items() if key != "include"}))
    return merged


def _with_shared(own: Table, base: Table, surfaces: Collection[str]) -> dict[str, Any]:
    """Return the table of what surfaces share; a class of its own is tried before the included ones."""
    known = base.get("classes", {})
    classes = {key: row for key, row in own.get("classes", {}).items() if key not in known}
    clients = {key: row for key, row in base.get("clients", {}).items() if row["surface"] in surfaces}
    usual = [name for name in base.get("usual_surfaces", ()) if name in surfaces]
    taken = {
        "columns": {**base.get("columns", {}), **own.get("columns", {})},
        "classes": {**classes, **known, **own.get("classes", {})},
        "clients": {**clients, **own.get("clients", {})},
        "usual_surfaces": own.get("usual_surfaces", usual),
    }
    return {**own, **{key: value for key, value in taken.items() if value}}


def _surface(own: Table, base: Table, columns: Mapping[str, Table], new: Collection[str]) -> dict[str, Any]:
    """Return the table of a surface: the included rows in their order with what differs, then the contract's own.

    `columns` are those that the contract declares, and `new` the ones of them that the included contract does not have.
    """
    changes = {row["id"]: row for row in own.get("claims", ())}
    known = {row["id"] for row in base["claims"]}
    parameters = _by_name(base.get("parameters", {}), own.get("parameters", {}), _parameter)
    included = [_claim(row, changes.get(row["id"], {})) for row in base["claims"]]
    stating = {name: _Column(name, row, own) for name, row in columns.items()}
    kept = _without_lacked(included, stating.values())
    claims = [
        *_on_new_columns(kept, {name: stating[name] for name in columns if name in new}),
        *(row for row in own.get("claims", ()) if row["id"] not in known),
    ]
    named = {source for row in claims for source in as_list(row.get("source", ()))}
    merged = {
        **base,
        **own,
        "claims": claims,
        "parameters": {
            name: _with_limits(row, [name for name in columns if name in new]) for name, row in parameters.items()
        },
        "traits": _by_name(base.get("traits", {}), own.get("traits", {}), lambda old, row: {**old, **row}),
        "sources": {**{key: row for key, row in base["sources"].items() if key in named}, **own.get("sources", {})},
        "aliases": {**base.get("aliases", {}), **own.get("aliases", {})},
    }
    return {key: value for key, value in merged.items() if value != {}}


def _only(surface: Table, known: Collection[str]) -> dict[str, Any]:
    """Return the table of a surface without what is said of columns and classes that are not known."""
    names = {*known, *surface.get("versions", ())}

    def kept(row: Table) -> dict[str, Any]:
        return {**row, "on": {name: said for name, said in row.get("on", {}).items() if name in names}}

    changed = {
        "claims": [kept(row) for row in surface["claims"]],
        "parameters": {name: kept(row) for name, row in surface.get("parameters", {}).items()},
        "traits": {name: row for name, row in surface.get("traits", {}).items() if name in names},
        "documented_for": [name for name in surface.get("documented_for", ()) if name in names],
    }
    return {**surface, **{key: value for key, value in changed.items() if value or key in surface}}


def _by_name(base: Table, own: Table, merge: Callable[[Table, Table], Table]) -> dict[str, Table]:
    return {**base, **{key: merge(base[key], row) if key in base else row for key, row in own.items()}}


def _claim(row: Table, change: Table) -> dict[str, Any]:
    """Return an included claim with a change; one that says something of all models replaces what was said of some."""
    return _changed(row, change, replacing=_TERMS)


def _parameter(row: Table, change: Table) -> dict[str, Any]:
    """Return an included parameter with a change; one that limits all models replaces the limits of some."""
    return _changed(row, change, replacing=_LIMITS)


def _changed(row: Table, change: Table, *, replacing: frozenset[str]) -> dict[str, Any]:
    kept = {} if replacing & change.keys() else row.get("on", {})
    on = {**kept, **change.get("on", {})}
    rest = {key: value for key, value in {**row, **change}.items() if key != "on"}
    return {**rest, "on": on} if on else rest


def _with_limits(row: Table, new: Iterable[str]) -> Table:
    """Return a parameter with limits for new columns: without limits of their own, values are tried as on the first column."""
    on = row.get("on", {})
    first = next((limits for limits in on.values() if _LIMITS & limits.keys()), None)
    if first is None or _LIMITS & row.keys():
        return row
    return {**row, "on": {**on, **{name: {**first, "documented": "unstated"} for name in new if name not in on}}}


@dataclass(frozen=True)
class _Column:
    """A column that a contract declares, and what a file says of it."""

    name: str
    row: Table
    own: Table

    def changed(self, claim_id: str) -> Table:
        """Return the row of the file that changes an included claim; empty if there is none."""
        return next((row for row in self.own.get("claims", ()) if row["id"] == claim_id), {})

    def lacks(self, claim_id: str) -> bool:
        """Return whether an included claim does not apply to the column, unless its row says something of it."""
        changed = self.changed(claim_id)
        return self.name not in changed.get("on", {}) and _matches(claim_id, self.row.get("lacks", ()))

    def states(self, claim_id: str) -> bool:
        """Return whether the contract says something of an included claim for this column."""
        limits: Table = self.own.get("parameters", {}).get(claim_id.split(".")[1], {})
        return (
            bool(_TERMS & self.changed(claim_id).keys())
            or bool(_LIMITS & limits.keys())
            or self.name in limits.get("on", {})
            or _matches(claim_id, self.row.get("states", ()))
        )

    def allowed(self, row: Table) -> list[Any] | None:
        """Return the listed values of a claim that the limits of this column allow; None if these are all of them."""
        limits: Table = self.own.get("parameters", {}).get(row["id"].split(".")[1], {})
        ends = limits.get("on", {}).get(self.name, limits).get("range", ())
        values = row.get("values", ())
        if not ends or row["says"] != "supported" or not all(isinstance(value, int | float) for value in values):
            return None
        high = ends[1] if len(ends) > 1 else float("inf")
        allowed = [value for value in values if ends[0] <= value <= high]
        return allowed if len(allowed) < len(values) else None


def _matches(claim_id: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(claim_id, pattern) for pattern in patterns)


def _without_lacked(rows: Iterable[Table], columns: Collection[_Column]) -> Iterator[Table]:
    """Yield included claims, which do not apply to the columns that lack them."""
    for row in rows:
        lacking = [column.name for column in columns if column.lacks(row["id"])]
        lacked = {"says": "not applicable", "level": "unstated", "why": LACKED}
        yield {**row, "on": {**row.get("on", {}), **dict.fromkeys(lacking, lacked)}} if lacking else row


def _on_new_columns(rows: Iterable[Table], columns: Mapping[str, _Column]) -> Iterator[Table]:
    """Yield included claims with what holds on new columns: nothing is stated, until the contract says more.

    Values that a claim lists and that are outside the limits of the column are not tried there; if none is left, neither the
    claim nor what presupposes it applies.
    """
    gone: dict[str, set[str]] = {name: set() for name in columns}
    for row in rows:
        on = dict(row.get("on", {}))
        for name, column in columns.items():
            if name in on or row["says"] == "not applicable" or row.get("scope") == "endpoint":
                continue
            allowed = column.allowed(row)
            if allowed == [] or gone[name] & set(row.get("presupposes", ())):
                gone[name].add(row["id"])
                on[name] = {"says": "not applicable", "level": "unstated", "why": OUTSIDE}
            elif not column.states(row["id"]):
                on[name] = {"says": "unstated", "level": "unstated", "why": UNSTATED}
            elif allowed is not None:
                on[name] = {"values": allowed}
        yield {**row, "on": on} if on else row
