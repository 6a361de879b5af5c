"""A full run against a mock gateway that lies on a share of its requests, as behind a proxy that mixes two servers.

Each run asks all cases of one model with default settings, judged by the code of a real run; it does not know what the gateway
would answer without lies. The requests on which it lies are drawn from a seed of the lie and the run, so a run can be repeated. A
reply that the transport would ask for again is asked for again here, and drawn again. A defect that breaks HTTP itself is asked
over real sockets.

With the looks that `--share` plans a run takes many times as long. Then only those cells are asked of which the lie changes a
reply, and the statements about every reply, which ask for what they lack: the others would be observed as without the lie. Their
truthful replies are counted, since a failure of the server is held against what comes of all other requests.

The number m of exchanges in which a lie shows, from which 1 - (1 - share)^m follows, is counted in a run against the truthful
gateway. It is the exchanges whose reply the lie changes, and that a cell rests on which turns if the lie is always told. A case
rests on the exchanges that it used, a statement about every reply on those that bear on it. A reply that is changed where nothing
looks at what the lie is about is not counted.
"""

from __future__ import annotations

import asyncio
import random
import re
import zlib
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any
from unittest import mock

from conformance.contract.claims import Case
from conformance.http.exchange import Exchange, Request
from conformance.mock.server import registry
from conformance.results.matrix import Cell
from conformance.run.embedded import EmbeddedMock
from conformance.sending.transport import MAX_TRIES, Transport
from conformance.surfaces import registry as surfaces
from conformance.surfaces.reply import Reply
from conformance.trial.ask import sample_number
from conformance.trial.failing import Failing
from conformance.trial.invariants import Finding, invariant_of
from conformance.trial.odds import looks_for
from conformance.trial.request_cache import Hear
from conformance.trial.samples import SIGHTINGS
from conformance.trial.tallies import Tally
from conformance.trial.witness import Witness
from tests.mutation import asking, mutating
from tests.mutation.asking import MODELS_BY_KIND, Cells, Outcomes, Remembering
from tests.mutation.mutating import content
from tests.support.in_process import BASE_URL, BelowTheWire, Direct

OFTEN = 15  # exchanges in which a lie shows, from which on it has to be found
PATIENCE = 5.0  # seconds until a reply over a socket counts as hanging
_SEVERAL = re.compile(r"\w+ \d+, \w+ \d+.* of \d+ times")  # "accepted 18, refused 4 of 22 times"
_Z = 1.959964  # the standard normal's 97.5 % quantile


@dataclass(frozen=True)
class _Truth:
    """A run against the truthful gateway: its cells, its exchanges, and the ids of those that each case used.

    `mistakes` are the ids of the exchanges that are deliberate mistakes.
    """

    cells: Cells
    exchanges: Sequence[Exchange]
    used: Mapping[str, tuple[str, ...]]
    mistakes: frozenset[str]


@dataclass(frozen=True)
class Lie:
    """What lies: some defects at once, and the model on which they show.

    `always` are the cells that turn if every request is answered with the lie, `bearing` the ids of those exchanges of a run
    against the truthful gateway that these cells rest on and whose replies the defects change, `touched` are all cells that
    used a changed one, and `changed` are the ids of all that are changed.
    """

    defects: tuple[str, ...]
    model: str
    always: frozenset[str]
    bearing: frozenset[str]
    touched: frozenset[str]
    changed: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return "+".join(self.defects)

    @property
    def exchanges(self) -> int:
        """In how many exchanges of a run the lie shows."""
        return len(self.bearing)


@dataclass(frozen=True)
class Found:
    """The cells that one run against a lie told sometimes turned; `red` are those that deviate or differ.

    `met` says whether the lie was told in an exchange that a cell rests on; None where nobody looked.
    """

    lie: Lie
    share: float
    turned: frozenset[str]
    red: frozenset[str]
    met: bool | None = None

    @property
    def chance(self) -> float:
        """The probability that a run without further looks meets the lie at all."""
        return 1 - (1 - self.share) ** self.lie.exchanges


class Mixed:
    """A source that mixes two gateways: it lies on a share of the requests.

    A failure that may pass is asked for again, as often as by the transport.  A reply that the lie does not change is the same
    object as the truthful one, so that it need not be looked at again.

    What an API remembers is no lie: both gateways are one where a request can refer to an earlier reply.
    """

    def __init__(self, truthful: Remembering, defects: Sequence[str], share: float, seed: int, lied: set[str]) -> None:
        self._truthful = truthful
        self._lying = Direct(*defects)
        self._defects = defects
        self._with_memory = Direct()
        self._lied = lied  # ids of the exchanges on which the lie was told
        self._share = share
        self._dice = random.Random(seed)
        self.dead = False

    async def send(self, request: Request, sample: int, attempt: int) -> Exchange:
        hinted: tuple[bool, ...] = ()
        for _ in range(MAX_TRIES):
            exchange = await self._once(request, sample, attempt)
            hinted += exchange.hinted
            if not surfaces.for_request(request).is_transient(exchange):
                break
        return exchange if exchange.hinted == hinted else replace(exchange, hinted=hinted)

    async def _once(self, request: Request, sample: int, attempt: int) -> Exchange:
        lies = self._dice.random() < self._share
        if lies:
            self._lied.add(request.exchange_id(sample, attempt))
        if request.path.startswith("/responses"):
            return await self._with_memory.send(request, sample, attempt, self._defects if lies else ())
        truth = await self._truthful.send(request, sample, attempt)
        if not lies:
            return truth
        lie = await self._lying.send(request, sample, attempt)
        return truth if content(lie) == content(truth) else lie


