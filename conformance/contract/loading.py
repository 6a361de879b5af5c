"""Loading a contract from its files, and the checks that a JSON schema cannot express.

A contract is a folder or one file.  In a folder, one file holds what all surfaces share (columns, classes of models), and each
surface has a file of its own; a single file holds everything.  schemas/data/contract.schema.json describes the format.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from fractions import Fraction
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from conformance.base.errors import UsageError, nearest
from conformance.base.validation import load_toml
from conformance.contract.boundaries import Limits, Override, decimals
from conformance.contract.claims import (
    Claim,
    Client,
    Cost,
    Level,
    Model,
    ModelClass,
    Says,
    Source,
    Terms,
    unique_id_texts,
)
from conformance.contract.contract import Contract, SurfaceContract

SCHEMA = 2
DEFAULT = "cometapi"  # the contract that is used if none is named
LEDGER = ".ledger.toml"  # ending of the files that list a surface's documented statements; they hold no claims
_SHIPPED = Path(__file__).parents[1] / "contracts"
_MOVED = (
    "write columns, classes and traits as docs/contract.md shows: cap, room and sampling are now under [traits.CLASS]"
)


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


def load(name: str) -> Contract:
    """Load a contract, given the name of a built-in one or the path of a folder or TOML file.

    A built-in one is read once in a process, and not validated: `checked` does that, which takes longer than reading.
    Raises UsageError for an unknown name and for a file that breaks the format, with file, line and nearest key.
    """
    return _built_in(name) if name in built_in() else _load(name)


def checked(name: str) -> Contract:
    """Load a contract with all checks, also a built-in one."""
    return _load(name)


@cache
def _built_in(name: str) -> Contract:
    return _load(name, validate=False)


def _load(name: str, *, validate: bool = True) -> Contract:
    parts = [_part(path, validate=validate) for path in files(name)]
    shared = _Shared(parts)
    claims: dict[str, Claim] = {}
    surfaces: dict[str, SurfaceContract] = {}
    for part in parts:
        if part.surface is not None:
            _check_surface(part, surfaces, shared)
            surfaces[part.surface] = _surface(part)
            for row in part.data["claims"]:
                _check_row(row, part, shared, claims)
                claims[row["id"]] = _claim(row, part)
    if not claims:
        raise UsageError(f"contract {name} has no claims", "give a file with a surface and its claims")
    loaded = Contract(
        name=shared.text("contract"),
        title=shared.text("title"),
        digest=_digest(parts),
        columns={key: row["title"] for key, row in shared.columns.items()},
        default_classes={key: row["plain"] for key, row in shared.columns.items()},
        classes={key: _model_class(key, row) for key, row in shared.classes.items()},
        surfaces=surfaces,
        claims=claims,
        aliases={old: new for part in parts for old, new in part.table("aliases").items()},
        usual_surfaces=_usual(parts, surfaces),
        clients=tuple(_clients(parts, surfaces, claims)),
    )
    _check_aliases(loaded, parts)
    _check_presuppositions(loaded, parts)
    if validate:
        _check_values(loaded, parts)
    return loaded


def _usual(parts: Iterable[Part], surfaces: Mapping[str, SurfaceContract]) -> tuple[str, ...]:
    """Return the surfaces that an endpoint is asked if its target names none: those that the contract says, else all."""
    for part in parts:
        for name in part.data.get("usual_surfaces", ()):
            if name not in surfaces:
                message = f"{part.path}: usual_surfaces must name surfaces of the contract, got {name!r}"
                raise UsageError(message, nearest(name, surfaces))
    named = [name for part in parts for name in part.data.get("usual_surfaces", ())]
    return tuple(name for name in surfaces if name in named or not named)


def _clients(
    parts: Iterable[Part], surfaces: Mapping[str, SurfaceContract], claims: Mapping[str, Claim]
) -> Iterator[Client]:
    """Yield the clients of a contract.  Raises UsageError for an unknown surface and for a pattern that finds no claim of it."""
    for part in parts:
        for name, row in part.table("clients").items():
            client = Client(name, row["title"], row["surface"], tuple(row["needs"]))
            where = f"{part.path}: client {name}"
            if client.surface not in surfaces:
                message = f"{where}: surface must be one of the contract, got {client.surface!r}"
                raise UsageError(message, nearest(client.surface, surfaces))
            own = [claim.id for claim in claims.values() if claim.surface == client.surface]
            for pattern in client.needs:
                if not any(fnmatchcase(claim_id, pattern) for claim_id in own):
                    message = f"{where}: needs must find claims of surface {client.surface}, got {pattern!r}"
                    raise UsageError(message, nearest(pattern, own))
            yield client


def built_in() -> list[str]:
    """Return the names of the contracts that come with the package."""
    return sorted(path.name for path in _SHIPPED.iterdir() if path.is_dir() and not path.name.startswith("_"))


def find(name: str) -> Path:
    """Return the folder of a built-in contract, or the user's own folder or file.  Raises UsageError if there is none."""
    if name in built_in():
        return _SHIPPED / name
    path = Path(name)
    if path.is_file() or path.is_dir():
        return path
    raise UsageError(f"contract {name!r} must be a built-in name, a folder or a TOML file", nearest(name, built_in()))


