"""The contract: what a gateway documents on each of its surfaces, looked up for one model, and the cases that follow.

`loading` reads contracts from their files; `claims` has the records of claims and cases.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from conformance.base.errors import ConfigurationError, UsageError, nearest
from conformance.contract.boundaries import Limits, Parameter
from conformance.contract.claims import (
    ENDPOINT,
    PLAIN,
    STREAM,
    Case,
    Claim,
    Cost,
    Level,
    Model,
    ModelClass,
    Rule,
    Says,
    id_text,
    unique_id_texts,
)

_UNKNOWN = Limits("object", documented="not in this contract")


@dataclass(frozen=True)
class SurfaceContract:
    """What a contract states about one surface, apart from claims: its path below the base URL and its parameters.

    `traits` are settings by class of models; the surface defines which ones there are.  `streams` is the id of the claim without
    which no streamed case can succeed.
    """

    name: str
    path: str
    title: str
    parameters: Mapping[str, Limits] = field(default_factory=dict)
    traits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    streams: str | None = None


@dataclass(frozen=True, repr=False)
class Contract:
    """All documented claims about one gateway, with its surfaces in order.

    `columns` maps names of columns to titles, `default_classes` maps them to the class of models whose id matches no pattern.
    `digest` changes when the content of the contract's files changes.  `aliases` maps former ids of claims to present ones.
    """

    name: str
    title: str
    digest: str
    columns: dict[str, str]
    default_classes: dict[str, str]
    classes: dict[str, ModelClass]
    surfaces: dict[str, SurfaceContract]
    claims: dict[str, Claim]
    aliases: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Contract({self.name!r}, {self.digest!r})"

    def classify(self, column: str, model: str, kind: str | None = None) -> Model:
        """Return a model with its class: the class named `kind`, or the first of the column whose patterns match the id.

        Raises ConfigurationError for a column or class that the contract does not declare.
        """
        if column not in self.columns:
            raise ConfigurationError(
                f"the column of a model must be in contract {self.name}, got {column!r}", nearest(column, self.columns)
            )
        classes = {name: known for name, known in self.classes.items() if known.column == column}
        if kind is not None:
            if kind not in classes:
                raise ConfigurationError(
                    f"the class of a model must be in column {column}, got {kind!r}", nearest(kind, classes)
                )
            return Model(column, model, classes[kind])
        # Gateways put a provider before the name (openai/gpt-4.1); patterns describe the name.
        tail = model.rsplit("/", 1)[-1].lower()
        for known in classes.values():
            if any(re.search(pattern, tail) for pattern in known.patterns):
                return Model(column, model, known)
        return Model(column, model, classes[self.default_classes[column]])

    @cached_property
    def presupposed(self) -> frozenset[str]:
        """The ids of the claims without which others can show nothing."""
        streams = {part.streams for part in self.surfaces.values() if part.streams}
        return frozenset(name for claim in self.claims.values() for name in claim.presupposes) | streams

    def presuppositions(self, case: Case) -> tuple[str, ...]:
        """Return the ids of the claims without which a case can show nothing, the first cause first."""
        streams = self.surfaces[case.claim.surface].streams
        before = (streams,) if streams and case.mode == STREAM and case.claim.id != streams else ()
        return (*before, *case.claim.presupposes)

    def claim(self, claim_id: str) -> Claim:
        """Return the claim with this id.  Raises UsageError for an unknown id, with the nearest ones."""
        if claim_id not in self.claims:
            raise UsageError(f"claim {claim_id!r} is not in contract {self.name}", nearest(claim_id, self.claims))
        return self.claims[claim_id]

    def parameter(self, surface: str, name: str, model: Model) -> Parameter:
        """Return a parameter of a surface as documented for the model's column and class."""
        key = (surface, name, model.column, model.kind.name)
        if key not in self._parameters:
            limits = self.surfaces[surface].parameters.get(name, _UNKNOWN)
            self._parameters[key] = limits.resolve(name, (model.column, model.kind.like, model.kind.name))
        return self._parameters[key]

    def rule(self, claim: Claim, model: Model) -> Rule:
        """Return what the contract says about a claim for a model."""
        key = (claim.id, model.column, model.kind.name)
        if key not in self._rules:
            self._rules[key] = self._resolve(claim, model)
        return self._rules[key]

    @cached_property
    def _rules(self) -> dict[tuple[str, str, str], Rule]:
        """The rules resolved so far, by claim, column and class."""
        return {}

    @cached_property
    def _parameters(self) -> dict[tuple[str, str, str, str], Parameter]:
        """The parameters resolved so far, by surface, name, column and class."""
        return {}

    def _resolve(self, claim: Claim, model: Model) -> Rule:
        terms = claim.terms_for(model)
        parameter = self.parameter(claim.surface, claim.parameter, model)
        says = terms.says or Says.UNSTATED
        level = Level.UNSTATED if says in {Says.UNSTATED, Says.NOT_APPLICABLE} else terms.level or Level.UNSTATED
        values = () if terms.values is None or says is Says.NOT_APPLICABLE else terms.values
        documented = parameter.documented if says in {Says.SUPPORTED, Says.WITHOUT_EFFECT} else says.value
        return Rule(
            says,
            level,
            parameter.boundary_values(values) if isinstance(values, str) else values,
            terms.why or "",
            documented if terms.documented is None else terms.documented,
            terms.modes or (PLAIN,),
            terms.cost or Cost.STANDARD,
            terms.values is not None,
        )

    def cases(
        self, claim_ids: Iterable[str], models: Sequence[Model], switches: Mapping[str, Any] = MappingProxyType({})
    ) -> Iterator[Case]:
        """Yield all cases of these claims on these models; a claim that does not apply to a model yields one case.

        `switches` maps the names of options to their values; a claim whose switch is missing yields no case.
        """
        wanted = [self.claims[claim_id] for claim_id in claim_ids if claim_id in self.claims]
        claims = [claim for claim in wanted if claim.switch is None or claim.switch in switches]
        for case in self._expand_all(claims, models):
            if case.claim.switch:
                value = switches[case.claim.switch]
                yield replace(case, value=value, id_text=id_text(value))
            else:
                yield case

    def _expand_all(self, claims: Sequence[Claim], models: Sequence[Model]) -> Iterator[Case]:
        for model in models:
            for claim in claims:
                if not claim.per_endpoint:
                    yield from self._expand(claim, model)
        for claim in claims:
            if claim.per_endpoint:
                yield from self._expand(claim, replace(models[0], column=ENDPOINT, id="any"), tuple(models))

    def _expand(self, claim: Claim, model: Model, run_models: tuple[Model, ...] = ()) -> Iterator[Case]:
        rule = self.rule(claim, model)
        parameter = self.parameter(claim.surface, claim.parameter, model)
        if rule.says is Says.NOT_APPLICABLE:
            yield Case(claim, model, replace(rule, modes=(PLAIN,)), parameter, run_models=run_models)
            return
        values = zip(rule.values, unique_id_texts(rule.values), strict=True) if rule.has_values else [(None, None)]
        for value, text in values:
            for mode in rule.modes:
                yield Case(claim, model, rule, parameter, value, text, mode, run_models)
