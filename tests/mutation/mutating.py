"""Mutation: the suite run, without pytest, against a mock gateway that lies in one way, for each defect of the mock.

The records of what each defect turned live here. Whether that is what it should turn is decided in faults.py, how it is
printed in table.py, and `python -m tests.mutation [DEFECT...]` runs it all.

How the cases of a defect are found and asked:

1. The truthful gateway is asked all cases once; each case notes the exchanges that it used.
2. A defect concerns the cases that used an exchange in which one of its seams has a part, for the models that it concerns.
3. The exchanges of those cases are sent again to the gateway that lies. In-process replies are a pure function of request,
   sample, attempt and defect (tests/support/in_process.py), so a case whose replies are all equal to the truthful ones is
   observed as before, and keeps its outcome. Only the other cases are asked again.

Invariants are judged over the same replies: those that look at one reply by itself over the replies that changed, since an equal
reply cannot violate what it did not violate before, and those that compare over all replies of the model.

A defect whose replies depend on order, number or time would break the third step. It is recognised in two ways: it acts at the
seam `arrival`, the only one that sees no request, or the same exchanges sent again in the opposite order get other replies.
Such a defect, and with `skip=False` any, is asked all cases that it concerns. The second way costs almost as much as the first
replay, so only the whole run does it (`suspicious`). A defect that breaks HTTP itself is asked over real sockets, all cases.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from typing import Any
from unittest import mock

from conformance import suite
from conformance.base.observation import Reason
from conformance.contract.claims import Case
from conformance.contract.loading import load
from conformance.http.exchange import Exchange, Request
from conformance.http.source import Source
from conformance.mock.defects.defect import Defect
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
from conformance.surfaces import registry as surfaces
from conformance.surfaces.surface import BoundCase
from conformance.trial.failing import Failing
from conformance.trial.hearing import close_hearing, open_hearing
from conformance.trial.invariants import invariant_of
from conformance.trial.request_cache import Hear, RequestCache
from conformance.trial.trial import Outcome, compared, trial
from conformance.trial.witness import Witness
from tests.support.in_process import BASE_URL, KEY, BelowTheWire, Direct, repeatable

RED = ("deviates", "differs")
MODELS_BY_KIND = {"chat": "openai:mock-openai", "reasoning": "openai:mock-openai-reasoning"}
MODELS_BY_KIND |= {kind: f"{kind}:mock-{kind}" for kind in ("claude", "gemini")}
MODELS_BY_KIND["gemini-3"] = "gemini:mock-gemini-3"
ASKED_ON = {"gemini:mock-gemini-3": ("gemini",)}  # models that differ from another one of their column on one API only
KINDS_BY_MODEL = {model: kind for kind, model in MODELS_BY_KIND.items()}
# The second model of a column is asked only the claims that a defect lists.
SAME_COLUMN = {"reasoning": "chat", "gemini-3": "gemini"}
ENOUGH = 5  # violating replies after which an invariant need not hear more: as many as a cell shows
TOO_LONG = 17_000  # words, more than the mock's context holds
IN_PROCESS_VARIABLE = "MUTATION_KEY"  # the embedded mock sets its own

Cells = Mapping[str, Cell]
Outcomes = Mapping[str, Outcome]

# Which exchanges of the truthful gateway a seam has a part in; a case that uses none of them cannot turn.
TOUCHED: dict[str, Callable[[Exchange], bool]] = {
    "address": lambda exchange: of_model(exchange),
    "body": lambda exchange: of_model(exchange),
    "profile": lambda exchange: of_model(exchange),
    "request": lambda exchange: of_model(exchange),
    "draft": lambda exchange: answered(exchange),
    "choice": lambda exchange: answered(exchange),
    "ids": lambda exchange: answered(exchange) and '"tools"' in (exchange.request.body or ""),
    "logprobs": lambda exchange: answered(exchange) and "logprobs" in (exchange.request.body or ""),
    "cached": lambda exchange: answered(exchange),
    "object": lambda exchange: answered(exchange),
    "whole": lambda exchange: answered(exchange) and not streamed(exchange),
    "answered": lambda exchange: answered(exchange) and not streamed(exchange),
    "events": lambda exchange: answered(exchange) and streamed(exchange),
    "numbered": lambda exchange: answered(exchange) and streamed(exchange),
    "streamed": lambda exchange: answered(exchange) and streamed(exchange),
    "message": lambda exchange: answered(exchange),
    "query": lambda exchange: "?" in exchange.request.path,
    "headers": lambda exchange: bool(exchange.request.headers),
    "asked": lambda exchange: of_model(exchange),
    "count": lambda exchange: answered(exchange),
    "stored": lambda exchange: exchange.status == 200,
    "refusal": lambda exchange: exchange.status != 200,
    "counted": lambda exchange: ":countTokens" in exchange.request.path,
    "listing": lambda exchange: exchange.request.method == "GET" and "/models" in exchange.request.path,
    "record": lambda exchange: exchange.request.path.startswith("/models/"),
    "catalogue": lambda exchange: exchange.request.path.startswith("/api/models"),
    "keyless": lambda exchange: exchange.request.auth == "none",
    "arrival": lambda exchange: True,
    "transfer": lambda exchange: of_model(exchange) and unusual(exchange.request),
    "compressed": lambda exchange: answered(exchange) and unusual(exchange.request),
}


def of_model(exchange: Exchange) -> bool:
    """Return whether something was posted to an API on which models answer."""
    request = exchange.request
    return request.method == "POST" and surfaces.for_request(request).asks_models


def unusual(request: Request) -> bool:
    """Return whether a request is sent in another way than most."""
    plain = request.content_type == "application/json"
    return bool(request.headers or request.padding or request.first or (request.body and not plain))


def answered(exchange: Exchange) -> bool:
    """Return whether a model answered."""
    return of_model(exchange) and exchange.status == 200


def streamed(exchange: Exchange) -> bool:
    """Return whether the answer came as a stream."""
    return (exchange.header("content-type") or "").startswith("text/event-stream")


@dataclass(frozen=True)
class Truth:
    """The truthful gateway, asked every case: its exchanges by id, outcomes and exchanges used by case, and the cells.

    `mistakes` are the ids of the exchanges that a case about a mistake asked for.
    """

    exchanges: Mapping[str, Exchange]
    mistakes: frozenset[str]
    outcomes: Outcomes
    used: Mapping[str, tuple[Exchange, ...]]
    cells: Cells

    def of(self, key: tuple[str, str]) -> tuple[Exchange, ...]:
        """Return the exchanges of a surface and model, in the order in which they came."""
        return tuple(each for each in self.exchanges.values() if (each.request.surface, each.request.model) == key)


@dataclass(frozen=True)
class Mutant:
    """What one defect turned, compared with the truthful gateway; `asked` of the `cases` were asked again."""

    defect: Defect
    cells: Cells
    clean: Cells
    seconds: float
    requests: int
    cases: int
    asked: int

    @cached_property
    def expected(self) -> set[str]:
        """The cells that have to turn red: those of the listed claims that conform, where the defect can show."""
        return {name for name in self.cells if self.lists(name) and self.clean[name].verdict == "conforms"}

    @cached_property
    def turned(self) -> set[str]:
        """The cells that are red now, and those that are only noted whose observation has changed."""
        return {name for name in self.cells if turned(self.clean[name], self.cells[name])}

    @cached_property
    def survivors(self) -> set[str]:
        """What the suite should have seen: cells that did not turn, and claims no cell of which did.

        What a claim that it presupposes blocks is seen there.
        """
        noticed = self.turned | {name for name in self.cells if self.cells[name].reason is Reason.PRESUPPOSED}
        claims = {self.cells[name].claim for name in noticed}
        return self.expected - noticed | set(self.defect.claims) - claims

    @cached_property
    def alarms(self) -> set[str]:
        """The cells that turned without being listed.

        A statement about every reply is no false alarm: a defect lists what it is about, and may break such statements besides.
        The page of the docs shows all that turned, so that none turns unseen.
        """
        return {name for name in self.turned if not self.lists(name) and not is_invariant(self.cells[name].claim)}

    @cached_property
    def claims(self) -> list[str]:
        """The claims that turned, in the contract's order."""
        return list(dict.fromkeys(cell.claim for name, cell in self.cells.items() if name in self.turned))

    @cached_property
    def killed(self) -> bool:
        """Whether something turned, and everything that had to."""
        return bool(self.turned) and not self.survivors

    def lists(self, name: str) -> bool:
        """Return whether the defect says that it turns the cell with this name."""
        cell = self.cells[name]
        shows = f"{cell.column}:{cell.model}" not in KINDS_BY_MODEL or kind_of(cell) in self.defect.kinds
        return cell.claim in self.defect.claims and shows


