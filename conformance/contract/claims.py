"""Claims, the models they are about, and the cases that follow: frozen records and nothing that reads a file.

A claim says one thing for all columns, and what is different for a column or a class of models; folding both gives the rule
for one model.  How a claim is tested, sent or judged is not known here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Any
from urllib.parse import quote

from conformance.contract.boundaries import Parameter

PLAIN, STREAM = "plain", "stream"
ENDPOINT = "endpoint"


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
    """The profile a claim belongs to, cheapest first; a run includes its profile and all cheaper ones."""

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
    """Models of one column that behave alike; what is different for a class `like` which it is holds for it too."""

    name: str
    column: str
    title: str
    patterns: tuple[str, ...]
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
class Terms:
    """What a claim says, or what is different for a column or class; None leaves a term as it was.

    `values` is the name of a group that is generated from the parameter's limits, or the values themselves.
    """

    says: Says | None = None
    level: Level | None = None
    cost: Cost | None = None
    values: str | tuple[Any, ...] | None = None
    modes: tuple[str, ...] | None = None
    why: str | None = None
    documented: str | None = None

    def overridden_by(self, other: Terms) -> Terms:
        """Return these terms with those of `other` where it has any."""
        chosen = {name: getattr(other, name) for name in _TERMS if getattr(other, name) is not None}
        return Terms(**{**{name: getattr(self, name) for name in _TERMS}, **chosen})


_TERMS = tuple(term.name for term in fields(Terms))


@dataclass(frozen=True)
class Rule:
    """What the contract says about one claim for one model; `has_values` where it is tried with values, be they none."""

    says: Says
    level: Level
    values: tuple[Any, ...]
    why: str
    documented: str
    modes: tuple[str, ...] = (PLAIN,)
    cost: Cost = Cost.STANDARD
    has_values: bool = False


@dataclass(frozen=True)
class Claim:
    """One documented statement that can be confirmed or refuted.

    `terms` hold unless `on` says otherwise for the model's column, the class its own is like, or its class.  `per_endpoint`
    is a statement about the endpoint as a whole, so that one model is enough to hold it against.  `switch` is the option of a
    run without which it is not tested at all; what the option is given is the value tried.  `majority` is the part of several
    samples that has to agree where what is seen depends on a model's sampling.  `probe` names the shared probe that observes
    it; without one a test of the surface's own suite names the claim.
    """

    id: str
    statement: str
    sources: tuple[Source, ...]
    terms: Terms
    on: Mapping[str, Terms] = field(default_factory=dict, hash=False)
    per_endpoint: bool = False
    switch: str | None = None
    majority: Fraction | None = None
    probe: str | None = None

    @property
    def surface(self) -> str:
        return self.id.split(".")[0]

    @property
    def parameter(self) -> str:
        return self.id.split(".")[1]

    def terms_for(self, model: Model) -> Terms:
        """Return the terms for a model: the claim's own, then its column's, then its class's."""
        terms = self.terms
        for key in (model.column, model.kind.like, model.kind.name):
            if key is not None and key in self.on:
                terms = terms.overridden_by(self.on[key])
        return terms


@dataclass(frozen=True, repr=False)
class Case:
    """One claim for one model, one value and one mode, plain or stream: what is tested, reported and counted.

    `id_text` is the value as the id has it; None where the claim is tried without values.  A case about the endpoint as a whole
    has the model endpoint:any and all models of the run as `run_models`.
    """

    claim: Claim
    model: Model
    rule: Rule
    parameter: Parameter
    value: Any = None
    id_text: str | None = None
    mode: str = PLAIN
    run_models: tuple[Model, ...] = ()

    @cached_property
    def id(self) -> str:
        parts = [] if self.id_text is None else [self.id_text]
        if len(self.rule.modes) > 1:
            parts.append(self.mode)
        return f"{self.cell}={','.join(parts)}" if parts else self.cell

    @property
    def stand_in(self) -> Model | None:
        """The model by way of which a case about the endpoint as a whole asks."""
        return self.run_models[0] if self.run_models else None

    @property
    def cell(self) -> str:
        return f"{self.claim.id}@{self.model}"

    def __repr__(self) -> str:
        return self.id


def id_text(value: Any) -> str:
    """Return a value as it stands in a case id: short, and free of what ids are split at."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return re.sub(r"[\s\[\]=@]+", "_", text)


def unique_id_texts(values: Sequence[Any]) -> tuple[str, ...]:
    """Return the values as they stand in case ids, no two alike.

    Values that `id_text` would write alike, such as 2 and "2", are written as percent-encoded JSON, and so is what looks as if it
    were.  Raises ValueError for two values that are the same in JSON.
    """
    texts = [json.dumps(value, separators=(",", ":")) for value in values]
    if twice := next((text for text in texts if texts.count(text) > 1), None):
        raise ValueError(f"the value {twice} twice")
    short = [id_text(value) for value in values]
    return tuple(
        quote(text, safe="") if short.count(name) > 1 or "%" in name else name
        for text, name in zip(texts, short, strict=True)
    )
