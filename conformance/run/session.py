"""One run in one process: from settings to results, without pytest.

Putting contract, target and models together, running cases ahead, and counting what was sent live here.  Pytest's side of a
run is in `plugin`, what is written at its end in `report`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from conformance.base.errors import UsageError, nearest
from conformance.base.money import Price
from conformance.base.observation import printable, shortened
from conformance.base.sharing import Shared
from conformance.contract import contract as contracts
from conformance.contract.contract import ENDPOINT, Case, Contract, Cost, Model
from conformance.evidence.recording import Archive
from conformance.evidence.replay import Past, Replayed, Resumed
from conformance.http.exchange import Exchange
from conformance.http.source import NotAsked, Sender
from conformance.run.background import AHEAD, Pending, Runner, Stopped
from conformance.run.shards import Shard, parse
from conformance.run.spending import Budget, Meter
from conformance.sending.transport import Transport
from conformance.surfaces.chat.chat import ChatCase
from conformance.target import targets
from conformance.target.targets import Target
from conformance.trial.ask import Asking, Recall
from conformance.trial.judge import Verdict
from conformance.trial.trial import Outcome, Preflight, Test, preflight, stopped, trial

MOST_IN_FLIGHT = 1024
MOST_SAMPLES = 20


@dataclass(frozen=True)
class Settings:
    """What a run is about: the target, the contract it is held against, its models; `mode` is live or mock.

    `too_long` is the number of words of a prompt that no model's context holds; without it none is sent.  With a `shard` the
    run asks that part of its cases only.  `profile` is how dear a claim may be that is asked, `samples` how often a case is
    asked whose claim depends on sampling, `budget` how many USD may be spent.
    `options` are those of the command line that are not the target's, as they were given: they are recorded.  `past` is the
    recorded run that this one answers from.
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
    past: Past | None = None

    @cached_property
    def cases(self) -> dict[str, Case]:
        """Every case of the profile for these models, by id, in the contract's order."""
        switches = {} if self.too_long is None else {"too_long": self.too_long}
        cases = self.contract.cases(self.contract.claims, self.models, switches)
        return {case.id: case for case in cases if case.rule.cost.within(self.profile)}

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

    def priced(self, found: Mapping[str, Price]) -> Settings:
        """The same run with these prices, by model id, where the target names none."""
        return replace(self, target=targets.priced(self.target, found))

    def of(self, claim_ids: Iterable[str]) -> list[Case]:
        """The cases of these claims; a claim that the contract lacks has none."""
        wanted = set(claim_ids)
        return [case for case in self.cases.values() if case.claim.id in wanted]

    def takes(self, case: Case) -> bool:
        """Whether a case belongs to this run's part of them."""
        return self.shard is None or self.shard.holds(case)

    @property
    def replays(self) -> bool:
        """Whether nothing is sent, since a recording answers."""
        return self.past is not None and not self.past.resumed

    @property
    def base_url(self) -> str:
        """Where it was asked; a run that was gone on with is about the address that it began with."""
        return str(self.past.facts["target"]["base_url"]) if self.past else self.target.base_url

    def facts(self, started: datetime) -> dict[str, Any]:
        """What the first line of the evidence says: enough to run again.  A run about a past one says what that one said."""
        prices = self.prices
        placed = tuple(targets.Named(m.column, m.id, m.kind.name, prices.get(str(m))) for m in self.models)
        target = targets.document(replace(self.target, base_url=self.base_url, models=placed))
        begun = self.past.facts["started"] if self.past else f"{started:%Y-%m-%dT%H:%M:%SZ}"
        facts = {"started": begun, "mode": self.mode, "target": target, "digest": self.contract.digest}
        return {**facts, "options": dict(self.options)}

    def at(self, base_url: str) -> Settings:
        """The same run against the address that the embedded mock gateway got."""
        return replace(self, target=replace(self.target, base_url=base_url))


