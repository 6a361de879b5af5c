"""The settings of a run: everything that it needs, checked before anything is sent.

They come from options or from the recording of an earlier run.  Which values are valid, and which options may be combined with
--replay and --resume, is decided here.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any

from conformance.base.errors import ConfigurationError, UsageError, nearest
from conformance.base.money import Price
from conformance.base.validation import own_problem
from conformance.contract import loading as contracts
from conformance.contract.claims import ENDPOINT, Case, Cost, Model
from conformance.contract.contract import Contract
from conformance.contract.selection import check, covered
from conformance.evidence.replay import EarlierRun, earlier_run
from conformance.http.redaction import Redactor
from conformance.run.option_table import SETTINGS
from conformance.run.options import Options
from conformance.run.shards import Shard, parse
from conformance.sending.client import CLIENT_NAME
from conformance.suite import invariant_claims
from conformance.surfaces import registry
from conformance.surfaces.surface import BoundCase, Surface, SurfaceContext
from conformance.target import targets
from conformance.target.targets import Target
from conformance.trial.odds import looks_for
from conformance.trial.samples import SIGHTINGS

# The options that may be combined with --replay and --resume: none of them changes what the recorded exchanges are evidence of.
_COMBINABLE = {"replay": {"contract", "claims"}, "resume": {"concurrency", "budget"}}

# Requests in flight.  Each has a connection, and most systems allow a process 1024 open files by default.
MAX_IN_FLIGHT = 1024

# Samples of one case.  The tables of odds in docs/verdicts.md end at 9, after which little is gained; each sample costs a request
# for every claim that depends on sampling.  The sample numbers in `trial.ask` have room for 20.
MAX_SAMPLES = 20

# The smallest share of faulty requests that a run can be asked to notice.  It takes 473 looks at each case; a tenth of it would
# take 4,742, more than anybody pays for.
LEAST_SHARE = 0.01


@dataclass(frozen=True)
class Settings:
    """Everything that a run needs: the target, the contract, the models, and what is tested; `mode` is live or mock.

    - `surfaces` are tested, in the contract's order; `selected` says whether --surface chose them.
    - `claims` are patterns that select claims or cells; without any, all are tested.
    - `profile` limits the claims by their cost, and a `shard` limits the cases to one part of them.
    - `samples` is how often a case is observed whose claim depends on sampling, `budget` how many USD may be spent.
    - `share` is that of the requests on which every fault is to be noticed; it decides the number of `looks` at a case.
    - `too_long` is the number of words of a prompt that is longer than any model's context; without it no such prompt is sent.
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

    def check_claims(self) -> None:
        """Raise UsageError for a pattern that selects nothing that the run could test."""
        check(self.claims, (case.cell for case in self._cases_of(self.surfaces)))

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


def load_settings(options: Options | None = None, *, check_key: bool = True) -> Settings:
    """Load and check everything that a run needs; raises UsageError or ConfigurationError.

    Without --target it is the embedded mock gateway, or with --base-url a target without a name.
    """
    options = options or Options()
    chosen = options.given()
    if options.replay is not None and options.resume is not None:
        hint = "--replay judges what was recorded, --resume sends what is missing"
        raise UsageError("--replay and --resume cannot be combined", hint)
    if options.replay is not None:
        _check_combination("replay", chosen)
        return _from_recording(_earlier_run(options.replay, resumed=False), chosen)
    if options.resume is not None:
        _check_combination("resume", chosen)
        settings = _from_recording(_earlier_run(options.resume, resumed=True), chosen)
        if check_key and not settings.target.embedded:
            settings.target.key()
        return settings
    return replace(_from_options(options, check_key=check_key), options=options.recorded())


def _from_options(options: Options, *, check_key: bool) -> Settings:
    """Return the settings that options describe."""
    _check_numbers(options)
    shard = None if options.shard is None else parse(options.shard)
    budget = None if options.budget is None else _amount(options.budget)
    if options.profile is not None and options.profile not in list(Cost):
        message = f"--profile must be one of {', '.join(Cost)}, got {options.profile!r}"
        raise UsageError(message, nearest(options.profile, list(Cost)))
    adjusted = targets.adjust(
        _target(options.target, options.base_url),
        base_url=options.base_url,
        api_key_env=options.api_key_env,
        api_key_file=options.api_key_file,
        models=options.models,
        contract=options.contract,
        concurrency=options.concurrency,
        requests_per_minute=options.requests_per_minute,
        tokens_per_minute=options.tokens_per_minute,
    )
    loaded = contracts.load(adjusted.contract)
    placed = adjusted.place_models(loaded)
    _check_asked(options.surfaces, loaded, placed)
    if check_key and not adjusted.embedded:
        adjusted.key()
    settings = Settings(
        adjusted,
        loaded,
        placed,
        target_version=options.target_version,
        mode="mock" if adjusted.embedded else "live",
        too_long=options.too_long,
        shard=shard,
        profile=Cost(options.profile or Cost.FULL),
        samples=options.samples or 1,
        share=options.share,
        budget=budget,
        surfaces=_surfaces(options.surfaces, adjusted, loaded),
        selected=bool(options.surfaces),
        claims=options.claims,
    )
    settings.check_claims()
    return settings


def _check_asked(chosen: tuple[str, ...], contract: Contract, models: tuple[Model, ...]) -> None:
    """Raise ConfigurationError for a chosen surface on which no model of the run is asked."""
    for name in chosen:
        known = contract.surfaces.get(name)
        if known is not None and not any(contract.asked(name, model) for model in models):
            columns = known.columns or tuple(contract.columns)
            raise ConfigurationError(
                f"--surface {name} needs a model of column {' or '.join(columns)}, which is documented for it",
                f"add --model {columns[0]}=MODEL_ID, or name the surface for a model in a target file",
            )