def turned(before: Cell, now: Cell) -> bool:
    """Return whether a cell is red, or is only noted and was observed differently on the truthful gateway."""
    noted = before.verdict == now.verdict == "noted"
    return now.verdict in RED or (noted and (before.observed, before.seen) != (now.observed, now.seen))


def kind_of(cell: Cell) -> str:
    """Return the kind of a cell's model."""
    return KINDS_BY_MODEL[f"{cell.column}:{cell.model}"]


class Mutation:
    """The truthful gateway, asked once, and the mutants of its defects; with a surface, only what is asked on it."""

    def __init__(self, surface: str | None = None) -> None:
        every = settings_at(BASE_URL).cases
        self._cases = {name: case for name, case in every.items() if surface in (None, case.claim.surface)}
        self.truth = asyncio.run(_truth(self._cases))

    def mutant(self, name: str, *, skip: bool = True, suspicious: bool = False) -> Mutant:
        """Return what one defect turns, of all cells that it could touch.

        Without `skip` no case keeps its truthful outcome unasked; `suspicious` looks for replies that depend on the order.
        """
        defect, started = registry.find(name), time.perf_counter()
        concerned = self._concerned(defect)
        try:
            outcomes, requests = asyncio.run(self._in_process(defect, concerned, skip=skip, suspicious=suspicious))
        except BelowTheWire:
            outcomes, requests = over_sockets(name, concerned)
        known = {case.id: self.truth.outcomes[case.id] for case in concerned}
        cells = fold(concerned, {**known, **outcomes})
        seconds = time.perf_counter() - started
        return Mutant(defect, cells, self.truth.cells, seconds, requests, len(concerned), len(outcomes))

    def of_claim(self, name: str, claim: str) -> Mutant:
        """Return what one defect turns of one claim that it lists, on one of the models on which it shows."""
        defect, started = registry.find(name), time.perf_counter()
        of_claim = [case for case in self._cases.values() if case.claim.id == claim]
        cases = self._concerned(defect, of_claim)
        shown = [case for case in cases if KINDS_BY_MODEL.get(str(case.model), "") in {"", *defect.kinds}]
        judged = [case for case in shown if self.truth.cells[case.cell].verdict in ("conforms", "noted")]
        assert judged, f"{name} concerns no case of {claim} that conforms or is noted"
        # Which model it is follows from the name, so that over all defects every model has its turn.
        models = sorted({str(case.model) for case in judged})
        cases = [case for case in judged if str(case.model) == models[len(name) % len(models)]]
        try:
            outcomes, requests = asyncio.run(self._in_process(defect, cases, skip=False, enough=ENOUGH))
        except BelowTheWire:
            outcomes, requests = over_sockets(name, cases)
        seconds = time.perf_counter() - started
        return Mutant(defect, fold(cases, outcomes), self.truth.cells, seconds, requests, len(cases), len(cases))

    def _concerned(self, defect: Defect, among: Sequence[Case] = ()) -> list[Case]:
        """Return all cases of the cells that a defect could touch, one model of each column, its own claims on all models.

        With `among` only these cases are looked at.
        """
        every = among or self._cases.values()
        used = {exchange.id: exchange for case in among for exchange in self.truth.used[case.id]}
        exchanges = used if among else self.truth.exchanges
        touched = {name for name, exchange in exchanges.items() if touches(defect, exchange)}
        cells = {(case.claim.id, case.model) for case in every if self._concerns(defect, case, touched)}
        return [case for case in every if (case.claim.id, case.model) in cells]

    def _concerns(self, defect: Defect, case: Case, touched: Container[str]) -> bool:
        kind = KINDS_BY_MODEL.get(str(case.model))
        if kind and kind not in defect.kinds and case.claim.id not in defect.claims:
            return False
        if SAME_COLUMN.get(kind or "") in defect.kinds and case.claim.id not in defect.claims:
            return False
        return any(exchange.id in touched for exchange in self.truth.used[case.id])

    async def _in_process(
        self, defect: Defect, cases: list[Case], *, skip: bool, suspicious: bool = False, enough: int | None = None
    ) -> tuple[Outcomes, int]:
        """Return the outcomes of the cases that had to be asked, and how many requests the gateway got."""
        gateway = Direct(defect.name)
        source = Remembering(gateway)
        if skip and defect.arrival is None:
            before = {exchange.id: exchange for case in cases for exchange in self.truth.used[case.id]}
            now = {name: await source.again(exchange) for name, exchange in before.items()}
            touched = [now[name] for name, exchange in before.items() if suspicious and touches(defect, exchange)]
            if not await _depends_on_order(gateway, touched):
                cases = [case for case in cases if self._changed(case, now)]
        found = await ask_all(source, [case for case in cases if not is_invariant(case.claim.id)])
        heard = await self._hearings(source, [case for case in cases if is_invariant(case.claim.id)], enough)
        return {**found, **heard}, gateway.sent

    async def _hearings(self, source: Remembering, cases: list[Case], enough: int | None) -> Outcomes:
        """Return the outcomes of invariants over what the gateway replies now to everything that the truthful one was asked.

        A number that is `enough` ends it once as many replies violate each of them; one that compares replies hears all.
        """
        settings, cache = settings_at(BASE_URL), RequestCache(source, lambda exchange: None)
        found: dict[str, Outcome] = {}
        for key in dict.fromkeys(map(witness_key, cases)):
            here = [case for case in cases if witness_key(case) == key]
            alone, comparing = Witness(), Witness()
            for case in here:
                invariant = invariant_of(functions()[case.claim.id])
                assert invariant is not None
                (comparing if invariant.compares else alone).enrol(settings.bind(case), invariant)
            for before in self.truth.of(key):
                now = await source.again(before)
                for witness in [comparing] if content(now) == content(before) else [alone, comparing]:
                    witness.hear(now, mistake=before.id in self.truth.mistakes)
                if enough and all(
                    _violated(functions()[case.claim.id], alone, settings.bind(case)) >= enough for case in here
                ):
                    break
            for case in here:
                witness = comparing if invariant_of(functions()[case.claim.id]).compares else alone  # type: ignore[union-attr]
                bears, test = witness.tally(settings.bind(case)).bearing, functions()[case.claim.id]
                found[case.id] = (
                    await close_hearing(test, witness, settings.bind(case), cache)
                    if bears
                    else self.truth.outcomes[case.id]
                )
        return found

    def _changed(self, case: Case, now: Mapping[str, Exchange]) -> bool:
        """Return whether a case got another reply than from the truthful gateway."""
        return any(content(exchange) != content(now[exchange.id]) for exchange in self.truth.used[case.id])


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


