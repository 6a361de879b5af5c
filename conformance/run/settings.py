"""The settings of a run: everything that it needs.  `loading` checks them before anything is sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import Any

from conformance.base.money import Price
from conformance.contract.claims import ENDPOINT, Case, Cost, Model
from conformance.contract.contract import Contract
from conformance.contract.selection import check, covered
from conformance.evidence.replay import EarlierRun
from conformance.http.redaction import Redactor
from conformance.run.shards import Shard
from conformance.sending.client import CLIENT_NAME
from conformance.suite import invariant_claims
from conformance.surfaces import registry
from conformance.surfaces.surface import BoundCase, Surface, SurfaceContext
from conformance.target import targets
from conformance.target.targets import Target
from conformance.trial.odds import looks_for
from conformance.trial.samples import SIGHTINGS


@dataclass(frozen=True)
class Settings:
    """Everything that a run needs: the target, the contract, the models, and what is tested; `mode` is live or mock.

    - `surfaces` are tested, in the contract's order; `selected` says whether --surface chose them.
    - `claims` are patterns that select claims or cells; without any, all are tested.
    - `profile` limits the claims by their cost, and a `shard` limits the cases to one part of them.
    - `samples` is how often a case is observed whose claim depends on sampling, `budget` how many USD may be spent.
    - `share` is that of the requests on which every fault is to be noticed; it decides the number of `looks` at a case.
    - `too_long` is the number of words of a prompt that is longer than any model's context; without it no such prompt is sent.
    - `standing` are the cells that a watch knows to be against the contract, and their effects; None if the run is no night of a
      watch.  What is known is not repeated, and statements about every reply send nothing of their own.
    - `options` are recorded: those of the command line that do not belong to the target, as they were given.
    - `earlier_run` is the recorded run that a replay or resume is based on.
    """

    target: Target
    contract: Contract
    models: tuple[Model, ...]
    target_version: str | None = None
    mode: str = "live"
    too_long: int | None = None
    shard: Shard | None = None
    profile: Cost = Cost.FULL
    samples: int = 1
    share: float | None = None
    budget: Decimal | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    earlier_run: EarlierRun | None = None
    surfaces: tuple[str, ...] = ()
    selected: bool = False
    claims: tuple[str, ...] = ()
    standing: frozenset[str] | None = None

    @cached_property
    def cases(self) -> dict[str, Case]:
        """Every case of the surfaces, the claims and the profile for these models by id, in the contract's order."""
        return {case.id: case for case in self._cases_of(self.surfaces) if covered(self.claims, case.cell)}

    @cached_property
    def total_cases(self) -> int:
        """The number of cases of all surfaces that the target has, whether they are selected or not."""
        surfaces = (self.target.surfaces or self.contract.usual_surfaces) if self.selected else self.surfaces
        return sum(1 for _ in self._cases_of(surfaces)) if self.is_selection else len(self.cases)

    @property
    def is_selection(self) -> bool:
        """Whether surfaces or claims were selected."""
        return self.selected or bool(self.claims)

    def check_claims(self, where: str) -> None:
        """Raise UsageError for a pattern that selects nothing that the run could test; `where` says who wrote it."""
        check(self.claims, (case.cell for case in self._cases_of(self.surfaces)), where)

    def _cases_of(self, surfaces: tuple[str, ...]) -> Iterator[Case]:
        switches = {} if self.too_long is None else {"too_long": self.too_long}
        claims = [claim.id for claim in self.contract.claims.values() if claim.surface in surfaces]
        cases = self.contract.cases(claims, self.models, switches)
        return (case for case in cases if case.rule.cost.within(self.profile))

    @property
    def looks(self) -> int:
        """How often a case whose claim does not depend on sampling is tested at first."""
        return 1 if self.share is None else looks_for(self.share, SIGHTINGS)

    @property
    def client(self) -> str:
        """The name and version of the HTTP client; one that is not installed is an error as soon as settings are loaded."""
        return CLIENT_NAME

    @property
    def contract_name(self) -> str:
        """The contract as the user named it: a built-in name or a file."""
        return self.target.contract

    @cached_property
    def prices(self) -> dict[str, Price]:
        """The known prices by model; cases about the endpoint as a whole cost what its first model costs."""
        known = {f"{model.column}:{model.id}": model.price for model in self.target.models if model.price}
        first = known.get(str(self.models[0]))
        return {**known, f"{ENDPOINT}:any": first} if first else known

    @property
    def unpriced(self) -> tuple[Model, ...]:
        """The models whose price is not known."""
        return tuple(model for model in self.models if str(model) not in self.prices)

    def with_prices(self, prices: Mapping[str, Price]) -> Settings:
        """Return these settings with prices, by model id, for models whose price the target does not name."""
        return replace(self, target=targets.with_prices(self.target, prices))

    def bind(self, case: Case) -> BoundCase:
        """Return a case bound to its surface, which can build its requests."""
        surface = registry.named(case.claim.surface)
        return surface.bind(case, self._context(surface))

    def _context(self, surface: Surface) -> SurfaceContext:
        """Return what a surface knows of the target; one on which no model answers asks models on another one."""
        known, target = self.contract.surfaces[surface.name], self.target
        bind = None if surface.asks_models or not self._answering else self._bind_where_models_answer
        return SurfaceContext(known.path, target.keyed, target.host, known.traits, bind, self._shows_key)

    @cached_property
    def _answering(self) -> tuple[str, ...]:
        """The surfaces on which models answer: those that the target has, or all if it has none of them."""
        has = self.target.surfaces or self.contract.usual_surfaces
        answering = [name for name in self.contract.surfaces if registry.named(name).asks_models]
        return tuple(name for name in answering if name in has) or tuple(answering)

    def _bind_where_models_answer(self, case: Case) -> BoundCase:
        """Bind a case to the first surface on which its model is asked, or to the first of all if there is none."""
        model = case.stand_in or case.model
        asked = (name for name in self._answering if self.contract.asked(name, model))
        surface = registry.named(next(asked, self._answering[0]))
        return surface.bind(case, self._context(surface))

    def cases_of(self, claim_ids: Iterable[str]) -> list[Case]:
        """Return the cases of these claims in the order of the run; a claim that is not in the contract has none."""
        found = (self._cases_by_claim.get(claim_id, []) for claim_id in set(claim_ids))
        return [case for _, case in sorted(chain.from_iterable(found), key=itemgetter(0))]

    @cached_property
    def _cases_by_claim(self) -> dict[str, list[tuple[int, Case]]]:
        """The cases of each claim with their places in the run: collection asks for those of some hundred functions."""
        by_claim = defaultdict[str, list[tuple[int, Case]]](list)
        for place, case in enumerate(self.cases.values()):
            by_claim[case.claim.id].append((place, case))
        return by_claim

    def includes(self, case: Case) -> bool:
        """Return whether a case belongs to the run's shard; a statement about every reply belongs to all of them."""
        return self.shard is None or self.shard.holds(case) or case.claim.id in self._invariants

    @cached_property
    def _invariants(self) -> frozenset[str]:
        return invariant_claims(self.contract)

    @property
    def replays(self) -> bool:
        """Whether the run is a replay, which sends nothing."""
        return self.earlier_run is not None and not self.earlier_run.resumed

    @property
    def base_url(self) -> str:
        """The base URL of the target; that of the recording for a replay or resume, even if the mock has another port now."""
        return str(self.earlier_run.facts["target"]["base_url"]) if self.earlier_run else self.target.base_url

    def facts(self, started: datetime) -> dict[str, Any]:
        """Return the first line of the evidence: enough to run again.  Of a replay or resume it is that of the earlier run."""
        prices = self.prices
        placed = tuple(
            targets.TargetModel(m.column, m.id, m.kind.name, prices.get(str(m)), m.version, m.surfaces)
            for m in self.models
        )
        target = targets.document(replace(self.target, base_url=self.base_url, models=placed))
        begun = self.earlier_run.facts["started"] if self.earlier_run else f"{started:%Y-%m-%dT%H:%M:%SZ}"
        facts = {"started": begun, "mode": self.mode, "target": target, "digest": self.contract.digest}
        return {**facts, "options": dict(self.options), "invariants": True}

    @cached_property
    def redact(self) -> Redactor:
        """The redactor of the target's secrets; that of a replay has none, so that it needs no key."""
        surfaces = [registry.named(name) for name in self.surfaces]
        indexes = dict.fromkeys(field for surface in surfaces for field in surface.piece_indexes)
        return Redactor(() if self.replays else self.target.secrets(), indexes)

    def _shows_key(self, text: str) -> bool:
        """Return whether a text reveals the target's key; a key that may occur by chance never counts as revealed."""
        return self._key_redactor(text) != text

    @cached_property
    def _key_redactor(self) -> Redactor:
        key = None if self.replays else self.target.distinctive_key()
        return Redactor([key] if key else [])

    def at_base_url(self, base_url: str) -> Settings:
        """Return these settings with another base URL: that of the embedded mock gateway once it has started."""
        return replace(self, target=replace(self.target, base_url=base_url))
