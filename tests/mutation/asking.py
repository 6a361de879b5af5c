"""Asking cases without pytest: of gateways in this process whose replies can be repeated, and of one over real sockets."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from typing import Any
from unittest import mock

from conformance import suite
from conformance.contract.claims import Case
from conformance.contract.loading import load
from conformance.http.exchange import Exchange, Request
from conformance.http.source import Source
from conformance.mock.server import registry
from conformance.results import matrix
from conformance.results.matrix import Cell
from conformance.run import session
from conformance.run.causes import Causes
from conformance.run.embedded import KEY_VARIABLE, EmbeddedMock
from conformance.run.loading import load_settings
from conformance.run.options import Options
from conformance.run.settings import Settings
from conformance.run.witnesses import Witnesses
from conformance.surfaces.surface import BoundCase
from conformance.trial.failing import Failing
from conformance.trial.hearing import close_hearing, open_hearing
from conformance.trial.invariants import invariant_of
from conformance.trial.request_cache import Hear, RequestCache
from conformance.trial.trial import Outcome, compared, trial
from tests.support.in_process import BASE_URL, KEY, repeatable

MODELS_BY_KIND = {"chat": "openai:mock-openai", "reasoning": "openai:mock-openai-reasoning"}
MODELS_BY_KIND |= {kind: f"{kind}:mock-{kind}" for kind in ("claude", "gemini")}
MODELS_BY_KIND["gemini-3"] = "gemini:mock-gemini-3"
ASKED_ON = {"gemini:mock-gemini-3": ("gemini",)}  # models that differ from another one of their column on one API only
TOO_LONG = 17_000  # words, more than the mock's context holds
IN_PROCESS_VARIABLE = "MUTATION_KEY"  # the embedded mock sets its own

Cells = Mapping[str, Cell]
Outcomes = Mapping[str, Outcome]


async def ask_all(
    source: Source,
    cases: Iterable[Case],
    hear: Hear | None = None,
    *,
    share: float | None = None,
    besides: Failing | None = None,
) -> dict[str, Outcome]:
    """Ask cases one after the other; there is nothing to wait for in between.  Invariants are judged last.

    With a `share` each gets the looks that `--share` plans.  `besides` are the requests of cases that are not asked.
    """
    settings, witnesses = replace(settings_at(BASE_URL), share=share), Witnesses()
    causes = Causes(settings.contract)

    def heard(request: Request, exchange: Exchange, *, mistake: bool) -> None:
        witnesses.hear(request, exchange, mistake=mistake)
        if hear:
            hear(request, exchange, mistake=mistake)

    cache = RequestCache(source, lambda exchange: None, hear=heard)
    bound = {case.id: (settings.bind(case), functions()[case.claim.id]) for case in cases}
    found: dict[str, Outcome] = {}
    for case, test in bound.values():
        witnesses.expect(case, invariant_of(test))
        causes.expect(case.case)
    for name, (case, test) in sorted(bound.items(), key=lambda pair: not causes.is_cause(pair[1][0].case)):
        outcome = (
            await open_hearing(case, cache, {})
            if invariant_of(test)
            else await trial(test, case, cache, settings.samples, looks=settings.looks)
        )
        found.update({} if outcome is None else {name: outcome})
        witnesses.finish(case)
        if outcome is not None and outcome.failures is None:
            causes.finish(case.case, outcome)
    for name, (case, _) in bound.items():
        if name in found and found[name].failures is not None:
            others = await witnesses.others(case)
            found[name] = compared(found[name], case, Failing.together([others, besides or Failing()]))
            causes.finish(case.case, found[name])
    hearings = [
        _closed(test, case, witnesses, cache, settings.share)
        for name, (case, test) in bound.items()
        if name not in found
    ]
    for name in (name for name, (_, test) in bound.items() if name in found and invariant_of(test)):
        witnesses.asked(bound[name][0])
    heard_last = await asyncio.gather(*hearings)
    for case, outcome in heard_last:
        found[case.case.id] = outcome
        causes.finish(case.case, outcome)
    return {name: await causes.attribute(bound[name][0].case, outcome) for name, outcome in found.items()}


async def _closed(
    test: Any, case: BoundCase, witnesses: Witnesses, cache: RequestCache, share: float | None
) -> tuple[BoundCase, Outcome]:
    witness = await witnesses.last_exchange(case)
    outcome = await close_hearing(test, witness, case, cache, share=share, all_asked=partial(witnesses.all_asked, case))
    return case, outcome


def is_invariant(claim: str) -> bool:
    """Return whether a claim is judged over every exchange of a model."""
    return invariant_of(functions()[claim]) is not None


def witness_key(case: Case) -> tuple[str, str]:
    """Return the surface and the model whose exchanges bear on a case."""
    return case.claim.surface, str(case.model)


class Remembering:
    """A source that sends each exchange to the gateway once, whoever asks for it first."""

    def __init__(self, gateway: Source) -> None:
        self._gateway = gateway
        self._exchanges: dict[str, Exchange] = {}
        self.dead = False

    async def send(self, request: Request, sample: int, attempt: int) -> Exchange:
        name = request.exchange_id(sample, attempt)
        if name not in self._exchanges:
            self._exchanges[name] = await self._gateway.send(request, sample, attempt)
        return self._exchanges[name]

    def holds(self, exchange: Exchange) -> bool:
        """Return whether it is this exchange, and not another one of the same request, that is remembered."""
        return self._exchanges.get(exchange.id) is exchange

    async def again(self, exchange: Exchange) -> Exchange:
        """Return what the gateway replies to the request of an exchange."""
        return await self.send(exchange.request, exchange.sample, exchange.attempt)


def over_sockets(defect: str, cases: list[Case]) -> tuple[Outcomes, int]:
    """Ask all cases of a gateway in a process of its own that lies in one way, and count the requests."""
    with EmbeddedMock() as gateway:
        settings = settings_at(gateway.base_url)
        lying = replace(settings, target=replace(settings.target, headers=(("x-mock-defect", defect),)))
        run = session.Run(lying, lambda exchange: None)
        try:
            run.start((case, functions()[case.claim.id]) for case in cases)
            return {case.id: run.wait(case) for case in cases}, run.tally().requests
        finally:
            run.stop()


def fold(cases: Iterable[Case], outcomes: Outcomes) -> Cells:
    """Return the cells of cases, by name."""
    cells = matrix.fold([matrix.result(case, outcomes[case.id]) for case in cases])
    return {cell.id: cell for cell in cells}


@cache
def settings_at(base_url: str, *models: str) -> Settings:
    """Return those of a run against the mock, of all surfaces that have defects; without models, with one of each kind."""
    models = models or tuple(name.replace(":", "=") for name in MODELS_BY_KIND.values())
    key = IN_PROCESS_VARIABLE if base_url == BASE_URL else KEY_VARIABLE
    options = Options(
        base_url=base_url, api_key_env=key, models=models, concurrency=32, too_long=TOO_LONG, contract="cometapi"
    )
    settings = load_settings(options, check_key=False)
    told = {defect.surface for defect in registry.defects().values()}
    chosen = tuple(name for name in settings.contract.surfaces if name in told)
    models_asked = tuple(replace(each, surfaces=ASKED_ON.get(str(each), ())) for each in settings.models)
    return replace(settings, target=replace(settings.target, surfaces=()), surfaces=chosen, models=models_asked)


@cache
def functions() -> dict[str, Any]:
    """Return what observes each claim, of all surfaces."""
    return suite.tests(load("cometapi"))


@contextmanager
def repeatable_replies() -> Iterator[None]:
    """Make the replies of gateways in this process repeatable, and set their key."""
    with repeatable(), mock.patch.dict(os.environ, {IN_PROCESS_VARIABLE: KEY}):
        yield
