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
    Client,
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
    which no streamed case can succeed.  `columns` are those that the documents describe the API for; none means all.  `versions`
    are those of the API, the default first.
    """

    name: str
    path: str
    title: str
    parameters: Mapping[str, Limits] = field(default_factory=dict)
    traits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    streams: str | None = None
    columns: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()

    def documents(self, column: str) -> bool:
        """Return whether the documents say anything about models of a column on this API."""
        return not self.columns or column in self.columns


@dataclass(frozen=True, repr=False)
class Contract:
    """All documented claims about one gateway, with its surfaces in order.

    `columns` maps names of columns to titles, `default_classes` maps them to the class of models whose id matches no pattern.
    `digest` changes when the content of the contract's files changes.  `aliases` maps former ids of claims to present ones.
    `usual_surfaces` are those that an endpoint is asked if its target does not say which ones it has.
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
    usual_surfaces: tuple[str, ...] = ()
    clients: tuple[Client, ...] = ()

    def __repr__(self) -> str:
        return f"Contract({self.name!r}, {self.digest!r})"

    def classify(
        self, column: str, model: str, kind: str | None = None, version: str = "", surfaces: tuple[str, ...] = ()
    ) -> Model:
        """Return a model with its class: the class named `kind`, or the first of the column whose patterns match the id.

        Raises ConfigurationError for a column, class, version or surface that the contract does not declare.
        """
        versions = [known for surface in self.surfaces.values() for known in surface.versions]
        if version and version not in versions:
            message = f"the version of model {model} must be one that contract {self.name} declares, got {version!r}"
            raise ConfigurationError(message, nearest(version, versions) if versions else "leave it out")
        for name in surfaces:
            if name not in self.surfaces:
                message = f"the surfaces of model {model} must be in contract {self.name}, got {name!r}"
                raise ConfigurationError(message, nearest(name, self.surfaces))
        return replace(self._classify(column, model, kind), version=version, surfaces=surfaces)

    def _classify(self, column: str, model: str, kind: str | None) -> Model:
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

    def needed_by(self, client: Client) -> tuple[str, ...]:
        """Return the ids of the claims that a client relies on."""
        return tuple(
            claim.id for claim in self.claims.values() if claim.surface == client.surface and client.relies_on(claim.id)
        )

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
        model = self._with_version(surface, model)
        key = (surface, name, model.column, model.kind.name, model.version)
        if key not in self._parameters:
            limits = self.surfaces[surface].parameters.get(name, _UNKNOWN)
            self._parameters[key] = limits.resolve(
                name, (model.column, model.kind.like, model.kind.name, model.version or None)
            )
        return self._parameters[key]

    def asked(self, surface: str, model: Model) -> bool:
        """Return whether a model is asked on a surface: where its target says so, else where its column is documented."""
        if model.surfaces:
            return surface in model.surfaces
        return self.surfaces[surface].documents(model.kind.column)

    def rule(self, claim: Claim, model: Model) -> Rule:
        """Return what the contract says about a claim for a model."""
        model = self._with_version(claim.surface, model)
        key = (claim.id, model.column, model.kind.name, model.version)
        if key not in self._rules:
            self._rules[key] = self._resolve(claim, model)
        return self._rules[key]

    @cached_property
    def _rules(self) -> dict[tuple[str, str, str, str], Rule]:
        """The rules resolved so far, by claim, column, class and version."""
        return {}

    @cached_property
    def _parameters(self) -> dict[tuple[str, str, str, str, str], Parameter]:
        """The parameters resolved so far, by surface, name, column, class and version."""
        return {}

    def _resolve(self, claim: Claim, model: Model) -> Rule:
        terms = claim.terms_for(model)
        parameter = self.parameter(claim.surface, claim.parameter, model)
        says, why = terms.says or Says.UNSTATED, terms.why or ""
        if says is not Says.NOT_APPLICABLE and not self.surfaces[claim.surface].documents(model.kind.column):
            says, why = Says.UNSTATED, f"no document describes this API for models of {model.kind.column}"
        if (
            isinstance(terms.values, str)
            and says is not Says.NOT_APPLICABLE
            and not parameter.boundary_values(terms.values)
        ):
            says, why = Says.NOT_APPLICABLE, f"the documented limits leave no value to try: {parameter.documented}"
        level = Level.UNSTATED if says in {Says.UNSTATED, Says.NOT_APPLICABLE} else terms.level or Level.UNSTATED
        values = () if terms.values is None or says is Says.NOT_APPLICABLE else terms.values
        documented = parameter.documented if says in {Says.SUPPORTED, Says.WITHOUT_EFFECT} else says.value
        return Rule(
            says,
            level,
            parameter.boundary_values(values) if isinstance(values, str) else values,
            why,
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
                if not claim.per_endpoint and self.asked(claim.surface, model):
                    yield from self._expand(claim, self._with_version(claim.surface, model))
        for claim in claims:
            on = [self._with_version(claim.surface, model) for model in models if self.asked(claim.surface, model)]
            if claim.per_endpoint and on:
                yield from self._expand(claim, replace(on[0], column=ENDPOINT, id="any"), tuple(on))

    def _with_version(self, surface: str, model: Model) -> Model:
        """Return a model with the version that it is asked with on a surface: the target's, the surface's own, or none."""
        versions = self.surfaces[surface].versions
        version = model.version if model.version in versions else next(iter(versions), "")
        return model if version == model.version else replace(model, version=version)

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
