"""Outages in the middle of a run, against a simulated endpoint and a simulated clock: minutes pass in milliseconds."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from tenacity import AsyncRetrying

from conformance.http.exchange import Exchange, Request
from conformance.http.source import NotSent
from conformance.sending import outage, pacer, transport
from conformance.sending.transport import MAX_TRIES, Transport
from conformance.target.targets import Target
from tests.support.making import exchange, request

LATENCY = 0.5  # seconds until an answer, about: at equal times nobody could say what came first
REFUSED = 0.01  # seconds until a refused connection is known
Fault = dict[str, Any]  # what differs from an answer


class Clock:
    """Time that passes as soon as everybody waits: the sleeper that wakes first sets it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self._count += 1
        self._sleepers.append((self.now + seconds, self._count, woken := asyncio.get_running_loop().create_future()))
        await woken

    async def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Return what a coroutine returns, letting the time pass."""
        task = asyncio.ensure_future(work)
        while not task.done():
            for _ in range(50):  # until nothing more can happen at this time
                await asyncio.sleep(0)
            if not task.done() and self._sleepers:
                self._sleepers.sort(key=lambda sleeper: sleeper[:2])
                self.now, _, woken = self._sleepers.pop(0)
                if not woken.done():
                    woken.set_result(None)
        return task.result()


class Endpoint:
    """Clients of an endpoint, which is `fault` from `begin` to `end` seconds after the start; `asked` are the requests that came.

    `kills` are bodies that begin an outage of `restart` seconds, with all that is in flight.
    """

    def __init__(self, clock: Clock, begin: float, end: float, fault: Fault, *, kills: str = "", restart: float = 5.0):
        self.clock, self.start = clock, clock.now
        self.down, self.fault, self.kills, self.restart = [(begin, end)], fault, kills, restart
        self.asked: list[tuple[float, str]] = []
        self.falls = 0

    def is_down(self) -> bool:
        return any(begin <= self.clock.now - self.start < end for begin, end in self.down)

    async def send(self, sent: Request, *rest: Any) -> Exchange:
        body = sent.body or ""
        self.asked.append((self.clock.now - self.start, body))
        if self.is_down():
            await self.clock.sleep(REFUSED)
            return replace(exchange(body={}, sent=sent, **self.fault), retries=rest[2])
        if self.kills and self.kills in body:
            self.falls += 1
            self.down.append((self.clock.now - self.start, self.clock.now - self.start + self.restart))
        falls = self.falls
        await self.clock.sleep(LATENCY + len(self.asked) % 17 / 1000)
        fault = self.fault if self.is_down() or self.falls != falls else {}
        return replace(exchange(**{"body": {}, "sent": sent, **fault}), retries=rest[2])


REFUSES = {"failure": "connection", "status": None}
OVERLOADED = {"status": 503}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the transport; its retries sleep on it too."""
    made = Clock()

    def retrying(**options: Any) -> AsyncRetrying:
        return AsyncRetrying(**{**options, "sleep": made.sleep})

    for module in (transport, pacer, outage):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=made.monotonic))
    monkeypatch.setattr(outage, "asyncio", SimpleNamespace(sleep=made.sleep, Lock=asyncio.Lock))
    monkeypatch.setattr(transport, "AsyncRetrying", retrying)
    return made


@pytest.fixture
def run(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[list[Any], Transport]]:
    """Send requests to an endpoint, after a first one: return the exchanges, or what was raised, and the transport."""

    def run(endpoint: Endpoint, count: int, *, concurrency: int = 8, patience: float = 600.0) -> Any:
        monkeypatch.setattr(transport, "clients", lambda _, count: [endpoint] * count)

        async def work() -> tuple[list[Any], Transport]:
            sending = Transport(Target("mine", "Mine", "http://mine/v1", concurrency=concurrency, patience=patience))
            first = await sending.send(request(n=0))
            rest = [sending.send(request(n=number)) for number in range(1, count)]
            return [first, *await asyncio.gather(*rest, return_exceptions=True)], sending

        return asyncio.run(clock.run(work()))

    return run


@pytest.mark.parametrize("concurrency", [1, 8])
@pytest.mark.parametrize("seconds", [1.0, 10.0, 60.0, 110.0])
@pytest.mark.parametrize("fault", [REFUSES, OVERLOADED], ids=["refused", "503"])
def test_an_outage_is_ridden_out(
    run: Callable[..., Any], clock: Clock, fault: Fault, seconds: float, concurrency: int
) -> None:
    """Every request is answered, none is given up, and little is asked meanwhile."""
    endpoint = Endpoint(clock, 4.2, 4.2 + seconds, fault)
    exchanges, sending = run(endpoint, 100, concurrency=concurrency)
    assert {each.status for each in exchanges} == {200}
    assert (sending.dead, sending.death, sending.outage.seconds) == (False, None, 0.0)
    meanwhile = [time for time, _ in endpoint.asked if 4.2 <= time < 4.2 + seconds]
    assert len(meanwhile) <= 3 * concurrency + 4 + seconds / 4
    assert clock.now - endpoint.start <= seconds + 100 * LATENCY / concurrency + 15


