"""Claims, the models they apply to, and the cases that follow from both: frozen records only, nothing that reads a file.

A claim states one thing for all columns, and what differs for a column or a class of models; combining them gives the rule for
one model.  Nothing here knows how a claim is tested, sent or judged.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from fnmatch import fnmatchcase
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
        """Return whether a run of this profile includes claims of this cost."""
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

    `patterns` are regular expressions for their ids.  What a contract states for the class named by `like` holds for this one
    as well.
    """

    name: str
    column: str
    title: str
    patterns: tuple[str, ...]
    like: str | None = None


@dataclass(frozen=True)
class Model:
    """A model id of the target, with its column and its class in the contract.

    `version` is the version of an API that it is asked with, for surfaces that have several; empty for the surface's own.
    `surfaces` are those that the target names for it; if there are none, it is asked on those that are documented for its column.
    """

    column: str
    id: str
    kind: ModelClass
    version: str = field(default="", compare=False)
    surfaces: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return f"{self.column}:{self.id}"


@dataclass(frozen=True)
class Client:
    """A program that speaks an API: its title, the surface it uses, and patterns for the ids of the claims it relies on.

    The client loses something or fails where one of these claims does not hold.
    """

    name: str
    title: str
    surface: str
    needs: tuple[str, ...]

    def relies_on(self, claim_id: str) -> bool:
        """Return whether the client relies on a claim."""
        return any(fnmatchcase(claim_id, pattern) for pattern in self.needs)


@dataclass(frozen=True)
class Terms:
    """What a contract states about a claim, in general or for one column or class; None states nothing.

    `values` is the name of a group of boundary values, or the values themselves.
    """

    says: Says | None = None
    level: Level | None = None
    cost: Cost | None = None
    values: str | tuple[Any, ...] | None = None
    modes: tuple[str, ...] | None = None
    why: str | None = None
    documented: str | None = None

    def overridden_by(self, other: Terms) -> Terms:
        """Return these terms with everything that `other` states in its place."""
        chosen = {name: getattr(other, name) for name in _TERMS if getattr(other, name) is not None}
        return Terms(**{**{name: getattr(self, name) for name in _TERMS}, **chosen})


# Groups of values outside a parameter's documented range or type.
_MISTAKEN = frozenset({"below", "above", "wrong_type", "convertible"})

_TERMS = tuple(term.name for term in fields(Terms))


@dataclass(frozen=True)
class Rule:
    """What the contract says about one claim for one model.

    `has_values` is true for a claim that is tried with values, even if `values` is empty for this model; it then has no case.
    """

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

    `terms` hold unless `on` states something else for the model's column, the class that its own class is `like`, its class, or
    the version of the API that it is asked with.
    A `per_endpoint` claim is about the endpoint as a whole and is tested with one model.  A claim with a `switch` is tested only
    in runs with the option of that name, and the option's value is the value tried.  Where an observation depends on a model's
    sampling, `majority` is the fraction of the samples that must agree.  `presupposes` are the ids of claims without which
    this one can show nothing.  A `quiet` claim is about time, so its requests are sent while no other is in flight.  `probe`
    names the shared probe that observes the claim; without one, a test in the suite of the claim's surface names the claim.
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
    presupposes: tuple[str, ...] = ()
    quiet: bool = False

    @property
    def surface(self) -> str:
        """The surface, which is the first part of the id."""
        return self.id.split(".")[0]

    @property
    def parameter(self) -> str:
        """The parameter or topic, which is the second part of the id."""
        return self.id.split(".")[1]

    def terms_for(self, model: Model) -> Terms:
        """Return the terms for a model: the claim's own, overridden by its column's, its class's, then its version's."""
        terms = self.terms
        for key in (model.column, model.kind.like, model.kind.name, model.version):
            if key and key in self.on:
                terms = terms.overridden_by(self.on[key])
        return terms


# A value that is a name of the suite, such as no_messages, and the words that JSON has without quotes.
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LITERALS = frozenset({"null", "true", "false"})
_LONGEST = 60  # characters of a value before a detail, which is a sentence about it


@dataclass(frozen=True, repr=False)
class Case:
    """One claim for one model, one value and one mode, plain or stream: the unit that is tested, reported and counted.

    `id_text` is the value as written in the case's id; None if the claim is tried without values.  A case about the endpoint as
    a whole has the model endpoint:any, and `run_models` lists all models of the run.
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
        """CLAIM@COLUMN:MODEL, then =VALUE, =MODE or =VALUE,MODE where the claim has several."""
        parts = [] if self.id_text is None else [self.id_text]
        if len(self.rule.modes) > 1:
            parts.append(self.mode)
        return f"{self.cell}={','.join(parts)}" if parts else self.cell

    @property
    def value_in_words(self) -> str:
        """The value as people read it, then the mode, where the id has them: a value that is sent as JSON, a name as it is.

        Many claims have names of mistakes or features as values, which are not sent; a string that is sent has quotes.
        """
        parts = [] if self.id_text is None else [self._sent if self._is_sent else str(self.value)]
        if len(self.rule.modes) > 1:
            parts.append(self.mode)
        return ",".join(parts)

    @property
    def _sent(self) -> str:
        text = json.dumps(self.value, ensure_ascii=False)
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."

    @property
    def _is_sent(self) -> bool:
        probed = self.claim.probe is not None and self.claim.probe.startswith("value.")
        return probed or not isinstance(self.value, str) or not _NAME.fullmatch(self.value) or self.value in _LITERALS

    @property
    def stand_in(self) -> Model | None:
        """The model that is asked in a case about the endpoint as a whole; None for a case about a model."""
        return self.run_models[0] if self.run_models else None

    @property
    def majority(self) -> Fraction | None:
        """The fraction of the samples that must agree; None if a refusal is promised, since no sample decides about that."""
        return None if self.rule.says is Says.REFUSED else self.claim.majority

    @property
    def is_mistake(self) -> bool:
        """Whether what the case sends is no request as documented, even if the contract does not say that it is refused."""
        values = self.claim.terms_for(self.model).values
        return self.rule.says is Says.REFUSED or (isinstance(values, str) and values in _MISTAKEN)

    @property
    def cell(self) -> str:
        """The id of the cell that the case belongs to: CLAIM@COLUMN:MODEL."""
        return f"{self.claim.id}@{self.model}"

    def __repr__(self) -> str:
        return self.id


def id_text(value: Any) -> str:
    """Return a value as written in a case id.

    White space and the characters that separate the parts of an id ([ ] = @) become underscores.
    """
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return re.sub(r"[\s\[\]=@]+", "_", text)


def unique_id_texts(values: Sequence[Any]) -> tuple[str, ...]:
    """Return the values as written in case ids, each text different.

    Values that `id_text` would write alike, such as 2 and "2", are written as percent-encoded JSON, and so is any value whose
    text contains a percent sign, which could be mistaken for it.  Raises ValueError for two values that are the same in JSON.
    """
    texts = [json.dumps(value, separators=(",", ":")) for value in values]
    if twice := next((text for text, count in Counter(texts).items() if count > 1), None):
        raise ValueError(f"duplicate value {twice}")
    short = [id_text(value) for value in values]
    counts = Counter(short)
    return tuple(
        quote(text, safe="") if counts[name] > 1 or "%" in name else name
        for text, name in zip(texts, short, strict=True)
    )
