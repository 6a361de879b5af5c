"""The settings of a run: everything it needs, checked before anything is sent.

They come from options, chosen one by one, or from the recording of another run.  Which values are usable, and what may be given
together with --replay and --resume, is decided here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from conformance.base.errors import UsageError, nearest
from conformance.base.money import Price
from conformance.base.validation import own_problem
from conformance.contract import loading as contracts
from conformance.contract.claims import ENDPOINT, Case, Cost, Model
from conformance.contract.contract import Contract
from conformance.evidence.replay import EarlierRun, earlier_run
from conformance.http.redaction import Redactor
from conformance.run.options import SETTINGS, Options
from conformance.run.shards import Shard, parse
from conformance.sending.client import CLIENT_NAME
from conformance.surfaces import registry
from conformance.surfaces.surface import BoundCase, Surface, SurfaceContext
from conformance.target import targets
from conformance.target.targets import Target

_BESIDE = {"replay": {"contract"}, "resume": {"concurrency", "budget"}}
MOST_IN_FLIGHT = 1024
MOST_SAMPLES = 20


@dataclass(frozen=True)
class Settings:
    """What a run is about: the target, the contract it is held against, its models; `mode` is live or mock.

    `too_long` is the number of words of a prompt that no model's context holds; without it none is sent.  With a `shard` the
    run asks that part of its cases only.  `profile` is how dear a claim may be that is asked, `samples` how often a case is
    asked whose claim depends on sampling, `budget` how many USD may be spent.
    `options` are those of the command line that are not the target's, as they were given: they are recorded.  `past` is the
    recorded run that this one answers from.  `surfaces` are tested, in the contract's order; `selected` tells whether they are a
    choice of those that the target has.
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
    budget: Decimal | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    earlier_run: EarlierRun | None = None
    surfaces: tuple[str, ...] = ()
    selected: bool = False

    @cached_property
    def cases(self) -> dict[str, Case]:
        """Every case of the surfaces and the profile for these models, by id, in the contract's order."""
        return {case.id: case for case in self._cases_of(self.surfaces)}

    @cached_property
    def total_cases(self) -> int:
        """How many cases there are of all surfaces that the target has, whichever are selected."""
        every = self.target.surfaces or tuple(self.contract.surfaces)
        return sum(1 for _ in self._cases_of(every)) if self.selected else len(self.cases)

    def _cases_of(self, surfaces: tuple[str, ...]) -> Iterator[Case]:
        switches = {} if self.too_long is None else {"too_long": self.too_long}
        claims = [claim.id for claim in self.contract.claims.values() if claim.surface in surfaces]
        cases = self.contract.cases(claims, self.models, switches)
        return (case for case in cases if case.rule.cost.within(self.profile))

    @property
    def client(self) -> str:
        """The HTTP client that sends, with its version; one that is not installed is told as soon as settings are loaded."""
        return CLIENT_NAME

    @property
    def contract_name(self) -> str:
        """The contract as it was named: one that is built in, or a file."""
        return self.target.contract

    @cached_property
    def prices(self) -> dict[str, Price]:
        """The known prices by model; what is asked of the endpoint as a whole costs what its first model does."""
        known = {f"{each.column}:{each.id}": each.price for each in self.target.models if each.price}
        first = known.get(str(self.models[0]))
        return {**known, f"{ENDPOINT}:any": first} if first else known

    @property
    def unpriced(self) -> tuple[Model, ...]:
        """The models whose price is not known."""
        return tuple(each for each in self.models if str(each) not in self.prices)

    def with_prices(self, found: Mapping[str, Price]) -> Settings:
        """The same run with these prices, by model id, where the target names none."""
        return replace(self, target=targets.with_prices(self.target, found))

    def bind(self, case: Case) -> BoundCase:
        """Return a case in the words of its surface."""
        surface = registry.named(case.claim.surface)
        return surface.bind(case, self._context(surface))

    def _context(self, surface: Surface) -> SurfaceContext:
        """Return what a surface knows of the target; one on which no model answers asks models on the first that has them."""
        known, target = self.contract.surfaces[surface.name], self.target
        answering = next((name for name in self.contract.surfaces if registry.named(name).asks_models), None)
        bind = None if answering is None or surface.asks_models else partial(self._bind_on, answering)
        return SurfaceContext(known.path, target.keyed, target.host, known.traits, bind, self._shows_key)

    def _bind_on(self, name: str, case: Case) -> BoundCase:
        surface = registry.named(name)
        return surface.bind(case, self._context(surface))

    def cases_of(self, claim_ids: Iterable[str]) -> list[Case]:
        """The cases of these claims; a claim that the contract lacks has none."""
        wanted = set(claim_ids)
        return [case for case in self.cases.values() if case.claim.id in wanted]

    def includes(self, case: Case) -> bool:
        """Whether a case belongs to this run's part of them."""
        return self.shard is None or self.shard.holds(case)

    @property
    def replays(self) -> bool:
        """Whether nothing is sent, since a recording answers."""
        return self.earlier_run is not None and not self.earlier_run.resumed

    @property
    def base_url(self) -> str:
        """Where it was asked; a run that was gone on with is about the address that it began with."""
        return str(self.earlier_run.facts["target"]["base_url"]) if self.earlier_run else self.target.base_url

    def facts(self, started: datetime) -> dict[str, Any]:
        """What the first line of the evidence says: enough to run again.  A run about a past one says what that one said."""
        prices = self.prices
        placed = tuple(targets.TargetModel(m.column, m.id, m.kind.name, prices.get(str(m))) for m in self.models)
        target = targets.document(replace(self.target, base_url=self.base_url, models=placed))
        begun = self.earlier_run.facts["started"] if self.earlier_run else f"{started:%Y-%m-%dT%H:%M:%SZ}"
        facts = {"started": begun, "mode": self.mode, "target": target, "digest": self.contract.digest}
        return {**facts, "options": dict(self.options)}

    @cached_property
    def redact(self) -> Redactor:
        """What takes the target's secrets out of a text; a replay has none, and needs no key."""
        surfaces = [registry.named(name) for name in self.surfaces]
        indexes = dict.fromkeys(field for surface in surfaces for field in surface.piece_indexes)
        return Redactor(() if self.replays else self.target.secrets(), indexes)

    def _shows_key(self, text: str) -> bool:
        """Whether a text shows the target's own key; a key that could be there by chance is never shown."""
        return self._own_key(text) != text

    @cached_property
    def _own_key(self) -> Redactor:
        key = None if self.replays else self.target.distinctive_key()
        return Redactor([key] if key else [])

    def at_base_url(self, base_url: str) -> Settings:
        """The same run against the address that the embedded mock gateway got."""
        return replace(self, target=replace(self.target, base_url=base_url))