def files(name: str) -> list[Path]:
    """Return the files of a contract: first the one that its surfaces share, then the surfaces by name."""
    path = find(name)
    if path.is_file():
        return [path]
    others = (LEDGER, ".expectations.toml")
    paths = sorted(file for file in path.glob("*.toml") if not file.name.endswith(others))
    if not paths:
        raise UsageError(f"folder {name} has no contract files", "give a folder with a TOML file for each surface")
    return sorted(paths, key=_names_surface)


def _names_surface(path: Path) -> bool:
    """Return whether a file names a surface, also true for one that cannot be read: loading it reports the fault."""
    try:
        return "surface" in tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return True


def _part(path: Path, *, validate: bool) -> Part:
    return Part(path, load_toml(path, "contract", version=SCHEMA, moved=_MOVED, validate=validate))


class _Shared:
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


def _digest(parts: Iterable[Part]) -> str:
    content = [part.data for part in parts]
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _model_class(name: str, row: Mapping[str, Any]) -> ModelClass:
    return ModelClass(name, row["column"], row["title"], tuple(row["patterns"]), row.get("like"))


def _surface(part: Part) -> SurfaceContract:
    assert part.surface is not None
    return SurfaceContract(
        part.surface,
        part.data["path"],
        part.data["title"],
        {name: _limits(row) for name, row in part.table("parameters").items()},
        part.table("traits"),
        part.data.get("streams"),
        tuple(part.data.get("documented_for", ())),
        tuple(part.data.get("versions", ())),
    )


def _limits(row: Mapping[str, Any]) -> Limits:
    general = _override(row)
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
        {name: _override(other) for name, other in row.get("on", {}).items()},
    )


def _override(row: Mapping[str, Any]) -> Override:
    return Override(
        row.get("documented"),
        decimals(row["range"]) if "range" in row else None,
        decimals(row["agreed"]) if "agreed" in row else None,
        tuple(row["values"]) if "values" in row else None,
    )


def _claim(row: Mapping[str, Any], part: Part) -> Claim:
    sources = {
        key: Source(**{name: str(text) for name, text in source.items()})
        for key, source in part.table("sources").items()
    }
    return Claim(
        row["id"],
        row["statement"],
        tuple(sources[key] for key in _as_list(row["source"])),
        _terms(row),
        {name: _terms(other) for name, other in row.get("on", {}).items()},
        per_endpoint=row.get("scope") == "endpoint",
        switch=row.get("switch"),
        majority=Fraction(row["majority"]) if "majority" in row else None,
        probe=row.get("probe"),
        presupposes=tuple(row.get("presupposes", ())),
        quiet=row.get("quiet", False),
    )


def _terms(row: Mapping[str, Any]) -> Terms:
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


def _as_list(source: str | list[str]) -> list[str]:
    return [source] if isinstance(source, str) else source


def _check_surface(part: Part, seen: Mapping[str, SurfaceContract], shared: _Shared) -> None:
    """Raise UsageError for a second file of a surface, and for traits that leave out a class."""
    if part.surface in seen:
        raise UsageError(f"{part.path}: surface {part.surface} must have one file, got two", "put its claims into one")
    traits = part.table("traits")
    columns = part.data.get("documented_for", shared.columns)
    described = [name for name, row in shared.classes.items() if row["column"] in columns]
    missing = [name for name in described if name not in traits] if traits else []
    if missing:
        raise UsageError(f"{part.path}: class {missing[0]} has no traits", f"add [traits.{missing[0]}]")


def _check_row(row: Mapping[str, Any], part: Part, shared: _Shared, seen: Mapping[str, Claim]) -> None:
    """Raise UsageError for what a schema cannot express: duplicate ids, undeclared names, a majority out of range."""
    where = f"{part.path}: claim {row['id']}"
    if row["id"] in seen:
        raise UsageError(f"{part.path}: duplicate claim id {row['id']}", "give one of the two another id")
    sources = [(key, part.table("sources")) for key in _as_list(row["source"])]
    for name, declared in [*sources, *((name, shared.known_in(part)) for name in row.get("on", {}))]:
        if name not in declared:
            raise UsageError(f"{where} uses {name!r}, which is not declared", nearest(name, declared))
    if not Fraction(1, 2) < Fraction(row.get("majority", 1)) <= 1:
        got = row["majority"]
        raise UsageError(f"{where}: majority must be above 1/2 and at most 1, got {got}", "give a fraction such as 2/3")
    if row["id"].split(".")[0] != part.surface:
        hint = "rename it, or move it to the file of its surface"
        raise UsageError(f"{where} must have an id that starts with {part.surface}.", hint)


def _check_aliases(loaded: Contract, parts: Iterable[Part]) -> None:
    for part in parts:
        for old, new in part.table("aliases").items():
            if old in loaded.claims or new not in loaded.claims:
                hint = "give the former id on the left and the present one on the right"
                raise UsageError(f"{part.path}: alias {old!r} = {new!r} must map a former id to a present one", hint)


def _check_presuppositions(loaded: Contract, parts: Iterable[Part]) -> None:
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


def _check_values(loaded: Contract, parts: Iterable[Part]) -> None:
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
