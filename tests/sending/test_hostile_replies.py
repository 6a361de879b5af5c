"""Every way to misbehave, on a real socket: each leads to an exchange in bounded time and to the right verdict."""

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
from conformance.trial.ask import Ask
from conformance.trial.request_cache import RequestCache
from conformance.trial.trial import Outcome, trial
from tests.support.hostile_answers import ROWS
from tests.support.hostile_endpoint import Hostile, serving
from tests.support.making import case

SHORT, LONG = 3.0, 1800.0  # seconds for one exchange: for a reply that never ends, and for one that is merely slow
Results = dict[str, tuple[Outcome, list[Exchange], float]]


class TwoTimeLimits:
    """Sends requests that will never be answered with a short time limit, and all others with a long one."""

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


async def try_case(endpoint: Hostile, name: str) -> tuple[Outcome, list[Exchange], float]:
    """Return the outcome of one case on one misbehaving endpoint, all exchanges, and the seconds it took."""
    sending = TwoTimeLimits(endpoint.url(name), ROWS[name].slow)
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
def results() -> Iterator[Results]:
    """The results on all endpoints, tried at once, since most of the time is spent waiting for timeouts."""

    async def run(endpoint: Hostile) -> Results:
        return dict(zip(ROWS, await asyncio.gather(*(try_case(endpoint, name) for name in ROWS)), strict=True))

    with serving({name: row.answer for name, row in ROWS.items()}) as endpoint:
        yield asyncio.run(run(endpoint))


def hostile_ones(exchanges: list[Exchange]) -> list[Exchange]:
    """Return the exchanges in which the endpoint misbehaved."""
    return [exchange for exchange in exchanges if "top_p" in (exchange.request.body or "")]


@pytest.mark.parametrize("name", ROWS)
def test_each_way_to_misbehave_gets_its_verdict(results: Results, name: str) -> None:
    """A reply without evidence is inconclusive, a broken one deviates, one that a client can live with conforms."""
    outcome, exchanges, _ = results[name]
    row, hostile = ROWS[name], hostile_ones(exchanges)
    details = [exchange.failure_detail for exchange in hostile]
    assert {exchange.failure for exchange in hostile} <= {row.failure, *row.also}, details
    assert outcome.verdict == row.verdict, outcome.detail


@pytest.mark.parametrize("name", ROWS)
def test_the_evidence_of_it_is_bounded(results: Results, name: str) -> None:
    """Exchanges follow their schema and the size limits, and the detail is one printable line."""
    outcome, exchanges, _ = results[name]
    for exchange in exchanges:
        assert own_problem(exchange.document(), "data/evidence") is None
        assert len(exchange.text) <= (SHOWN_OF_TOO_LARGE if exchange.failure == "too large" else MAX_BODY)
        assert sum(len(key) + len(value) for key, value in exchange.headers) < 200_000
    assert len(outcome.detail) <= MAX_DETAIL
    assert outcome.detail.isprintable()


def test_a_redirect_is_not_followed_anywhere(results: Results) -> None:
    """A redirect to another host or to itself is one exchange."""
    for name in ("a redirect to another host", "a redirect to itself"):
        assert {exchange.status for exchange in hostile_ones(results[name][1])} <= {307, 308}