class Shares:
    """Full runs against lies told sometimes, compared with what the truthful gateway shows."""

    def __init__(self) -> None:
        self._truthful = Remembering(Direct())
        self._truth: dict[str, _Truth] = {}
        self._findings: dict[tuple[int, int], Any] = {}

    def prepare(self) -> None:
        """Ask the truthful gateway for every model now, before processes are forked that need its replies."""
        for model in MODELS_BY_KIND.values():
            self._of_truth(model)

    def lie(self, defects: Sequence[str]) -> Lie:
        """Return the lie of these defects on the first model on which they turn anything; raise ValueError without one."""
        kinds = [kind for kind in MODELS_BY_KIND if all(kind in registry.find(name).kinds for name in defects)]
        for model in (MODELS_BY_KIND[kind] for kind in kinds):
            cases = cases_of(model)
            if turned := self._turned(model, asking.fold(cases, self._run(cases, defects))):
                changed, used = asyncio.run(self._changed(model, defects)), self._of_truth(model).used
                touched = frozenset(case.cell for case in cases if not changed.keys().isdisjoint(used[case.id]))
                bearing = self._bearing(model, turned, changed)
                return Lie(tuple(defects), model, turned, frozenset(bearing), touched, frozenset(changed))
        raise ValueError(f"{'+'.join(defects)} turns nothing on any model that it concerns")

    def found(self, lie: Lie, share: float, seed: int, *, planned: bool = False) -> Found:
        """Return what one run finds of a lie told on a share of the requests, if `planned` with the looks for this share."""
        own = zlib.crc32(f"{lie.name} {seed}".encode())  # else one seed would choose the same requests for all lies
        cases, besides = cases_of(lie.model), Failing()
        if planned:
            cases = [case for case in cases if case.cell in lie.touched or asking.is_invariant(case.claim.id)]
            truthful = [each for each in self._of_truth(lie.model).exchanges if each.id not in lie.changed]
            besides = _repeated(truthful, looks_for(share, SIGHTINGS))
        lied: set[str] = set()
        outcomes = self._run(cases, lie.defects, share=share, seed=own, planned=planned, besides=besides, lied=lied)
        cells = asking.fold(cases, outcomes)
        turned = self._turned(lie.model, cells)
        red = frozenset(name for name in turned if cells[name].verdict in mutating.RED)
        return Found(lie, share, turned, red, bool(lied & lie.bearing) if lied else None)

    def _turned(self, model: str, cells: Cells) -> frozenset[str]:
        clean = self._of_truth(model).cells
        return frozenset(name for name, now in cells.items() if mutating.turned(clean[name], now) or _is_mixed(now))

    def _run(
        self,
        cases: Sequence[Case],
        defects: Sequence[str] = (),
        *,
        share: float = 1.0,
        seed: int = 0,
        planned: bool = False,
        hear: Hear | None = None,
        besides: Failing | None = None,
        lied: set[str] | None = None,
    ) -> Outcomes:
        """Return the outcomes of a run against a gateway that lies on a share of the requests, whose ids are added to `lied`."""
        wanted = share if planned else None
        try:
            source = Mixed(self._truthful, defects, share, seed, set() if lied is None else lied)
            with mock.patch.object(Tally, "_find", self._remembered(Tally._find)):
                return asyncio.run(asking.ask_all(source, cases, hear, share=wanted, besides=besides))
        except BelowTheWire:
            return asyncio.run(_over_sockets(cases, defects, share, seed, wanted))

    def _remembered(self, find: Callable[[Tally, Reply], Finding]) -> Callable[[Tally, Reply], Finding]:
        """Return a function that looks at each truthful reply once for each invariant, as a function of one reply allows."""

        def remembered(tally: Tally, reply: Reply) -> Finding:
            if not self._truthful.holds(reply.exchange):
                return find(tally, reply)
            key = id(tally.invariant), id(reply.exchange)
            if key not in self._findings:
                self._findings[key] = find(tally, reply)
            return self._findings[key]

        return remembered

    async def _changed(self, model: str, defects: Sequence[str]) -> dict[str, Exchange]:
        """Return, by id, those exchanges of a truthful run whose replies the defects change, as they are then.

        What breaks HTTP itself is left as it was.
        """
        gateway, changed = Direct(*defects), dict[str, Exchange]()
        for before in self._of_truth(model).exchanges:
            try:
                now = await gateway.send(before.request, before.sample, before.attempt)
            except BelowTheWire:
                changed[before.id] = before
                continue
            if content(now) != content(before):
                changed[before.id] = now
        return changed

    def _bearing(self, model: str, cells: Container[str], changed: Mapping[str, Exchange]) -> set[str]:
        """Return the ids of those changed exchanges that these cells rest on."""
        truth, bearing = self._of_truth(model), set[str]()
        both = [(each, changed[each.id]) for each in truth.exchanges if each.id in changed]
        for case in (case for case in cases_of(model) if case.cell in cells):
            if asking.is_invariant(case.claim.id):
                mistakes = truth.mistakes
                bearing |= {
                    before.id for before, now in both if _bears(case, (before, now), mistake=before.id in mistakes)
                }
            else:
                bearing |= changed.keys() & set(truth.used[case.id])
        return bearing

    def _of_truth(self, model: str) -> _Truth:
        if model not in self._truth:
            exchanges, mistakes, cases = list[Exchange](), set[str](), cases_of(model)

            def hear(request: Request, exchange: Exchange, *, mistake: bool) -> None:
                exchanges.append(exchange)
                mistakes.update([exchange.id] if mistake or request.mistake else [])

            outcomes = self._run(cases, hear=hear)
            used = {name: outcome.evidence for name, outcome in outcomes.items()}
            self._truth[model] = _Truth(asking.fold(cases, outcomes), exchanges, used, frozenset(mistakes))
        return self._truth[model]


