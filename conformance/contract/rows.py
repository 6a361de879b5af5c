"""The records of a contract, made from the rows of its files."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from conformance.contract.boundaries import Limits, Override, decimals
from conformance.contract.claims import Claim, Cost, Level, ModelClass, Says, Source, Terms
from conformance.contract.contract import SurfaceContract
from conformance.contract.parts import Part


def model_class_of(name: str, row: Mapping[str, Any]) -> ModelClass:
    """Return a class of models."""
    return ModelClass(name, row["column"], row["title"], tuple(row["patterns"]), row.get("like"))


def surface_of(part: Part) -> SurfaceContract:
    """Return the API that a file describes, without its claims."""
    assert part.surface is not None
    return SurfaceContract(
        part.surface,
        part.data["path"],
        part.data["title"],
        {name: limits_of(row) for name, row in part.table("parameters").items()},
        part.table("traits"),
        part.data.get("streams"),
        tuple(part.data.get("documented_for", ())),
        tuple(part.data.get("versions", ())),
    )


def limits_of(row: Mapping[str, Any]) -> Limits:
    """Return the limits of a parameter."""
    general = override_of(row)
    return Limits(
        row["type"],
        general.documented,
        general.range,
        general.agreed,
        general.values,
        Decimal(str(row.get("step", 1))),
        decimals(row.get("far", ())),
        Decimal(str(row["ceiling"])) if "ceiling" in row else None,
        tuple(row["place"].split(".")) if "place" in row else (),
        general.quoted,
        {name: override_of(other) for name, other in row.get("on", {}).items()},
    )


def override_of(row: Mapping[str, Any]) -> Override:
    """Return the limits of a parameter for some models."""
    return Override(
        row.get("documented"),
        decimals(row["range"]) if "range" in row else None,
        decimals(row["agreed"]) if "agreed" in row else None,
        tuple(row["values"]) if "values" in row else None,
        decimals(row["quoted"]) if "quoted" in row else None,
    )


def claim_of(row: Mapping[str, Any], part: Part) -> Claim:
    """Return a claim."""
    sources = {
        key: Source(**{name: str(text) for name, text in source.items()})
        for key, source in part.table("sources").items()
    }
    return Claim(
        row["id"],
        row["statement"],
        tuple(dict.fromkeys(sources[key] for key in as_list(row["source"]))),
        terms_of(row),
        {name: terms_of(other) for name, other in row.get("on", {}).items()},
        per_endpoint=row.get("scope") == "endpoint",
        switch=row.get("switch"),
        majority=Fraction(row["majority"]) if "majority" in row else None,
        probe=row.get("probe"),
        presupposes=tuple(row.get("presupposes", ())),
        quiet=row.get("quiet", False),
    )


def terms_of(row: Mapping[str, Any]) -> Terms:
    """Return what a claim says, of all models or of some."""
    values = row.get("values")
    return Terms(
        Says(row["says"]) if "says" in row else None,
        Level(row["level"]) if "level" in row else None,
        Cost(row["cost"]) if "cost" in row else None,
        tuple(values) if isinstance(values, list) else values,
        tuple(row["modes"]) if "modes" in row else None,
        row.get("why"),
        row.get("documented"),
    )


def as_list(source: str | list[str]) -> list[str]:
    """Return the keys of the sources of a claim, of which a row may name one alone."""
    return [source] if isinstance(source, str) else source
