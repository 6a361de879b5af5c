"""Every way to misbehave, on a real socket: one exchange in bounded time, and the verdict that follows from it."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from conformance.base.observation import MAX_DETAIL, Observation
from conformance.base.validation import own_problem
from conformance.http.body import MAX_BODY, SHOWN_OF_TOO_LARGE
from conformance.http.exchange import Exchange, Request
from conformance.sending.transport import Transport
from conformance.surfaces.chat.request import ChatCase
from conformance.target.targets import Target
from conformance.trial.ask import Ask, RequestCache
from conformance.trial.trial import Outcome, trial
from tests.support.hostile_answers import ROWS
from tests.support.hostile_endpoint import Hostile, serving
from tests.support.making import case

SHORT, LONG = 3.0, 1800.0  # seconds for one exchange: for what never comes, and for what only takes its time
Found = dict[str, tuple[Outcome, list[Exchange], float]]


class Patient:
    """Sends what will never be answered with a short time limit, and all else with a long one."""

    def __init__(self, url: str, slow: bool) -> None:
        self._limited, self._other = (
            Transport(Target("hostile", "Hostile", url, timeout=seconds, concurrency=1))
            for seconds in (SHORT if slow else LONG, LONG)
        )

    @property
    def dead(self) -> bool:
        return self._limited.dead

    @property
    def sent(self) -> int:
        return self._limited.sent + self._other.sent

    async def send(self, request: Request, sample: int = 0, attempt: int = 0) -> Exchange:
        sender = self._limited if "top_p" in (request.body or "") else self._other
        return await sender.send(request, sample, attempt)

    async def close(self) -> None:
        await asyncio.gather(self._limited.close(), self._other.close())


async def meet(endpoint: Hostile, name: str) -> tuple[Outcome, list[Exchange], float]:
    """The outcome of one case on one misbehaving endpoint, all exchanges, and the seconds it took."""
    sending = Patient(endpoint.url(name), ROWS[name].slow)
    recorded: list[Exchange] = []
    begun = time.perf_counter()
    mode = {"stream": True} if ROWS[name].stream else {}

    async def look(bound: ChatCase, ask: Ask) -> Observation:
        return (await ask(bound.request(top_p=bound.value, **mode))).acceptance()

    try:
        outcome = await trial(look, case("chat.top_p.range", 0.5), RequestCache(sending, recorded.append))
    finally:
        await sending.close()
    return outcome, recorded, time.perf_counter() - begun


@pytest.fixture(scope="module")
def met() -> Iterator[Found]:
    """All of them at once: most of the time is spent waiting for what never comes."""

    async def run(endpoint: Hostile) -> Found:
        return dict(zip(ROWS, await asyncio.gather(*(meet(endpoint, name) for name in ROWS)), strict=True))

    with serving({name: row.answer for name, row in ROWS.items()}) as endpoint:
        yield asyncio.run(run(endpoint))


def hostile_ones(found: list[Exchange]) -> list[Exchange]:
    """The exchanges that were misbehaved on."""
    return [each for each in found if "top_p" in (each.request.body or "")]


@pytest.mark.parametrize("name", ROWS)
def test_each_way_to_misbehave_gets_its_verdict(met: Found, name: str) -> None:
    """What is no evidence is inconclusive, what is broken deviates, what a client can live with conforms."""
    outcome, exchanges, _ = met[name]
    row, seen = ROWS[name], hostile_ones(exchanges)
    assert {each.failure for each in seen} <= {row.failure, *row.also}, [each.failure_detail for each in seen]
    assert outcome.verdict == row.verdict, outcome.detail


@pytest.mark.parametrize("name", ROWS)
def test_what_is_kept_of_it_is_bounded(met: Found, name: str) -> None:
    """The evidence fits its schema, holds no more than it may, and the detail is one line that a terminal can take."""
    outcome, exchanges, _ = met[name]
    for each in exchanges:
        assert own_problem(each.document(), "data/evidence") is None
        assert len(each.text) <= (SHOWN_OF_TOO_LARGE if each.failure == "too large" else MAX_BODY)
        assert sum(len(key) + len(value) for key, value in each.headers) < 200_000
    assert len(outcome.detail) <= MAX_DETAIL
    assert outcome.detail.isprintable()


def test_a_redirect_takes_no_request_elsewhere(met: Found) -> None:
    """Neither to another host nor round in a circle: each redirect is one exchange."""
    for name in ("a redirect to another host", "a redirect to itself"):
        assert {each.status for each in hostile_ones(met[name][1])} <= {307, 308}
