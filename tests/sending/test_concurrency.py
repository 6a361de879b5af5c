"""The limit of requests in flight: lower after a refusal, then slowly higher, and no request waits for ever."""

import asyncio
from collections.abc import Awaitable

import pytest

from conformance.sending.concurrency import Allowance, ConcurrencyLimiter
from tests.support.collecting import over


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
            level = limiter.in_flight
            if await endpoint.answer():
                limiter.allowance.answered(level, 0.0, limiter.in_flight)
                return
            assert limiter.allowance.refused(level, 0.0, limiter.in_flight, paced=False)


def test_the_limit_of_an_endpoint_is_learnt() -> None:
    """Of 400 requests fewer than 100 are refused, and all are answered in the end."""
    endpoint, limiter = Endpoint(3), ConcurrencyLimiter(16)

    async def run() -> None:
        async with asyncio.timeout(600):
            await asyncio.gather(*(ask(limiter, endpoint) for _ in range(400)))

    asyncio.run(run())
    assert endpoint.refused < 100
    assert limiter.allowance.allowed <= 5


def test_the_limit_recovers() -> None:
    """Answers raise it slowly, and not above what it was in the beginning."""
    allowance = Allowance(4)
    assert allowance.refused(3, 0.0, 3, paced=False)
    assert allowance.allowed == 2
    for _ in range(100):
        allowance.answered(2, 1.0, 2)
    assert allowance.allowed == 4


@over("why, level, in_flight, paced, about", [
    ("more at once than were ever admitted", 6, 6, False, True),
    ("as many as were admitted", 4, 4, False, True),
    ("half of what was admitted", 2, 2, False, False),
    ("alone", 1, 1, False, False),
    ("sent first, and arrived behind others", 1, 8, False, True),
    ("fewer in flight than allowed, and a rate is known", 6, 6, True, False),
    ("as many in flight as allowed, and a rate is known", 8, 8, True, True),
])  # fmt: skip
def test_what_a_refusal_is_about_follows_from_what_was_admitted(
    why: str, level: int, in_flight: int, paced: bool, about: bool
) -> None:
    """After four requests at once were admitted; if it is about concurrency, fewer than now are allowed."""
    allowance = Allowance(8)
    allowance.answered(4, 0.0, 4)
    assert allowance.refused(level, 1.0, in_flight, paced=paced) is about, why
    assert allowance.allowed == (in_flight - 1 if about else 8), why


def test_a_long_pause_is_about_a_rate() -> None:
    """An endpoint that limits concurrency cannot know when another request ends."""
    assert not Allowance(8).refused(6, 0.0, 6, paced=False, pause=2.0)
    assert Allowance(8).refused(6, 0.0, 6, paced=False, pause=1.0)


def test_those_that_were_refused_were_not_admitted() -> None:
    """Of eight in flight five were refused and are gone when the others are answered."""
    allowance = Allowance(8)
    allowance.answered(8, 0.5, 3)
    assert allowance.refused(3, 1.0, 3, paced=False)


def test_what_was_admitted_is_forgotten_after_a_minute() -> None:
    """An endpoint may lower its limit of concurrency."""
    allowance = Allowance(8)
    allowance.answered(8, 0.0, 8)
    assert not allowance.refused(4, 59.0, 4, paced=False)
    assert allowance.refused(4, 61.0, 4, paced=False)


def test_refusals_in_vain_become_rare() -> None:
    """The limit is tried again after ever more answers, as long as it stands."""
    allowance, gaps, answers = Allowance(8), [], 0
    allowance.answered(4, 0.0, 4)
    allowance.refused(5, 0.0, 5, paced=False)
    for _ in range(2000):
        if allowance.allowed > 4:
            allowance.refused(5, 0.0, 5, paced=False)
            gaps.append(answers)
            answers = 0
        allowance.answered(4, 0.0, 4)
        answers += 1
    assert gaps == sorted(gaps)
    assert gaps[-1] >= 8 * gaps[0] / 2


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
