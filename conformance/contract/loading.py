"""Loading a contract from its files.

A contract is a folder or one file.  In a folder, one file holds what all surfaces share (columns, classes of models), and each
surface has a file of its own; a single file holds everything.  schemas/data/contract.schema.json describes the format.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from conformance.base.errors import UsageError, nearest
from conformance.base.parsing import parse_toml
from conformance.base.reading import read_text
from conformance.base.validation import load_toml
from conformance.contract.checks import check_aliases, check_presuppositions, check_row, check_surface, check_values
from conformance.contract.claims import Claim, Client
from conformance.contract.contract import Contract, SurfaceContract
from conformance.contract.including import Included, with_included
from conformance.contract.parts import Part, Shared
from conformance.contract.rows import claim_of, model_class_of, surface_of

SCHEMA = 2
DEFAULT = "cometapi"  # the contract of the embedded mock gateway, and of commands that are about no target
REFERENCE = "openai"  # the contract that an endpoint is held to whose target names none
LEDGER = ".ledger.toml"  # ending of the files that list a surface's documented statements; they hold no claims
_SHIPPED = Path(__file__).parents[1] / "contracts"
TEMPLATE = _SHIPPED / "template.toml"  # what `conformance contract --new` writes
_MOVED = (
    "write columns, classes and traits as docs/contract.md shows: cap, room and sampling are now under [traits.CLASS]"
)


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
    parts = _parts(name, validate=validate)
    shared = Shared(parts)
    claims: dict[str, Claim] = {}
    surfaces: dict[str, SurfaceContract] = {}
    for part in parts:
        if part.surface is not None:
            check_surface(part, surfaces, shared)
            surfaces[part.surface] = surface_of(part)
            for row in part.data["claims"]:
                check_row(row, part, shared, claims)
                claims[row["id"]] = claim_of(row, part)
    if not claims:
        raise UsageError(f"contract {name} has no claims", "give a file with a surface and its claims")
    loaded = Contract(
        name=shared.text("contract"),
        title=shared.text("title"),
        digest=_digest(parts),
        columns={key: row["title"] for key, row in shared.columns.items()},
        default_classes={key: row["plain"] for key, row in shared.columns.items()},
        classes={key: model_class_of(key, row) for key, row in shared.classes.items()},
        surfaces=surfaces,
        claims=claims,
        aliases={old: new for part in parts for old, new in part.table("aliases").items()},
        usual_surfaces=_usual(parts, surfaces),
        clients=tuple(_clients(parts, surfaces, claims)),
    )
    check_aliases(loaded, parts)
    check_presuppositions(loaded, parts)
    if validate:
        check_values(loaded, parts)
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
    return sorted(_files(name), key=_names_surface)


def _files(name: str) -> list[Path]:
    path = find(name)
    if path.is_file():
        return [path]
    others = (LEDGER, ".expectations.toml")
    paths = sorted(file for file in path.glob("*.toml") if not file.name.endswith(others))
    if not paths:
        raise UsageError(f"folder {name} has no contract files", "give a folder with a TOML file for each surface")
    return paths


def _names_surface(path: Path) -> bool:
    """Return whether a file names a surface, also true for one that cannot be read: loading it reports the fault."""
    try:
        return "surface" in parse_toml(read_text(path, ""))
    except (UsageError, ValueError):
        return True


def _parts(name: str, *, validate: bool, within: tuple[Path, ...] = ()) -> list[Part]:
    """Return the files of a contract with what they include.  Raises UsageError for a contract that includes itself."""
    place = find(name).resolve()
    if place in within:
        raise UsageError(f"contract {name} must not include itself", "remove an include")
    parts = [_part(path, validate=validate) for path in _files(name)]
    own = sorted(parts, key=lambda part: "surface" in part.data)  # as in `files`, without reading each twice
    included = {}
    for part in own:
        if (other := part.data.get("include")) is not None and other not in included:
            path = part.path.parent / other
            found = other if other in built_in() or not path.exists() else str(path)
            included[other] = (
                _included(found)
                if found in built_in()
                else Included.of(_parts(found, validate=validate, within=(*within, place)))
            )
    return with_included(own, included)


@cache
def _included(name: str) -> Included:
    """Return a built-in contract that others include; it is read once in a process, and not validated, like any built-in one."""
    return Included.of(_parts(name, validate=False))


def _part(path: Path, *, validate: bool) -> Part:
    return Part(path, load_toml(path, "contract", version=SCHEMA, moved=_MOVED, validate=validate))


def _digest(parts: Iterable[Part]) -> str:
    content = [part.data for part in parts]
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]