def settings(
    target: str | Target | None = None,
    *,
    base_url: str | None = None,
    api_key_env: str | None = None,
    api_key_file: str | None = None,
    models: Iterable[str] = (),
    contract: str | None = None,
    concurrency: int | None = None,
    requests_per_minute: float | None = None,
    tokens_per_minute: float | None = None,
    target_version: str | None = None,
    too_long: int | None = None,
    shard: str | None = None,
    profile: str | None = None,
    samples: int | None = None,
    budget: str | None = None,
    check_key: bool = True,
) -> Settings:
    """Load and check everything a run needs before anything is sent; raises UsageError or ConfigurationError.

    Without a target it is the embedded mock gateway, or a nameless target where there is a base URL.  `rerunning.chosen` calls
    it with what the command line says, or with what was recorded of that.
    """
    if concurrency is not None and not 1 <= concurrency <= MOST_IN_FLIGHT:
        raise UsageError(f"--concurrency {concurrency} is not usable", f"give a number from 1 to {MOST_IN_FLIGHT}")
    _check_rates(requests_per_minute=requests_per_minute, tokens_per_minute=tokens_per_minute)
    if too_long is not None and too_long < 1:
        raise UsageError(
            f"--too-long {too_long} is no number of words", "give more words than any model's context holds"
        )
    part = None if shard is None else parse(shard)
    limit = None if budget is None else _amount(budget)
    if profile is not None and profile not in list(Cost):
        raise UsageError(f"--profile {profile!r} is no profile", nearest(profile, list(Cost)))
    if samples is not None and not 1 <= samples <= MOST_SAMPLES:
        raise UsageError(f"--samples {samples} is not usable", f"give a number from 1 to {MOST_SAMPLES}")
    adjusted = targets.adjust(
        _found(target, base_url),
        base_url=base_url,
        api_key_env=api_key_env,
        api_key_file=api_key_file,
        models=models,
        contract=contract,
        concurrency=concurrency,
        requests_per_minute=requests_per_minute,
        tokens_per_minute=tokens_per_minute,
    )
    loaded = contracts.load(adjusted.contract)
    placed = adjusted.place(loaded)
    if check_key and not adjusted.embedded:
        adjusted.key()
    mode = "mock" if adjusted.embedded else "live"
    cost = Cost(profile or Cost.FULL)
    return Settings(adjusted, loaded, placed, target_version, mode, too_long, part, cost, samples or 1, limit)


def _amount(budget: str) -> Decimal:
    """A budget in USD; anything but a positive number is a usage error."""
    try:
        amount = Decimal(budget)
    except InvalidOperation:
        amount = Decimal(0)
    if not (amount.is_finite() and amount > 0):
        raise UsageError(f"--budget {budget!r} is no amount above 0", "give USD, for instance --budget 0.50")
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
            raise UsageError(
                f"--{name.replace('_', '-')} {rate:g} is not usable", "give a number of at least 1, such as 60"
            )


