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
import time
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from conformance.base.observation import Reason
from conformance.contract.claims import Case
from conformance.http.exchange import Exchange, Request
from conformance.http.source import Source
from conformance.mock.defects.defect import Defect
from conformance.mock.server import registry
from conformance.results.matrix import Cell
from conformance.surfaces.surface import BoundCase
from conformance.trial.hearing import close_hearing
from conformance.trial.invariants import invariant_of
from conformance.trial.request_cache import RequestCache
from conformance.trial.trial import Outcome
from conformance.trial.witness import Witness
from tests.mutation.asking import (
    MODELS_BY_KIND,
    Cells,
    Outcomes,
    Remembering,
    ask_all,
    fold,
    functions,
    is_invariant,
    over_sockets,
    repeatable_replies,
    settings_at,
    witness_key,
)
from tests.mutation.touching import touches
from tests.support.in_process import BASE_URL, BelowTheWire, Direct

RED = ("deviates", "differs")
KINDS_BY_MODEL = {model: kind for kind, model in MODELS_BY_KIND.items()}
# The second model of a column is asked only the claims that a defect lists.
SAME_COLUMN = {"reasoning": "chat", "gemini-3": "gemini"}
ENOUGH = 5  # violating replies after which an invariant need not hear more: as many as a cell shows


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


def kinds_on(claims: Iterable[str]) -> set[str]:
    """Return the kinds of models that are asked on the surfaces of these claims."""
    settings = settings_at(BASE_URL)
    told = {name.partition(".")[0] for name in claims}
    return {
        KINDS_BY_MODEL[str(model)]
        for model in settings.models
        if any(settings.contract.asked(surface, model) for surface in told)
    }


@contextmanager
def mutation(surface: str | None = None) -> Iterator[Mutation]:
    """Yield the truthful gateway, asked once, while the replies of gateways in this process are repeatable."""
    with repeatable_replies():
        yield Mutation(surface)
