"""The contract: what a gateway documents, as data, and the cases that follow from it.

Loading a contract, looking up what it says about one model, and expanding claims into cases live here.  How a case is
tested, sent or judged does not.  The data format is described by schemas/data/contract.schema.json.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from conformance.base.errors import ConfigurationError, UsageError, nearest
from conformance.base.validation import load_toml
from conformance.contract.boundaries import Parameter, decimals

PLAIN, STREAM = "plain", "stream"
ENDPOINT = "endpoint"
MAIN = "chat.toml"
_SHIPPED = Path(__file__).parents[1] / "contracts"


class Says(StrEnum):
    """What the contract says about a claim for one model."""

    SUPPORTED = "supported"
    WITHOUT_EFFECT = "without effect"
    REFUSED = "refused"
    UNSTATED = "unstated"
    NOT_APPLICABLE = "not applicable"


class Level(StrEnum):
    """How binding a claim is; an unstated one is recorded and never fails."""

    MUST = "must"
    SHOULD = "should"
    UNSTATED = "unstated"


class Cost(StrEnum):
    """How dear it is to ask a claim, cheapest first; a profile asks what is of its name or cheaper."""

    SMOKE = "smoke"
    STANDARD = "standard"
    FULL = "full"

    def within(self, profile: Cost) -> bool:
        order = list(Cost)
        return order.index(self) <= order.index(profile)


@dataclass(frozen=True)
class Source:
    """Where a statement is documented and when it was read."""

    page: str
    url: str
    section: str
    read: str


@dataclass(frozen=True)
class ModelClass:
    """Models of one column that behave alike.

    `cap` is the parameter that bounds the answer of every probe, `room` the tokens that reasoning may take before the answer;
    `sampling` tells whether temperature can be expected to work.
    """

    name: str
    column: str
    title: str
    patterns: tuple[str, ...]
    cap: str
    room: int
    sampling: bool
    like: str | None = None


@dataclass(frozen=True)
class Model:
    """A model id of the target, placed in a column and a class of the contract."""

    column: str
    id: str
    kind: ModelClass

    def __str__(self) -> str:
        return f"{self.column}:{self.id}"


@dataclass(frozen=True)
class Rule:
    """What the contract says about one claim for one model."""

    says: Says
    level: Level
    values: tuple[Any, ...]
    why: str
    documented: str
    modes: tuple[str, ...] = (PLAIN,)
    cost: Cost = Cost.STANDARD


@dataclass(frozen=True)
class Claim:
    """One documented statement that can be confirmed or refuted."""

    id: str
    statement: str
    sources: tuple[Source, ...]
    row: dict[str, Any] = field(repr=False, hash=False, compare=False)

    @property
    def surface(self) -> str:
        return self.id.split(".")[0]

    @property
    def parameter(self) -> str:
        return self.id.split(".")[1]

    @property
    def per_endpoint(self) -> bool:
        """Whether the statement is about the endpoint as a whole, so that one model is enough to hold it against."""
        return self.row.get("scope") == "endpoint"

    @property
    def switch(self) -> str | None:
        """The option of a run without which the statement is not tested at all; what it is given is the value tried."""
        return self.row.get("switch")

    @property
    def majority(self) -> Fraction | None:
        """The part of several samples that has to agree, where what is seen depends on a model's sampling; else None."""
        return Fraction(self.row["majority"]) if "majority" in self.row else None


@dataclass(frozen=True, repr=False)
class Case:
    """One claim for one model, one value and one mode, plain or stream: what is tested, reported and counted.

    A case about the endpoint as a whole has the model endpoint:any and all models of the run as `carriers`.
    """

    claim: Claim
    model: Model
    rule: Rule
    parameter: Parameter
    value: Any = None
    valued: bool = False
    mode: str = PLAIN
    carriers: tuple[Model, ...] = ()

    @cached_property
    def id(self) -> str:
        parts = [spell(self.value)] if self.valued else []
        if len(self.rule.modes) > 1:
            parts.append(self.mode)
        return f"{self.cell}={','.join(parts)}" if parts else self.cell

    @property
    def carrier(self) -> Model | None:
        """The model by way of which a case about the endpoint as a whole asks."""
        return self.carriers[0] if self.carriers else None

    @property
    def cell(self) -> str:
        return f"{self.claim.id}@{self.model}"

    def __repr__(self) -> str:
        return self.id


