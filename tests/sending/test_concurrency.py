"""The limit of requests in flight: lower after a refusal, then slowly higher, and no request waits for ever."""

import asyncio
from collections.abc import Awaitable

import pytest

from conformance.sending.concurrency import ConcurrencyLimiter


class Endpoint:
    """Refuses requests while `most` are in flight; `peak` is the largest number that was."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.count = self.peak = self.refused = 0

    async def answer(self) -> bool:
        self.count += 1
        self.peak = max(self.peak, self.count)
        full = self.count > self.most
        self.refused += full
        for _ in range(1 if full else 3):
            await asyncio.sleep(0)
        self.count -= 1
        return not full


async def ask(limiter: ConcurrencyLimiter, endpoint: Endpoint) -> None:
    """Send one request until it is answered."""
    while True:
        async with limiter:
            if await endpoint.answer():
                limiter.answered()
                return
            limiter.refused()


def test_the_limit_of_an_endpoint_is_learnt() -> None:
    """Of 400 requests fewer than 100 are refused, and all are answered in the end."""
    endpoint, limiter = Endpoint(3), ConcurrencyLimiter(16)

    async def run() -> None:
        async with asyncio.timeout(600):
            await asyncio.gather(*(ask(limiter, endpoint) for _ in range(400)))

    asyncio.run(run())
    assert endpoint.refused < 100
    assert limiter.allowed <= 5


def test_the_limit_recovers() -> None:
    """Answers raise it slowly, and not above what it was in the beginning."""

    async def run() -> ConcurrencyLimiter:
        limiter = ConcurrencyLimiter(4)
        async with limiter, limiter, limiter:
            limiter.refused()
        assert limiter.allowed == 2
        for _ in range(100):
            async with limiter:
                limiter.answered()
        return limiter

    assert asyncio.run(run()).allowed == 4


@pytest.mark.parametrize("times", [1, 5])
def test_a_refusal_of_a_single_request_keeps_the_limit(times: int) -> None:
    """It cannot be about concurrency, and one request may always be in flight."""

    async def run() -> int:
        limiter = ConcurrencyLimiter(2)
        for _ in range(times):
            async with limiter:
                limiter.refused()
        return limiter.allowed

    assert asyncio.run(run()) == 2


def test_a_request_cancelled_while_waiting_passes_its_turn_on() -> None:
    """The next waiting request gets the turn."""

    async def hold(limiter: ConcurrencyLimiter, until: Awaitable[object]) -> None:
        async with limiter:
            await until

    async def run() -> None:
        limiter, gate = ConcurrencyLimiter(1), asyncio.Event()
        first = asyncio.create_task(hold(limiter, gate.wait()))
        await asyncio.sleep(0)
        second, third = (asyncio.create_task(hold(limiter, asyncio.sleep(0))) for _ in range(2))
        await asyncio.sleep(0)
        gate.set()
        await first
        second.cancel()
        async with asyncio.timeout(600):
            await third
        with pytest.raises(asyncio.CancelledError):
            await second

    asyncio.run(run())


def test_one_that_is_alone_lets_no_other_begin() -> None:
    """It waits for those in flight; two of them take turns, and a cancelled one does not hold up others."""
    limiter, order = ConcurrencyLimiter(4), list[str]()

    async def usual(name: str) -> None:
        async with limiter:
            order.append(f"{name} begins")
            for _ in range(9):
                await asyncio.sleep(0)
            order.append(f"{name} ends")

    async def alone(name: str) -> None:
        async with limiter.alone():
            order.append(f"{name} begins")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            order.append(f"{name} ends")

    async def run() -> None:
        async with asyncio.timeout(600):
            first = asyncio.create_task(usual("a"))
            await asyncio.sleep(0)
            cancelled = asyncio.create_task(alone("x"))
            others = [asyncio.create_task(task) for task in (alone("b"), alone("c"), usual("d"))]
            await asyncio.sleep(0)
            cancelled.cancel()
            await asyncio.gather(first, *others)

    asyncio.run(run())
    for name in ("b", "c"):
        assert order[order.index(f"{name} begins") + 1] == f"{name} ends"
    assert order[:2] == ["a begins", "a ends"]
    assert "d ends" in order
    assert not any("x" in entry for entry in order)
