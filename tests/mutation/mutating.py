"""Mutation: the suite run on a gateway that lies in one way, defect by defect, against one server, without pytest.

The records of what each defect turned live here; what they have to be is in test_mutation.py, how they are told in
table.py, and `python tests/mutation [DEFECT...]` runs it all.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from conformance import suite
from conformance.contract.claims import Case
from conformance.contract.loading import load
from conformance.http.exchange import Exchange
from conformance.mock.defects.defect import Defect
from conformance.mock.server import registry
from conformance.results import matrix
from conformance.results.matrix import Cell
from conformance.run import session
from conformance.run.embedded import KEY_VARIABLE, EmbeddedMock
from conformance.run.options import Options
from conformance.run.settings import Settings, load_settings

RED = ("deviates", "differs")
KINDS = {"chat": "openai:mock-openai", "reasoning": "openai:mock-openai-reasoning"}
KINDS |= {kind: f"{kind}:mock-{kind}" for kind in ("claude", "gemini")}
SAME_COLUMN = {"reasoning": "chat"}  # only what a defect lists is asked of the second model of a column
TOO_LONG = 17_000  # words, more than the mock's context holds
CHAT = "/chat/completions"

Cells = dict[str, Cell]

# Which exchanges of the truthful gateway a seam has a part in; a case that uses none of them cannot turn.
TOUCHED: dict[str, Callable[[Exchange], bool]] = {
    "body": lambda it: of_chat(it),
    "profile": lambda it: of_chat(it),
    "request": lambda it: of_chat(it),
    "draft": lambda it: answered(it),
    "choice": lambda it: answered(it),
    "ids": lambda it: answered(it) and '"tools"' in (it.request.body or ""),
    "logprobs": lambda it: answered(it) and "logprobs" in (it.request.body or ""),
    "whole": lambda it: answered(it) and not streamed(it),
    "answered": lambda it: answered(it) and not streamed(it),
    "events": lambda it: answered(it) and streamed(it),
    "streamed": lambda it: answered(it) and streamed(it),
    "refusal": lambda it: it.status != 200,
    "listing": lambda it: it.request.path.startswith("/models"),
    "catalogue": lambda it: it.request.path.startswith("/api/models"),
}


def of_chat(exchange: Exchange) -> bool:
    """Whether a completion was asked for."""
    return exchange.request.path == CHAT


def answered(exchange: Exchange) -> bool:
    """Whether a completion was given."""
    return of_chat(exchange) and exchange.status == 200


def streamed(exchange: Exchange) -> bool:
    """Whether the answer came as a stream."""
    return (exchange.header("content-type") or "").startswith("text/event-stream")


@dataclass(frozen=True)
class Asked:
    """Cases asked of one gateway: their cells, what each used, what it cost in seconds and requests."""

    cells: Cells
    used: dict[str, tuple[Exchange, ...]]
    seconds: float
    requests: int


@dataclass(frozen=True)
class Mutant:
    """What one defect turned, compared with the truthful gateway."""

    defect: Defect
    cells: Cells
    clean: Cells
    seconds: float
    requests: int

    @property
    def expected(self) -> set[str]:
        """The cells that have to turn red: those of the listed claims that conform, where the defect can show."""
        return {name for name in self.cells if self._listed(name) and self.clean[name].verdict == "conforms"}

    @property
    def turned(self) -> set[str]:
        """The cells that are red now, and those that are only noted whose observation is another one."""
        return {name for name in self.cells if self._turned(self.clean[name], self.cells[name])}

    @property
    def survivors(self) -> set[str]:
        """What the suite should have seen: cells that did not turn, claims of which no cell did."""
        claims = {self.cells[name].claim for name in self.turned}
        return self.expected - self.turned | set(self.defect.claims) - claims

    @property
    def alarms(self) -> set[str]:
        """Cells that turned without being listed."""
        return {name for name in self.turned if not self._listed(name)}

    @property
    def claims(self) -> list[str]:
        """The claims that turned, in the contract's order."""
        return list(dict.fromkeys(cell.claim for name, cell in self.cells.items() if name in self.turned))

    @property
    def killed(self) -> bool:
        return bool(self.turned) and not self.survivors

    def _listed(self, name: str) -> bool:
        cell = self.cells[name]
        shows = cell.column not in COLUMNS or kind_of(cell) in self.defect.kinds
        return cell.claim in self.defect.claims and shows

    @staticmethod
    def _turned(before: Cell, now: Cell) -> bool:
        noted = before.verdict == now.verdict == "noted"
        return now.verdict in RED or (noted and (before.observed, before.seen) != (now.observed, now.seen))