class Run:
    """Runs cases ahead of whoever waits for them, and hands every exchange to `record` as it finishes.

    `concurrency` is this process's part of the target's, `shared` what it shares with the other processes of the run; without
    `eager` little more is asked ahead than can be in flight.  `archive` holds what the settings' past recorded.  `known` is how
    many cases have an outcome.
    """

    def __init__(
        self,
        about: Settings,
        record: Callable[[Exchange], None],
        *,
        recall: Recall | None = None,
        concurrency: int | None = None,
        shared: Shared | None = None,
        eager: bool = True,
        archive: Archive | None = None,
    ) -> None:
        self._about = about
        self._recall = recall
        self._archive = archive
        self._record = record
        self._concurrency = concurrency or about.target.concurrency
        self._shared = shared or Shared()
        self._workers = self._concurrency * (AHEAD if eager else 1)
        self._pending: dict[str, Pending] = {}
        self._preflights: dict[str, Preflight] = {}
        self._headers: dict[str, str] = {}
        self._ended: float | None = None
        self.known = 0

    def start(self, cases: Iterable[tuple[Case, Test]]) -> None:
        """Queue cases; what is queued already is left alone."""
        new = [(case, test) for case, test in cases if case.id not in self._pending]
        begun = self._runner.start([self._job(case, test) for case, test in new])
        self._pending.update({case.id: each for (case, _), each in zip(new, begun, strict=True)})
        for each in begun:
            each.add_done_callback(self._count)

    def wait(self, case: Case, tick: Callable[[], None] | None = None, every: float = 0.2) -> Outcome:
        """What became of a queued case; `tick` is called about every so many seconds meanwhile."""
        pending = self._pending[case.id]
        while tick and not pending.wait(every):
            tick()
        try:
            return pending.result()
        except (CancelledError, Stopped):
            return stopped()

    def stop(self) -> None:
        """Cancel what is in flight and close all connections."""
        if "_runner" in self.__dict__:
            self._runner.stop()

    @property
    def preflights(self) -> dict[str, Exchange]:
        """The plain request of each model that was asked, answered."""
        return {model: each.exchange for model, each in self._preflights.items()}

    @property
    def finished(self) -> int:
        """How many exchanges are finished."""
        return self._asking.finished if "_asking" in self.__dict__ else 0

    @property
    def waiting(self) -> float:
        """The seconds until the endpoint's rate lets the next request pass; 0 while nothing waits for it."""
        return self._transport.pacer.waiting if "_transport" in self.__dict__ else 0.0

    def tally(self) -> dict[str, Any]:
        """What the process saw beside its cases: requests, waiting, the last exchange's end, how each model introduced itself."""
        return {
            "requests": self._source.sent if "_source" in self.__dict__ else 0,
            "waited": self._transport.pacer.waited if "_transport" in self.__dict__ else 0.0,
            "ended": self._ended,
            "server": self._headers.get("server"),
            "spent": self._meter.tally() if "_meter" in self.__dict__ else {},
            "models": {
                name: {
                    "echoed": each.echoed("model"),
                    "fingerprint": each.echoed("system_fingerprint"),
                    "blocked": each.reason,
                    "exit_code": each.exit_code,
                }
                for name, each in self._preflights.items()
            },
        }

    @cached_property
    def _runner(self) -> Runner:
        return Runner(self._workers, self._close)

    @cached_property
    def _source(self) -> Sender:
        if self._archive is not None and self._about.replays:
            return Replayed(self._archive)
        sender: Sender = self._transport
        if self._about.budget is not None:
            sender = Budget(
                sender, self._about.prices, self._about.budget, self._shared, patience=5 * self._about.target.timeout
            )
        return sender if self._archive is None else Resumed(self._archive, sender)

    @cached_property
    def _transport(self) -> Transport:
        return Transport(self._about.target, self._concurrency, self._shared)

    @cached_property
    def _meter(self) -> Meter:
        return Meter(self._source)

    @cached_property
    def _asking(self) -> Asking:
        return Asking(self._meter, self._note, recall=self._recall, openings=self._concurrency)

    async def _close(self) -> None:
        if "_source" in self.__dict__:
            await self._source.close()
        self._shared.close()

    def _count(self, _: Pending) -> None:
        self.known += 1

    def _note(self, exchange: Exchange) -> None:
        self._record(exchange)
        self._ended = max(self._ended or 0.0, exchange.started + exchange.seconds)
        if not self._headers:
            self._headers = {name.lower(): printable(shortened(value, 200)) for name, value in exchange.headers}

    def _job(self, case: Case, test: Test) -> Callable[[], Any]:
        target = self._about.target
        bound = ChatCase(case, self._about.contract.path, keyed=target.keyed, host=target.host)

        async def job() -> Outcome:
            outcome = await trial(test, bound, self._asking, self._about.samples)
            if str(case.model) not in self._preflights and outcome.verdict is not Verdict.NOT_APPLICABLE:
                with suppress(NotAsked):
                    self._preflights[str(case.model)] = await preflight(bound, self._asking)
            return outcome

        return job