@dataclass(frozen=True, repr=False)
class Contract:
    """All documented claims about one gateway; `paths` says where each of its surfaces is, `surface` is the main one.

    `aliases` leads from ids that claims once had to those they have.
    """

    name: str
    surface: str
    paths: dict[str, str]
    title: str
    digest: str
    columns: dict[str, str]
    plain: dict[str, str]
    classes: dict[str, ModelClass]
    claims: dict[str, Claim]
    parameters: dict[str, dict[str, Any]] = field(repr=False)
    aliases: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def path(self) -> str:
        """Where the main surface is, below the base URL."""
        return self.paths[self.surface]

    def __repr__(self) -> str:
        return f"Contract({self.name!r}, {self.digest!r})"

    def place(self, column: str, model: str, kind: str | None = None) -> Model:
        """Put a model id into its column and class; the class follows from the id unless it is named."""
        if column not in self.columns:
            raise ConfigurationError(f"column {column!r} is not in contract {self.name}", nearest(column, self.columns))
        inside = {name: each for name, each in self.classes.items() if each.column == column}
        if kind is not None:
            if kind not in inside:
                raise ConfigurationError(f"class {kind!r} is not in column {column}", nearest(kind, inside))
            return Model(column, model, inside[kind])
        tail = model.rsplit("/", 1)[-1].lower()
        for each in inside.values():
            if any(re.search(pattern, tail) for pattern in each.patterns):
                return Model(column, model, each)
        return Model(column, model, inside[self.plain[column]])

    def claim(self, claim_id: str) -> Claim:
        """The claim with this id; an unknown id is a usage error that names the nearest ones."""
        if claim_id not in self.claims:
            raise UsageError(f"claim {claim_id!r} is not in contract {self.name}", nearest(claim_id, self.claims))
        return self.claims[claim_id]

    def parameter(self, name: str, model: Model) -> Parameter:
        """The parameter as the model's column and class document it."""
        row = _resolve(self.parameters.get(name, {"type": "object", "documented": "not in this contract"}), model)
        return Parameter(
            name,
            row["type"],
            row.get("documented", ""),
            decimals(row.get("range", ())),
            decimals(row.get("agreed", row.get("range", ()))),
            Decimal(str(row.get("step", 1))),
            decimals(row.get("far", ())),
            Decimal(str(row["ceiling"])) if "ceiling" in row else None,
            tuple(row.get("values", ())),
        )

    def rule(self, claim: Claim, model: Model) -> Rule:
        """What the contract says about a claim for a model: the row, then its column, then its class."""
        row = _resolve(claim.row, model)
        parameter = self.parameter(claim.parameter, model)
        says = Says(row["says"])
        level = Level.UNSTATED if says in {Says.UNSTATED, Says.NOT_APPLICABLE} else Level(row["level"])
        values = row.get("values", ())
        if says is Says.NOT_APPLICABLE:
            values = ()
        elif isinstance(values, str):
            values = parameter.group(values)
        documented = {Says.SUPPORTED: parameter.documented, Says.WITHOUT_EFFECT: parameter.documented}.get(says, says)
        modes = tuple(row.get("modes", (PLAIN,)))
        cost = Cost(row.get("cost", Cost.STANDARD))
        return Rule(says, level, tuple(values), row.get("why", ""), row.get("documented", str(documented)), modes, cost)

    def cases(
        self, claim_ids: Iterable[str], models: Sequence[Model], switches: Mapping[str, Any] = MappingProxyType({})
    ) -> Iterator[Case]:
        """All cases of these claims on these models; what does not apply is one case, to be counted as such.

        `switches` are the options given for claims that have one; without it they have no case.
        """
        wanted = [self.claims[each] for each in claim_ids if each in self.claims]
        claims = [each for each in wanted if each.switch is None or each.switch in switches]
        for case in self._all(claims, models):
            yield replace(case, value=switches[case.claim.switch], valued=True) if case.claim.switch else case

    def _all(self, claims: Sequence[Claim], models: Sequence[Model]) -> Iterator[Case]:
        for model in models:
            for claim in claims:
                if not claim.per_endpoint:
                    yield from self._expand(claim, model)
        for claim in claims:
            if claim.per_endpoint:
                yield from self._expand(claim, replace(models[0], column=ENDPOINT, id="any"), tuple(models))

    def _expand(self, claim: Claim, model: Model, carriers: tuple[Model, ...] = ()) -> Iterator[Case]:
        rule = self.rule(claim, model)
        parameter = self.parameter(claim.parameter, model)
        if rule.says is Says.NOT_APPLICABLE:
            yield Case(claim, model, replace(rule, modes=(PLAIN,)), parameter, carriers=carriers)
            return
        valued = "values" in _resolve(claim.row, model)
        for value in rule.values if valued else (None,):
            for mode in rule.modes:
                yield Case(claim, model, rule, parameter, value, valued, mode, carriers)


