"""The settings of a run, loaded from options or from the recording of an earlier run, and checked before anything is sent.

Which values are valid, and which options may be combined with --replay and --resume, is decided here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from conformance.base.errors import ConfigurationError, UsageError, nearest
from conformance.base.validation import own_problem
from conformance.contract import loading as contracts
from conformance.contract.claims import Cost, Model
from conformance.contract.contract import Contract
from conformance.evidence.replay import EarlierRun, earlier_run
from conformance.run.option_table import SETTINGS
from conformance.run.options import Options
from conformance.run.settings import Settings
from conformance.run.shards import parse
from conformance.sending.proxies import proxy_of
from conformance.target import targets
from conformance.target.targets import Target

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
        if check_key:
            _check_access(settings.target)
        return settings
    return replace(_from_options(options, check_key=check_key), options=options.recorded())


def _from_options(options: Options, *, check_key: bool) -> Settings:
    """Return the settings that options describe."""
    _check_numbers(options)
    shard = None if options.shard is None else parse(options.shard)
    if options.profile is not None and options.profile not in list(Cost):
        message = f"--profile must be one of {', '.join(Cost)}, got {options.profile!r}"
        raise UsageError(message, nearest(options.profile, list(Cost)))
    target = _target(options.target, options.base_url)
    usual = target.run
    adjusted = targets.adjust(
        target,
        name=options.target_name,
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
    if adjusted.embedded:
        adjusted = targets.fitted(adjusted, loaded, chosen=bool(options.models))
    placed = adjusted.place_models(loaded)
    _check_asked(options.surfaces, loaded, placed)
    if check_key:
        _check_access(adjusted)
    settings = Settings(
        adjusted,
        loaded,
        placed,
        target_version=options.target_version,
        mode="mock" if adjusted.embedded else "live",
        too_long=options.too_long,
        shard=shard,
        profile=Cost(options.profile or usual.profile or Cost.FULL),
        samples=options.samples or usual.samples or 1,
        share=options.share or usual.share,
        budget=_budget(options.budget, usual.budget),
        surfaces=_surfaces(options.surfaces, adjusted, loaded),
        selected=bool(options.surfaces),
        claims=options.claims or usual.claims,
    )
    settings.check_claims("--claim" if options.claims else f"claims in [run] of target {target.name}")
    return settings


def _check_access(target: Target) -> None:
    """Raise ConfigurationError if the key or the proxy of a target cannot be used; the embedded mock gateway needs neither."""
    if not target.embedded:
        target.key()
        proxy_of(target.base_url)


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


def _budget(chosen: str | None, usual: float | None) -> Decimal | None:
    """Return the budget in USD that the command line names, else that of the target; None for no limit."""
    if chosen is not None:
        return _amount(chosen)
    return None if usual is None else Decimal(str(usual))


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
    if reason := wrong or _wrong_option(before.facts["options"]):
        raise UsageError(f"the settings recorded in {before.folder} cannot be used: {reason}", "run again")
    return before


def _wrong_option(recorded: Mapping[str, Any]) -> str | None:
    """Return what is wrong with recorded options, whose types the schema of evidence leaves open; None if nothing is."""
    known = {option.key: option for option in SETTINGS}
    for name, value in recorded.items():
        if name not in known:
            return f"there is no option {name}"
        expected = list if known[name].repeats else (int, float) if known[name].type is float else known[name].type
        if not isinstance(value, expected) or isinstance(value, bool):
            return (
                f"option {name} must be a {'list' if known[name].repeats else known[name].type.__name__}, got {value!r}"
            )
    return None


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