def load_settings(options: Options | None = None, *, check_key: bool = True) -> Settings:
    """Load and check everything a run needs before anything is sent; raises UsageError or ConfigurationError.

    Without a target it is the embedded mock gateway, or a nameless target where there is a base URL.
    """
    options = options or Options()
    given = options.given()
    if options.replay is not None and options.resume is not None:
        raise UsageError(
            "--replay and --resume exclude each other", "replay judges what was recorded, resume asks what is missing"
        )
    if options.replay is not None:
        _allow("replay", given)
        return _again(_earlier_run(options.replay, resumed=False), given)
    if options.resume is not None:
        _allow("resume", given)
        settings = _again(_earlier_run(options.resume, resumed=True), given)
        if check_key and not settings.target.embedded:
            settings.target.key()
        return settings
    return replace(_fresh(options, check_key=check_key), options=options.recorded())


def _fresh(options: Options, *, check_key: bool) -> Settings:
    """The settings of a run that no recording answers."""
    _check_numbers(options)
    shard = None if options.shard is None else parse(options.shard)
    budget = None if options.budget is None else _amount(options.budget)
    if options.profile is not None and options.profile not in list(Cost):
        raise UsageError(f"--profile {options.profile!r} is not a profile", nearest(options.profile, list(Cost)))
    adjusted = targets.adjust(
        _found(options.target, options.base_url),
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
    if check_key and not adjusted.embedded:
        adjusted.key()
    return Settings(
        adjusted,
        loaded,
        placed,
        options.target_version,
        "mock" if adjusted.embedded else "live",
        options.too_long,
        shard,
        Cost(options.profile or Cost.FULL),
        options.samples or 1,
        budget,
        surfaces=_surfaces(options.surfaces, adjusted, loaded),
        selected=bool(options.surfaces),
    )


def _surfaces(chosen: tuple[str, ...], target: Target, contract: Contract) -> tuple[str, ...]:
    """The surfaces that are tested, in the contract's order: those chosen, else those of the target, else all."""
    for names, who in ((chosen, "--surface"), (target.surfaces, f"target {target.name}, surfaces:")):
        for name in names:
            if name not in contract.surfaces:
                near = nearest(name, contract.surfaces)
                raise UsageError(f"{who} {name!r} is not a surface of contract {contract.name}", near)
    for name in chosen:
        if target.surfaces and name not in target.surfaces:
            raise UsageError(
                f"--surface {name!r} is not among those of target {target.name}", nearest(name, target.surfaces)
            )
    wanted = chosen or target.surfaces or tuple(contract.surfaces)
    return tuple(name for name in contract.surfaces if name in wanted)


def _check_numbers(options: Options) -> None:
    """Every number is within its bounds."""
    if options.concurrency is not None and not 1 <= options.concurrency <= MOST_IN_FLIGHT:
        message = f"--concurrency must be a number from 1 to {MOST_IN_FLIGHT}, got {options.concurrency}"
        raise UsageError(message, "for instance --concurrency 8")
    _check_rates(requests_per_minute=options.requests_per_minute, tokens_per_minute=options.tokens_per_minute)
    if options.too_long is not None and options.too_long < 1:
        message = f"--too-long must be a number of words, 1 or more, got {options.too_long}"
        raise UsageError(message, "give more words than the context of any model holds")
    if options.samples is not None and not 1 <= options.samples <= MOST_SAMPLES:
        message = f"--samples must be a number from 1 to {MOST_SAMPLES}, got {options.samples}"
        raise UsageError(message, "for instance --samples 5")


def _amount(budget: str) -> Decimal:
    """A budget in USD; anything but a positive number is a usage error."""
    try:
        amount = Decimal(budget)
    except InvalidOperation:
        amount = Decimal(0)
    if not (amount.is_finite() and amount > 0):
        raise UsageError(f"--budget must be a positive amount in USD, not {budget!r}", "for instance --budget 0.50")
    return amount


def _found(target: str | Target | None, base_url: str | None) -> Target:
    """The target that is named, if it is not at hand; a nameless one where there is only a base URL."""
    if isinstance(target, Target):
        return target
    return Target("", "", "") if target is None and base_url else targets.load(target or "mock")


def _check_rates(**rates: float | None) -> None:
    """A rate per minute is a finite number of at least 1."""
    for name, rate in rates.items():
        if rate is not None and not 1 <= rate < math.inf:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"{option} must be a number of at least 1, got {rate:g}", f"for instance {option} 60")