def load(name: str) -> Contract:
    """Load a contract by the name of a built-in one or the path of a TOML file.

    A built-in one is a folder: chat.toml, and beside it files of further surfaces that share its columns and classes.  Raises
    UsageError for a name that is neither and for a file that breaks the schema, with file, line and nearest key.
    """
    path = find(name)
    data = load_toml(path, "contract")
    further = {each: load_toml(each, "contract") for each in _siblings(path)}
    _check_names(data, path)
    claims: dict[str, Claim] = {}
    for place, part in {path: data, **further}.items():
        sources = {key: Source(**{k: str(v) for k, v in row.items()}) for key, row in part["sources"].items()}
        for row in part["claims"]:
            _check_row(row, {**data, **part}, place, claims)
            wanted = [row["source"]] if isinstance(row["source"], str) else row["source"]
            claims[row["id"]] = Claim(row["id"], row["statement"], tuple(sources[key] for key in wanted), row)
    everything = [data, *further.values()]
    loaded = Contract(
        name=data["contract"],
        surface=data["surface"],
        paths={part["surface"]: part["path"] for part in everything},
        title=data["title"],
        digest=hashlib.sha256(json.dumps(everything, sort_keys=True, default=str).encode()).hexdigest()[:16],
        columns={key: row["title"] for key, row in data["columns"].items()},
        plain={key: row["plain"] for key, row in data["columns"].items()},
        classes={key: _model_class(key, row) for key, row in data["classes"].items()},
        claims=claims,
        parameters={key: row for part in everything for key, row in part.get("parameters", {}).items()},
        aliases={old: new for part in everything for old, new in part.get("aliases", {}).items()},
    )
    for old, new in loaded.aliases.items():
        if old in claims or new not in claims:
            raise UsageError(
                f"{path}: alias {old!r} = {new!r}", "an alias leads from an id that is gone to one that is there"
            )
    _check_values(loaded, path)
    return loaded


def spell(value: Any) -> str:
    """A value as it stands in a case id: short, and free of what ids are split at."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return re.sub(r"[\s\[\]=@]+", "_", text)


def built_in() -> list[str]:
    """The names of the contracts that come with the package."""
    return sorted(each.name for each in _SHIPPED.iterdir() if each.is_dir() and not each.name.startswith("_"))


def find(name: str) -> Path:
    """The file of a built-in contract's main surface, or of a user's own; a usage error where there is neither."""
    shipped = _SHIPPED / name / MAIN
    if shipped.is_file():
        return shipped
    if Path(name).is_file():
        return Path(name)
    raise UsageError(f"contract {name!r} is neither built in nor a file", nearest(name, built_in()))


def _siblings(path: Path) -> list[Path]:
    """The further surfaces of a built-in contract; a user's own file stands alone."""
    if path.parent.parent != _SHIPPED:
        return []
    return sorted(each for each in path.parent.glob("*.toml") if each.name != MAIN and "." not in each.stem)


def _model_class(name: str, row: dict[str, Any]) -> ModelClass:
    return ModelClass(name=name, **{**row, "patterns": tuple(row["patterns"])})


def _check_names(data: dict[str, Any], path: Path) -> None:
    """What a schema cannot say of columns, classes and parameters: every name they use is declared."""
    columns, classes = data["columns"], data["classes"]
    uses = [(f"column {name}", row["plain"], classes) for name, row in columns.items()]
    uses += [(f"class {name}", row["column"], columns) for name, row in classes.items()]
    uses += [(f"class {name}", row["like"], classes) for name, row in classes.items() if "like" in row]
    for name, row in data["parameters"].items():
        uses += [(f"parameter {name}", each, {**columns, **classes}) for each in row.get("on", {})]
    for who, name, declared in uses:
        if name not in declared:
            raise UsageError(f"{path}: {who} uses {name!r}, which is not declared", nearest(name, declared))


def _check_row(row: dict[str, Any], data: dict[str, Any], path: Path, seen: dict[str, Claim]) -> None:
    """What a schema cannot say: ids are unique, and every name a row uses is declared."""
    where = f"{path}: claim {row['id']}"
    if row["id"] in seen:
        raise UsageError(f"{where} stands twice", "give one of them another id")
    wanted = [row["source"]] if isinstance(row["source"], str) else row["source"]
    known = {**data["columns"], **data["classes"]}
    for name, declared in [(each, data["sources"]) for each in wanted] + [(each, known) for each in row.get("on", {})]:
        if name not in declared:
            raise UsageError(f"{where} uses {name!r}, which is not declared", nearest(name, declared))
    if not Fraction(1, 2) < Fraction(row.get("majority", 1)) <= 1:
        raise UsageError(f"{where} has the majority {row['majority']}", "give a fraction above 1/2, at most 1")
    if row["id"].split(".")[0] != data["surface"]:
        raise UsageError(f"{where} is not a claim about surface {data['surface']}", "start its id with the surface")


def _check_values(loaded: Contract, path: Path) -> None:
    """That every group of values can be generated for every class."""
    for claim in loaded.claims.values():
        for kind in loaded.classes.values():
            try:
                loaded.rule(claim, Model(kind.column, "", kind))
            except (IndexError, ValueError) as error:
                hint = f"give parameter {claim.parameter} a range and far, or the claim a list of values"
                raise UsageError(
                    f"{path}: claim {claim.id} has no limits to try for class {kind.name}", hint
                ) from error


def _resolve(row: dict[str, Any], model: Model) -> dict[str, Any]:
    on = row.get("on", {})
    keys = (model.column, model.kind.like, model.kind.name)
    merged = {key: value for key, value in row.items() if key != "on"}
    for key in keys:
        merged.update(on.get(key, {}))
    return merged