def test_the_run_resumes_soon(run: Callable[..., Any], clock: Clock) -> None:
    """Within the longest time between two checks, and with all connections."""
    endpoint = Endpoint(clock, 4.2, 34.2, REFUSES)
    run(endpoint, 200)
    after = [time for time, _ in endpoint.asked if time >= 34.2]
    assert after[0] <= 34.2 + 4.0
    assert after[20] <= 34.2 + 9.0


def test_an_endpoint_that_is_gone_ends_the_run(run: Callable[..., Any], clock: Clock) -> None:
    """After a fifth of the patience nothing more is sent, and what ended the server is known."""
    endpoint = Endpoint(clock, 4.2, 1e9, REFUSES)
    exchanges, sending = run(endpoint, 100, patience=300.0)
    assert sending.dead
    assert 60.0 <= clock.now - endpoint.start - 4.2 <= 75.0
    kinds = [type(each) for each in exchanges]
    assert kinds.count(NotSent) == 100 - sum(kind is Exchange for kind in kinds) > 20
    assert sending.death is not None


def test_an_overload_that_does_not_end_is_waited_for_once(run: Callable[..., Any], clock: Clock) -> None:
    """Then each request is tried as usual, since the endpoint may answer others."""
    endpoint = Endpoint(clock, 4.2, 1e9, OVERLOADED)
    exchanges, sending = run(endpoint, 100, patience=300.0)
    assert {each.status for each in exchanges} == {200, 503}
    assert (sending.dead, sending.death) == (False, None)
    assert 60.0 <= clock.now - endpoint.start - 4.2 <= 60.0 + 100 * 3.0 / 8


def test_a_request_that_fails_alone_is_no_outage(run: Callable[..., Any], clock: Clock) -> None:
    """The check is answered, so the request is given up after its tries, and the others do not wait."""
    endpoint = Endpoint(clock, 0, 0, {})
    answered = endpoint.send

    async def send(sent: Request, *rest: Any) -> Exchange:
        reply = await answered(sent, *rest)
        return replace(reply, status=503) if '"n":7}' in (sent.body or "") else reply

    endpoint.send = send  # type: ignore[method-assign]
    exchanges, _ = run(endpoint, 8, concurrency=1)
    assert [each.status for each in exchanges] == [200] * 7 + [503]
    assert sum('"n":7}' in body for _, body in endpoint.asked) == MAX_TRIES
    assert sum('"n":0}' in body for _, body in endpoint.asked) == MAX_TRIES
    assert clock.now - endpoint.start < 15


def test_a_request_that_brings_the_server_down_takes_no_other_with_it(run: Callable[..., Any], clock: Clock) -> None:
    """The server is started again each time: what was in flight is repeated alone, so only the fatal request fails."""
    endpoint = Endpoint(clock, 0, 0, REFUSES, kills='"n":41}')
    exchanges, _ = run(endpoint, 60)
    assert [number for number, each in enumerate(exchanges) if each.status != 200] == [41]
    assert endpoint.falls == MAX_TRIES


def test_an_endpoint_that_never_answered_is_not_waited_for(run: Callable[..., Any], clock: Clock) -> None:
    """A wrong address is told at once."""
    endpoint = Endpoint(clock, 0, 1e9, REFUSES)
    exchanges, sending = run(endpoint, 30)
    assert sending.dead
    assert clock.now - endpoint.start < 30
    assert all(isinstance(each, NotSent) or each.status is None for each in exchanges)


def test_one_model_that_fails_is_no_outage_of_the_endpoint(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checks take turns among the models that were answered."""
    endpoint = Endpoint(clock, 0, 0, {})
    answered = endpoint.send

    async def send(sent: Request, *rest: Any) -> Exchange:
        reply = await answered(sent, *rest)
        return replace(reply, status=503) if sent.model == "a" and clock.now > 1010 else reply

    monkeypatch.setattr(transport, "clients", lambda _, count: [SimpleNamespace(send=send)] * count)

    async def work() -> tuple[Exchange, bool]:
        sending = Transport(Target("mine", "Mine", "http://mine/v1"))
        for model in "ab":
            await sending.send(replace(request(n=0), model=model))
        await clock.sleep(20)
        return await sending.send(replace(request(n=1), model="a")), sending.dead

    last, dead = asyncio.run(clock.run(work()))
    assert (last.status, dead) == (503, False)
    assert clock.now < 1000 + 50