def _violated(test: Any, witness: Witness, case: BoundCase) -> int:
    """Return how many replies violate an invariant so far; 0 for one that compares replies in the end."""
    return 0 if invariant_of(test).compares else witness.tally(case).total[1]  # type: ignore[union-attr]


async def _depends_on_order(gateway: Source, replies: Sequence[Exchange]) -> bool:
    """Return whether the same requests get other replies in the opposite order."""
    for before in reversed(replies):
        now = await gateway.send(before.request, before.sample, before.attempt)
        if content(now) != content(before):
            return True
    return False


def content(exchange: Exchange) -> tuple[Any, ...]:
    """Return all of a reply that a test of the suite could look at."""
    return exchange.status, exchange.headers, exchange.text, exchange.failure, exchange.last_byte, exchange.seconds


def touches(defect: Defect, exchange: Exchange) -> bool:
    """Return whether a defect can change what came back in an exchange with the truthful gateway.

    Only errors of one surface may be those of another as well, and every surface may ask for the catalogue.
    """
    elsewhere = defect.surface not in ("", exchange.request.surface)
    if elsewhere and defect.refusal is None and not ("catalogue" in defect.seams and TOUCHED["catalogue"](exchange)):
        return False
    if defect.parameter:
        body = exchange.request.json
        if not (isinstance(body, dict) and defect.parameter in body):
            return False
    return any(TOUCHED[seam](exchange) for seam in defect.seams)


