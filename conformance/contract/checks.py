"""The checks of a contract that a JSON schema cannot express."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import product
from typing import Any

from conformance.base.errors import UsageError, nearest
from conformance.contract.claims import Claim, Model, unique_id_texts
from conformance.contract.contract import Contract, SurfaceContract
from conformance.contract.parts import Part, Shared
from conformance.contract.rows import as_list


def check_surface(part: Part, seen: Mapping[str, SurfaceContract], shared: Shared) -> None:
    """Raise UsageError for a second file of a surface, and for traits that leave out a class."""
    if lacking := [key for key in ("path", "sources", "claims") if key not in part.data]:
        hint = f"add {lacking[0]}, or include a contract that has the surface"
        raise UsageError(f"{part.path}: surface {part.surface} must have {', '.join(lacking)}", hint)
    for name, row in part.table("parameters").items():
        if "type" not in row:
            message = f"{part.path}: parameter {name} is not in what the file includes, so it must have a type"
            raise UsageError(
                message, nearest(name, [key for key, other in part.table("parameters").items() if other is not row])
            )
    if part.surface in seen:
        raise UsageError(f"{part.path}: surface {part.surface} must have one file, got two", "put its claims into one")
    traits = part.table("traits")
    columns = part.data.get("documented_for", shared.columns)
    described = [name for name, row in shared.classes.items() if row["column"] in columns]
    missing = [name for name in described if name not in traits] if traits else []
    if missing:
        raise UsageError(f"{part.path}: class {missing[0]} has no traits", f"add [traits.{missing[0]}]")


def check_row(row: Mapping[str, Any], part: Part, shared: Shared, seen: Mapping[str, Claim]) -> None:
    """Raise UsageError for what a schema cannot express: duplicate ids, undeclared names, a majority out of range."""
    where = f"{part.path}: claim {row['id']}"
    if missing := [key for key in ("statement", "source", "says", "level") if key not in row]:
        known = [claim["id"] for claim in part.data["claims"] if "statement" in claim]
        hint = f"{nearest(row['id'], known)} Or add {missing[0]}"
        raise UsageError(f"{where} is not in what the file includes, so it must have {', '.join(missing)}", hint)
    if row["id"] in seen:
        raise UsageError(f"{part.path}: duplicate claim id {row['id']}", "give one of the two another id")
    sources = [(key, part.table("sources")) for key in as_list(row["source"])]
    for name, declared in [*sources, *((name, shared.known_in(part)) for name in row.get("on", {}))]:
        if name not in declared:
            raise UsageError(f"{where} uses {name!r}, which is not declared", nearest(name, declared))
    if not Fraction(1, 2) < Fraction(row.get("majority", 1)) <= 1:
        got = row["majority"]
        raise UsageError(f"{where}: majority must be above 1/2 and at most 1, got {got}", "give a fraction such as 2/3")
    if row["id"].split(".")[0] != part.surface:
        hint = "rename it, or move it to the file of its surface"
        raise UsageError(f"{where} must have an id that starts with {part.surface}.", hint)


def check_aliases(loaded: Contract, parts: Iterable[Part]) -> None:
    for part in parts:
        for old, new in part.table("aliases").items():
            if old in loaded.claims or new not in loaded.claims:
                hint = "give the former id on the left and the present one on the right"
                raise UsageError(f"{part.path}: alias {old!r} = {new!r} must map a former id to a present one", hint)


def check_presuppositions(loaded: Contract, parts: Iterable[Part]) -> None:
    """Raise UsageError for a presupposed claim that is unknown, of another scope, or presupposes what this claim does not name.

    A claim that is blocked names the first cause, so it must name all of them, the first cause first.
    """
    for part in parts:
        streams = part.data.get("streams")
        if streams is not None and streams not in loaded.claims:
            message = f"{part.path}: streams must name a claim of the contract, got {streams!r}"
            raise UsageError(message, nearest(streams, loaded.claims))
    where = {row["id"]: part.path for part in parts for row in part.data.get("claims", ())}
    for claim in loaded.claims.values():
        for name in claim.presupposes:
            place = f"{where[claim.id]}: claim {claim.id}: presupposes"
            if name not in loaded.claims:
                raise UsageError(
                    f"{place} must name claims of the contract, got {name!r}", nearest(name, loaded.claims)
                )
            other = loaded.claims[name]
            before = claim.presupposes[: claim.presupposes.index(name)]
            if unnamed := next((cause for cause in other.presupposes if cause not in before), None):
                message = f"{place} must name {unnamed!r} before {name!r}, which presupposes it"
                raise UsageError(message, "name the first cause first")
            if other.per_endpoint is not claim.per_endpoint or other.surface != claim.surface:
                message = f"{place} must name a claim of the same surface and scope, got {name!r}"
                raise UsageError(message, "name another claim")


def check_values(loaded: Contract, parts: Iterable[Part]) -> None:
    """Raise UsageError for a group of values that some class has no limits for, and for a value that a claim tries twice."""
    paths = {part.surface: part.path for part in parts}
    for claim in loaded.claims.values():
        versions = loaded.surfaces[claim.surface].versions or ("",)
        for kind, version in product(loaded.classes.values(), versions):
            where = f"{paths[claim.surface]}: claim {claim.id}"
            try:
                rule = loaded.rule(claim, Model(kind.column, "", kind, version))
            except (IndexError, ValueError) as error:
                hint = f"give parameter {claim.parameter} a range and far, or the claim a list of values"
                raise UsageError(f"{where} needs limits for class {kind.name}, which has none", hint) from error
            try:
                unique_id_texts(rule.values)
            except ValueError as error:
                raise UsageError(f"{where} has a {error}", "list each value once") from error