def _surfaces(chosen: tuple[str, ...], target: Target, contract: Contract) -> tuple[str, ...]:
    """Return the surfaces to test, in the contract's order: those chosen, else those of the target, else the usual ones."""
    for names, where in ((chosen, "--surface"), (target.surfaces, f"surfaces of target {target.name}")):
        for name in names:
            if name not in contract.surfaces:
                message = f"{where} must be in contract {contract.name}, got {name!r}"
                raise UsageError(message, nearest(name, contract.surfaces))
    for name in chosen:
        if target.surfaces and name not in target.surfaces:
            message = f"--surface must be one that target {target.name} has, got {name!r}"
            raise UsageError(message, nearest(name, target.surfaces))
    wanted = chosen or target.surfaces or contract.usual_surfaces
    return tuple(name for name in contract.surfaces if name in wanted)


def _check_numbers(options: Options) -> None:
    """Raise UsageError for a number that is out of range."""
    if options.concurrency is not None and not 1 <= options.concurrency <= MAX_IN_FLIGHT:
        message = f"--concurrency must be a number from 1 to {MAX_IN_FLIGHT}, got {options.concurrency}"
        raise UsageError(message, "for instance --concurrency 8")
    _check_rates(requests_per_minute=options.requests_per_minute, tokens_per_minute=options.tokens_per_minute)
    if options.too_long is not None and options.too_long < 1:
        message = f"--too-long must be a number of words, 1 or more, got {options.too_long}"
        raise UsageError(message, "give more words than the context of any model holds")
    if options.samples is not None and not 1 <= options.samples <= MAX_SAMPLES:
        message = f"--samples must be a number from 1 to {MAX_SAMPLES}, got {options.samples}"
        raise UsageError(message, "for instance --samples 5")
    if options.share is not None and not LEAST_SHARE <= options.share <= 1:
        message = f"--share must be a number from {LEAST_SHARE} to 1, got {options.share:g}"
        raise UsageError(message, "for instance --share 0.1, which takes 46 looks at each case")


def _amount(budget: str) -> Decimal:
    """Return a budget in USD; raises UsageError for anything but a positive number."""
    try:
        amount = Decimal(budget)
    except InvalidOperation:
        amount = Decimal(0)
    if not (amount.is_finite() and amount > 0):
        raise UsageError(f"--budget must be a positive amount in USD, got {budget!r}", "for instance --budget 0.50")
    return amount


def _target(target: str | Target | None, base_url: str | None) -> Target:
    """Return the named target, one that is loaded already, or one without a name if there is only a base URL."""
    if isinstance(target, Target):
        return target
    return Target("", "", "") if target is None and base_url else targets.load(target or "mock")


def _check_rates(**rates: float | None) -> None:
    """Raise UsageError for a rate per minute that is not a finite number of at least 1."""
    for name, rate in rates.items():
        if rate is not None and not 1 <= rate < math.inf:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"{option} must be a number of at least 1, got {rate:g}", f"for instance {option} 60")


def _check_combination(option: str, chosen: dict[str, Any]) -> None:
    """Raise UsageError for options that cannot be combined with --replay or --resume, since the recording decides them."""
    names = {option.key: f"--{option.name}" for option in SETTINGS}
    others = [names[name] for name in chosen if name not in _COMBINABLE[option] and name != option]
    if others:
        allowed = " and ".join(names[name] for name in sorted(_COMBINABLE[option]))
        raise UsageError(
            f"--{option} takes its settings from the recording, so {', '.join(others)} cannot be combined with it",
            f"leave it out; only {allowed} can be combined",
        )


def _from_recording(before: EarlierRun, chosen: dict[str, Any]) -> Settings:
    """Return the settings of a recorded run, with those that may be chosen again."""
    facts = before.facts
    changed = {name: value for name, value in chosen.items() if name not in {"replay", "resume"}}
    recorded = {**facts["options"], "target": targets.from_data(facts["target"])}
    settings = _from_options(Options.of({**recorded, **changed}), check_key=False)
    settings = replace(settings, mode=facts["mode"], options=facts["options"], earlier_run=before)
    if before.resumed:
        origin = facts["options"].get("target")
        embedded = settings.mode == "mock"
        return replace(settings, target=_target_to_resume(settings.target, embedded=embedded, origin=origin))
    return settings


def _earlier_run(run: str, *, resumed: bool) -> EarlierRun:
    """Return a recorded run; raises UsageError if this version does not understand its settings."""
    before = earlier_run(Path(run), resumed=resumed)
    wrong = own_problem(before.facts, "data/evidence") or own_problem(before.facts["target"], "data/target")
    unknown = sorted(before.facts["options"].keys() - {option.key for option in SETTINGS}) if not wrong else []
    if wrong or unknown:
        reason = wrong or f"there is no option {unknown[0]}"
        raise UsageError(f"the settings recorded in {before.folder} cannot be used: {reason}", "run again")
    return before


def _target_to_resume(target: Target, *, embedded: bool, origin: str | None) -> Target:
    """Return a recorded target to which requests can be sent: the mock is started again, headers are read from the file."""
    if embedded:
        return replace(target, base_url="")
    if not target.headers:
        return target
    source = targets.load(origin) if origin else None
    if source is None or source.base_url.rstrip("/") != target.base_url.rstrip("/"):
        raise UsageError(
            f"the headers of target {target.name} are not recorded, and {origin} has another base URL now",
            f"set its base_url to {target.base_url} again, or run again",
        )
    return replace(target, headers=source.headers)
