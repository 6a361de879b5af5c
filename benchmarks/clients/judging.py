"""What the suite says of one exchange: the claims about every reply or stream that it violates, with their levels.

No request is sent, so only invariants are asked, and the claim that a stream comes at all; a test that compares replies of its
own needs a run.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from clients.asked import COLUMNS, MODELS, PATHS, Json
from conformance import suite
from conformance.base.observation import Seen
from conformance.contract import loading
from conformance.contract.claims import Case, Level, Model
from conformance.contract.contract import Contract
from conformance.http.exchange import Exchange, Request
from conformance.surfaces import registry
from conformance.surfaces.surface import BoundCase, SurfaceContext
from conformance.trial.ask import Ask
from conformance.trial.invariants import Invariant, invariant_of
from conformance.trial.request_cache import RequestCache
from conformance.trial.tallies import Tally


@dataclass(frozen=True)
class Fault:
    """A claim that an exchange violates, its level, and how."""

    claim: str
    level: Level
    detail: str


@cache
def contract() -> Contract:
    """Return the contract that comes with the package."""
    return loading.load("cometapi")


@cache
def model_of(surface: str) -> Model:
    """Return the model that an API's exchanges belong to."""
    return contract().classify(COLUMNS[surface], MODELS[surface])


def bound(surface: str, name: str) -> BoundCase:
    """Return the case of a claim for the model of an API."""
    known, model, claim = contract().surfaces[surface], model_of(surface), contract().claim(name)
    parameter = contract().parameter(surface, claim.parameter, model)
    case = Case(claim, model, contract().rule(claim, model), parameter)
    return registry.named(surface).bind(case, SurfaceContext(known.path, traits=known.traits))


@cache
def invariants(surface: str) -> tuple[tuple[BoundCase, Invariant], ...]:
    """Return the invariants of an API, each with its case."""
    tests = {name: invariant_of(test) for name, test in suite.tests(contract()).items()}
    return tuple(
        (bound(surface, name), invariant)
        for name, invariant in tests.items()
        if invariant is not None and contract().claim(name).surface == surface
    )


class Same:
    """A source that answers every request in the same way."""

    dead = False

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def send(self, request: Request, sample: int, attempt: int) -> Exchange:
        return replace(self._exchange, request=request, sample=sample, attempt=attempt)


def exchanged(surface: str, body: Json, kind: str, text: str) -> Exchange:
    """Return the exchange of a request that is answered with a text of this content type."""
    request = Request.post(path_of(surface), body, surface=surface, model=str(model_of(surface)))
    headers: Any = (("content-type", kind), ("content-length", str(len(text.encode()))))
    times: Any = {"started": time.time(), "first_byte": 0.01, "seconds": 0.02, "retries": 0}
    return Exchange(request, 0, 0, 200, headers, text, None, "", **times)


def path_of(surface: str) -> str:
    """Return the path of a stream below the base URL."""
    return PATHS[surface].removeprefix("/v1") if surface != "gemini" else PATHS[surface]


def faults(surface: str, exchange: Exchange) -> list[Fault]:
    """Return the claims that an exchange violates; raises what the suite's own code raises."""
    reply = registry.named(surface).read(exchange)
    found = []
    for case, invariant in invariants(surface):
        tally = Tally(invariant, case)
        tally.add(exchange, reply, "stream")
        tally.check()
        tally.settle()
        if tally.sightings:
            found.append(Fault(case.claim.id, case.case.rule.level, tally.sightings[0].seen.detail))
    name = contract().surfaces[surface].streams or ""
    test, case = suite.tests(contract())[name], bound(surface, name)
    if invariant_of(test) is None:
        seen = asyncio.run(test(case, Ask[Any](RequestCache(Same(exchange), lambda _: None))))
        # A stream that carries an error is a stream: what may be an outage is not about the content type.
        if seen.seen is Seen.MISHANDLED and not (seen.suspect and reply.streamed):
            found.append(Fault(name, case.case.rule.level, seen.detail))
    return found