def _repeated(exchanges: Sequence[Exchange], looks: int) -> Failing:
    """Return these exchanges as often as they would be sent for so many looks."""
    failing = Failing()
    for each in exchanges:
        reply = surfaces.for_request(each.request).read(each)
        for turn in range(looks):
            failing.add(replace(each, sample=sample_number(each.sample, turn)), reply)
    return failing


def _bears(case: Case, forms: Iterable[Exchange], *, mistake: bool) -> bool:
    """Return whether an exchange bears on the invariant of a case, in its truthful form or as the lie changes it."""
    bound, invariant = asking.settings_at(BASE_URL).bind(case), invariant_of(asking.functions()[case.claim.id])
    assert invariant is not None
    for exchange in forms:
        witness = Witness()
        witness.enrol(bound, invariant)
        if (exchange.request.surface, exchange.request.model) == asking.witness_key(case):
            witness.hear(exchange, mistake=mistake)
        if witness.tally(bound).bearing:
            return True
    return False


def _is_mixed(cell: Cell) -> bool:
    """Return whether the detail of a cell that is only noted says that its looks saw different things."""
    return cell.verdict == "noted" and bool(_SEVERAL.search(cell.detail))


def cases_of(model: str) -> list[Case]:
    """Return the cases of a run of one model, with those about the endpoint."""
    every = asking.settings_at(BASE_URL).cases.values()
    return [case for case in every if str(case.model) == model or case.claim.per_endpoint]


async def _over_sockets(
    cases: Sequence[Case], defects: Sequence[str], share: float, seed: int, wanted: float | None
) -> Outcomes:
    lies = [f"--defect={name}" for name in defects]
    with EmbeddedMock([*lies, f"--share={share}", f"--seed={seed}"]) as gateway:
        transport = Transport(replace(asking.settings_at(gateway.base_url).target, timeout=PATIENCE))
        try:
            return await asking.ask_all(transport, cases, share=wanted)
        finally:
            await transport.close()


def line(runs: Sequence[Found]) -> str:
    """Return in how many of its runs a lie was found, and by which claims."""
    lie, found = runs[0].lie, sum(bool(each.turned) for each in runs)
    claims = dict.fromkeys(cell.partition("@")[0] for each in runs for cell in sorted(each.turned))
    where = f"{lie.exchanges} exchanges of {lie.model}"
    missed = "".join(f"; run {number} met it" for number, each in enumerate(runs, 1) if each.met and not each.turned)
    return (
        f"{lie.name}: found in {found} of {len(runs)} runs ({where}{missed}); turned {', '.join(claims) or 'nothing'}"
    )


def summary(runs: Sequence[Found]) -> Iterator[str]:
    """Yield how many of the lies that show often were found, and how many of the others beside what chance allows."""
    often = [each for each in runs if each.lie.exchanges >= OFTEN]
    seldom = [each for each in runs if each.lie.exchanges < OFTEN]
    if often:
        yield f"lies that show in at least {OFTEN} exchanges: {_spelled(often)}"
    if seldom:
        chances = [each.chance for each in seldom]
        mean, deviation = sum(chances), sqrt(sum(chance * (1 - chance) for chance in chances))
        low, high = (max(0.0, min(1.0, (mean + side * deviation) / len(seldom))) for side in (-_Z, _Z))
        chance = f"a run meets {mean / len(seldom):.1%} of them, 95 % interval {low:.1%} to {high:.1%}"
        yield f"lies that show in fewer: {_spelled(seldom)}; {chance}"


def _spelled(runs: Sequence[Found]) -> str:
    found = sum(bool(each.turned) for each in runs)
    reported = sum(bool(each.red) for each in runs)
    met = [each for each in runs if each.met]
    of_these = f", {sum(bool(each.turned) for each in met)} of {len(met)} that a run met" if met else ""
    return f"{found} of {len(runs)} found ({found / len(runs):.1%}), {reported} as deviating or differing{of_these}"
