"""The contract: what a gateway documents, as data, and the cases that follow from it.

Loading a contract, looking up what it says about one model, and expanding claims into cases live here.  How a case is
tested, sent or judged does not.  The data format is described by schemas/data/contract.schema.json.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from conformance.errors import ConfigurationError, UsageError, nearest
from conformance.validation import load_toml

_SHIPPED = Path(__file__).parent / "contracts"


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
class Parameter:
    """A request parameter as one model's column documents it.

    `range` holds the widest documented ends (the upper one may be absent), `agreed` the part that no document disputes,
    `far` a value far below and far above, `ceiling` where a search for the real limit gives up.
    """

    name: str
    type: str
    documented: str
    range: tuple[Decimal, ...] = ()
    agreed: tuple[Decimal, ...] = ()
    step: Decimal = Decimal(1)
    far: tuple[Decimal, ...] = ()
    ceiling: Decimal | None = None
    values: tuple[Any, ...] = ()

    def group(self, name: str) -> tuple[Any, ...]:
        """The boundary values of a group: inside, disputed, below, above, wrong_type, null or documented."""
        found = tuple(_GROUPS[name](self))
        return tuple(_plain(value) for value in dict.fromkeys(found)) if name in _NUMERIC else found


@dataclass(frozen=True)
class Rule:
    """What the contract says about one claim for one model."""

    says: Says
    level: Level
    values: tuple[Any, ...]
    why: str
    documented: str


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


@dataclass(frozen=True, repr=False)
class Case:
    """One claim for one model and one value: what is tested, reported and counted."""

    claim: Claim
    model: Model
    rule: Rule
    parameter: Parameter
    value: Any = None
    valued: bool = False

    @cached_property
    def id(self) -> str:
        return f"{self.cell}={spell(self.value)}" if self.valued else self.cell

    @property
    def cell(self) -> str:
        return f"{self.claim.id}@{self.model}"

    def __repr__(self) -> str:
        return self.id


@dataclass(frozen=True)
class Contract:
    """All documented claims about one surface of one gateway."""

    name: str
    surface: str
    path: str
    title: str
    digest: str
    columns: dict[str, str]
    plain: dict[str, str]
    classes: dict[str, ModelClass]
    claims: dict[str, Claim]
    parameters: dict[str, dict[str, Any]] = field(repr=False)

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
            _decimals(row.get("range", ())),
            _decimals(row.get("agreed", row.get("range", ()))),
            Decimal(str(row.get("step", 1))),
            _decimals(row.get("far", ())),
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
        return Rule(says, level, tuple(values), row.get("why", ""), row.get("documented", str(documented)))

    def cases(self, claim_ids: Iterable[str], models: Iterable[Model]) -> Iterator[Case]:
        """All cases of these claims on these models; what does not apply is one case, to be counted as such."""
        claims = [self.claims[each] for each in claim_ids if each in self.claims]
        for model in models:
            for claim in claims:
                rule = self.rule(claim, model)
                parameter = self.parameter(claim.parameter, model)
                if rule.values:
                    yield from (Case(claim, model, rule, parameter, value, True) for value in rule.values)
                elif rule.says is Says.NOT_APPLICABLE or "values" not in _resolve(claim.row, model):
                    yield Case(claim, model, rule, parameter)


def load(name: str, surface: str = "chat") -> Contract:
    """Load a contract by the name of a built-in one or the path of a TOML file.

    Raises UsageError for a name that is neither and for a file that breaks the schema, with file, line and nearest key.
    """
    path = _find(name, surface)
    data = load_toml(path, "contract")
    sources = {key: Source(**{k: str(v) for k, v in row.items()}) for key, row in data["sources"].items()}
    classes = {key: _model_class(key, row) for key, row in data["classes"].items()}
    claims: dict[str, Claim] = {}
    for row in data["claims"]:
        _check_row(row, data, path, claims)
        wanted = [row["source"]] if isinstance(row["source"], str) else row["source"]
        claims[row["id"]] = Claim(row["id"], row["statement"], tuple(sources[key] for key in wanted), row)
    return Contract(
        name=data["contract"],
        surface=data["surface"],
        path=data["path"],
        title=data["title"],
        digest=hashlib.sha256(json.dumps(data, sort_keys=True, default=str).encode()).hexdigest()[:16],
        columns={key: row["title"] for key, row in data["columns"].items()},
        plain={key: row["plain"] for key, row in data["columns"].items()},
        classes=classes,
        claims=claims,
        parameters=data["parameters"],
    )


def spell(value: Any) -> str:
    """A value as it stands in a case id: short, and free of what ids are split at."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return re.sub(r"[\s\[\]=@]+", "_", text)


def built_in() -> list[str]:
    """The names of the contracts that come with the package."""
    return sorted(each.name for each in _SHIPPED.iterdir() if each.is_dir() and not each.name.startswith("_"))


def _find(name: str, surface: str) -> Path:
    shipped = _SHIPPED / name / f"{surface}.toml"
    if shipped.is_file():
        return shipped
    if Path(name).is_file():
        return Path(name)
    raise UsageError(f"contract {name!r} is neither built in nor a file", nearest(name, built_in()))


def _model_class(name: str, row: dict[str, Any]) -> ModelClass:
    return ModelClass(name=name, **{**row, "patterns": tuple(row["patterns"])})


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
    if row["id"].split(".")[0] != data["surface"]:
        raise UsageError(f"{where} is not a claim about surface {data['surface']}", "start its id with the surface")


def _resolve(row: dict[str, Any], model: Model) -> dict[str, Any]:
    on = row.get("on", {})
    keys = (model.column, model.kind.like, model.kind.name)
    merged = {key: value for key, value in row.items() if key != "on"}
    for key in keys:
        merged.update(on.get(key, {}))
    return merged


def _decimals(values: Iterable[Any]) -> tuple[Decimal, ...]:
    return tuple(Decimal(str(value)) for value in values)


def _plain(value: Any) -> Any:
    """A decimal as JSON writes it: whole numbers without a fraction."""
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)


def _inside(parameter: Parameter) -> Iterator[Decimal]:
    low, high = parameter.agreed[0], parameter.agreed[-1]
    within = sorted({low, low + parameter.step, high - parameter.step, high})
    return (value for value in within if low <= value <= high)


def _disputed(parameter: Parameter) -> Iterator[Decimal]:
    (low, high), (first, last) = parameter.range[:2], parameter.agreed[:2]
    yield from (value for value in (low,) if low < first)
    yield from sorted({last + parameter.step, high} if high > last else set())


def _below(parameter: Parameter) -> Iterator[Decimal]:
    yield parameter.range[0] - parameter.step
    yield parameter.far[0]


def _above(parameter: Parameter) -> Iterator[Decimal]:
    yield parameter.range[-1] + parameter.step
    yield parameter.far[-1]


_WRONG: dict[str, tuple[Any, ...]] = {
    "number": ("hot", {}),
    "integer": ("two", 1.5),
    "boolean": ("yes", 7),
    "strings": (7, {}),
    "objects": ("none", 7),
    "object": ("none", 7),
    "biases": ("none", {"1": "high"}),
    "enum": (7, {}),
}
_NUMERIC = frozenset({"inside", "disputed", "below", "above"})
_GROUPS: dict[str, Callable[[Parameter], Iterable[Any]]] = {
    "inside": _inside,
    "disputed": _disputed,
    "below": _below,
    "above": _above,
    "wrong_type": lambda parameter: _WRONG[parameter.type],
    "null": lambda parameter: (None,),
    "documented": lambda parameter: parameter.values,
}