COLUMNS = {name.partition(":")[0] for name in KINDS.values()}


def kind_of(cell: Cell) -> str:
    """The kind of a cell's model."""
    return next(kind for kind, name in KINDS.items() if name == f"{cell.column}:{cell.model}")


class Mutation:
    """The truthful gateway's cells, asked once, and the mutants of its defects."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self.clean = ask(base_url, "", list(settings_at(base_url).cases.values()))

    def mutant(self, name: str) -> Mutant:
        """One defect against every case that it could touch, on one model of each column, and its own claims on all."""
        defect = registry.find(name)
        every = settings_at(self._base_url).cases.values()
        cells = {(case.claim.id, case.model) for case in every if self._concerns(defect, case)}
        cases = [case for case in every if (case.claim.id, case.model) in cells]
        asked = ask(self._base_url, name, cases)
        return Mutant(defect, asked.cells, self.clean.cells, asked.seconds, asked.requests)

    def _concerns(self, defect: Defect, case: Case) -> bool:
        kind = next((kind for kind, name in KINDS.items() if name == str(case.model)), None)
        if kind and kind not in defect.kinds and case.claim.id not in defect.claims:
            return False
        if SAME_COLUMN.get(kind or "") in defect.kinds and case.claim.id not in defect.claims:
            return False
        return any(touches(defect, exchange) for exchange in self.clean.used[case.id])


def touches(defect: Defect, exchange: Exchange) -> bool:
    """Whether a defect can change what came back in an exchange with the truthful gateway."""
    body = exchange.request.json
    if defect.parameter and not (isinstance(body, dict) and defect.parameter in body):
        return False
    return any(TOUCHED[seam](exchange) for seam in defect.seams)


def ask(base_url: str, defect: str, cases: list[Case]) -> Asked:
    """Cases asked of the gateway while it lies in one way, or in none."""
    settings = settings_at(base_url)
    headers = (("x-mock-defect", defect),) if defect else ()
    seen: dict[str, Exchange] = {}
    run = session.Run(
        replace(settings, target=replace(settings.target, headers=headers)), lambda it: seen.update({it.id: it})
    )
    started = time.perf_counter()
    try:
        run.start((case, functions()[case.claim.id]) for case in cases)
        outcomes = {case.id: run.wait(case) for case in cases}
    finally:
        run.stop()
    results = [matrix.result(case, outcomes[case.id]) for case in cases]
    cells = {cell.id: cell for cell in matrix.fold(results)}
    used = {case: tuple(seen[each] for each in outcome.evidence) for case, outcome in outcomes.items()}
    return Asked(cells, used, time.perf_counter() - started, run.tally().requests)


@cache
def settings_at(base_url: str) -> Settings:
    """A run against the mock, with the contract in which every claim applies."""
    models = tuple(name.replace(":", "=") for name in KINDS.values())
    options = Options(base_url=base_url, api_key_env=KEY_VARIABLE, models=models, concurrency=32, too_long=TOO_LONG)
    return load_settings(options)


@cache
def functions() -> dict[str, Any]:
    """What observes each claim, of all surfaces."""
    return suite.tests(load("cometapi"))


@contextmanager
def mutation() -> Iterator[Mutation]:
    """Everything that is needed, on a gateway of its own, which is another process and so takes another core."""
    with EmbeddedMock() as gateway:
        yield Mutation(gateway.base_url)
