"""How many requests may be under way: fewer after a refusal, more again slowly, and nobody waits for ever."""

import asyncio
from collections.abc import Awaitable

import pytest

from conformance.sending.concurrency import ConcurrencyLimiter


class Endpoint:
    """Refuses whatever comes while `most` requests are under way; `peak` is the most that were."""

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
    """One request, asked again until it is answered."""
    while True:
        async with limiter:
            if await endpoint.answer():
                limiter.answered()
                return
            limiter.refused()


def test_it_finds_what_an_endpoint_admits_at_once() -> None:
    """Of many requests few are refused once the number under way is known, and all are answered."""
    endpoint, limiter = Endpoint(3), ConcurrencyLimiter(16)

    async def run() -> None:
        async with asyncio.timeout(600):
            await asyncio.gather(*(ask(limiter, endpoint) for _ in range(400)))

    asyncio.run(run())
    assert endpoint.refused < 100
    assert limiter.allowed <= 5


def test_it_comes_back_to_what_was_asked_for() -> None:
    """Answers raise it slowly, and not beyond."""

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
def test_one_alone_was_not_too_many(times: int) -> None:
    """A refusal of the only request is about something else; one may always be under way."""

    async def run() -> int:
        limiter = ConcurrencyLimiter(2)
        for _ in range(times):
            async with limiter:
                limiter.refused()
        return limiter.allowed

    assert asyncio.run(run()) == 2


def test_who_is_cancelled_while_waiting_passes_the_turn_on() -> None:
    """The next one gets it."""

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