def _allow(option: str, given: dict[str, Any]) -> None:
    """What is asked and judged comes from the recording, so an option that says otherwise is a usage error."""
    names = {option.key: f"--{option.name}" for option in SETTINGS}
    others = [names[name] for name in given if name not in _BESIDE[option] and name != option]
    if others:
        allowed = " and ".join(names[name] for name in sorted(_BESIDE[option]))
        raise UsageError(
            f"--{option} takes its settings from the recording, so {', '.join(others)} cannot stand beside it",
            f"leave it out; only {allowed} may stand there",
        )


def _again(before: EarlierRun, given: dict[str, Any]) -> Settings:
    """The settings of a recorded run, with what may be chosen anew."""
    facts = before.facts
    chosen_anew = {name: value for name, value in given.items() if name not in {"replay", "resume"}}
    recorded = {**facts["options"], "target": targets.from_data(facts["target"])}
    settings = _fresh(Options.of({**recorded, **chosen_anew}), check_key=False)
    settings = replace(settings, mode=facts["mode"], options=facts["options"], earlier_run=before)
    if before.resumed:
        origin = facts["options"].get("target")
        return replace(settings, target=_to_ask(settings.target, embedded=settings.mode == "mock", origin=origin))
    return settings


def _earlier_run(run: str, *, resumed: bool) -> EarlierRun:
    """A recorded run whose settings this version understands."""
    before = earlier_run(Path(run), resumed=resumed)
    wrong = own_problem(before.facts, "data/evidence") or own_problem(before.facts["target"], "data/target")
    unknown = sorted(before.facts["options"].keys() - {option.key for option in SETTINGS}) if not wrong else []
    if wrong or unknown:
        why = wrong or f"there is no option {unknown[0]}"
        raise UsageError(f"the settings recorded in {before.folder} are not usable: {why}", "run anew")
    return before


def _to_ask(target: Target, *, embedded: bool, origin: str | None) -> Target:
    """A recorded target that can be asked again: the mock is started anew, headers come from where they came from."""
    if embedded:
        return replace(target, base_url="")
    if not target.headers:
        return target
    source = targets.load(origin) if origin else None
    if source is None or source.base_url.rstrip("/") != target.base_url.rstrip("/"):
        raise UsageError(
            f"the headers of target {target.name} are not recorded, and {origin} is about another address now",
            f"let it name {target.base_url} again, or run anew",
        )
    return replace(target, headers=source.headers)