async def _truth(cases: Mapping[str, Case]) -> Truth:
    exchanges: dict[str, Exchange] = {}
    mistakes: set[str] = set()

    def hear(request: Request, exchange: Exchange, *, mistake: bool) -> None:
        exchanges[exchange.id] = exchange
        if mistake or request.mistake:
            mistakes.add(exchange.id)

    outcomes = await ask_all(Direct(), cases.values(), hear)
    # A case is asked only where the plain request of its model is answered, so that exchange decides about it as well.
    plain = {name: settings_at(BASE_URL).bind(case).plain().key for name, case in cases.items()}
    preflights: dict[str, list[Exchange]] = {}
    for exchange in exchanges.values():
        preflights.setdefault(exchange.request.key, []).append(exchange)
    used = {
        name: (*(exchanges[evidence] for evidence in outcome.evidence), *preflights.get(plain[name], ()))
        for name, outcome in outcomes.items()
    }
    truth = Truth(exchanges, frozenset(mistakes), outcomes, used, fold(cases.values(), outcomes))
    of_models = {key: truth.of(key) for key in set(map(witness_key, cases.values()))}
    heard = {name: of_models[witness_key(case)] for name, case in cases.items() if is_invariant(case.claim.id)}
    return replace(truth, used={**used, **heard})


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


def kinds_on(claims: Iterable[str]) -> set[str]:
    """Return the kinds of models that are asked on the surfaces of these claims."""
    settings = settings_at(BASE_URL)
    told = {name.partition(".")[0] for name in claims}
    return {
        KINDS_BY_MODEL[str(model)]
        for model in settings.models
        if any(settings.contract.asked(surface, model) for surface in told)
    }


def is_invariant(claim: str) -> bool:
    """Return whether a claim is judged over every exchange of a model."""
    return invariant_of(functions()[claim]) is not None


def witness_key(case: Case) -> tuple[str, str]:
    """Return the surface and the model whose exchanges bear on a case."""
    return case.claim.surface, str(case.model)


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


@contextmanager
def mutation(surface: str | None = None) -> Iterator[Mutation]:
    """Yield the truthful gateway, asked once, while the replies of gateways in this process are repeatable."""
    with repeatable_replies():
        yield Mutation(surface)
