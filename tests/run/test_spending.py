"""Spending: counting per model, and a budget that no order of replies lets pass."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.base.money import Price
from conformance.base.observation import Reason
from conformance.base.sharing import SharedState
from conformance.http.exchange import Exchange, Request
from conformance.http.source import NotSent
from conformance.run.spending import Budget, Spent, UsageMeter
from conformance.surfaces.chat.usage import upper_bound
from tests.support.making import completion, exchange, request

DOLLAR = Price(Decimal(0), Decimal(1_000_000))  # a dollar for each token of an answer
MODEL = "openai:m"


def asked(cap: int, number: int = 0) -> Request:
    """A request for at most so many tokens."""
    return request(model="m", messages=[{"role": "user", "content": str(number)}], max_tokens=cap)


def used(tokens: int) -> dict[str, Any]:
    """An answer that took so many tokens."""
    return {"body": completion(usage={"prompt_tokens": 1, "completion_tokens": tokens})}


class Endpoint:
    """Answers as told, after a few turns of the loop."""

    def __init__(self, answer: Callable[[int], dict[str, Any]]) -> None:
        self._answer = answer
        self.caps: list[int] = []
        self.dead = False

    @property
    def sent(self) -> int:
        return len(self.caps)

    async def close(self) -> None:
        """Nothing is open."""

    async def send(self, request: Request, sample: int, attempt: int) -> Exchange:
        cap = request.json["max_tokens"]
        self.caps.append(cap)
        for _ in range(3):
            await asyncio.sleep(0)
        return exchange(sent=request, sample=sample, attempt=attempt, **self._answer(cap))


def spend(
    caps: list[int], budget: int, answer: Callable[[int], dict[str, Any]], shared: SharedState | None = None
) -> tuple[Endpoint, UsageMeter, list[Any]]:
    """All requests at once through a budget; what was sent, and the exchange or the reason for each."""

    async def run() -> tuple[Endpoint, UsageMeter, list[Any]]:
        endpoint = Endpoint(answer)
        meter = UsageMeter(Budget(endpoint, {MODEL: DOLLAR}, Decimal(budget), shared or SharedState()))
        sends = (meter.send(asked(cap, number), 0, 0) for number, cap in enumerate(caps))
        return endpoint, meter, await asyncio.gather(*sends, return_exceptions=True)

    return asyncio.run(run())


def test_what_is_sent_is_counted() -> None:
    """Requests and tokens per model."""
    _, meter, found = spend([16] * 5, 100, lambda _: used(3))
    assert meter.tally() == {MODEL: Spent(requests=5, prompt_tokens=5, completion_tokens=15).__dict__}
    assert all(isinstance(each, Exchange) for each in found)


def test_what_might_pass_the_budget_is_not_asked() -> None:
    """The reason says whose it is; the reply that would have used less makes no difference."""
    endpoint, _, (only,) = spend([11], 10, lambda _: used(1))
    assert endpoint.caps == []
    assert isinstance(only, NotSent)
    assert only.reason is Reason.BUDGET
    assert only.detail == "budget: not asked, it might cost more than is left of 10 USD"


def test_what_fits_exactly_is_asked() -> None:
    """The budget may be reached."""
    assert spend([10], 10, lambda _: used(10))[0].caps == [10]


def test_what_a_reply_leaves_is_there_for_others() -> None:
    """Of ten requests of which two can be held back for at once, all are sent, since each uses a fifth of what it may."""
    assert len(spend([5] * 10, 14, lambda _: used(1))[0].caps) == 10


def test_a_smaller_one_is_still_asked() -> None:
    """After one that does not fit."""
    assert spend([50, 3], 10, lambda _: used(1))[0].caps == [3]


@pytest.mark.parametrize(
    ("answer", "cost"),
    [
        ({"status": 400, "body": {"error": {"message": "no"}}}, 0),
        ({"status": 429, "body": {}}, 0),
        ({"status": 500, "body": {}}, 0),
        ({"failure": "timeout"}, 5),
        ({"failure": "connection"}, 5),
        ({"failure": "protocol", "text": "{"}, 5),
        ({"body": completion()}, 5),
        ({"text": "data: {}\n\n", "headers": {"content-type": "text/event-stream"}}, 5),
        (used(2), 2),
        (used(9), 9),
    ],
)
def test_what_an_exchange_costs(answer: dict[str, Any], cost: int) -> None:
    """Refused: nothing.  A usage: what it says, be it more than was asked for.  No usage or a failure: the most it may."""
    shared = SharedState()
    spend([5], 10, lambda _: answer, shared)
    assert shared.update(lambda values: (values, values))["spending"] == [str(Decimal(cost)), "0"]


def test_what_was_cut_off_may_have_been_billed() -> None:
    """A request that is cancelled after sending is counted at its most."""
    shared = SharedState()

    async def run() -> None:
        never = asyncio.Event()

        class Hanging(Endpoint):
            async def send(self, request: Request, sample: int, attempt: int) -> Exchange:
                began.set()
                await never.wait()
                raise AssertionError

        began = asyncio.Event()
        spending = Budget(Hanging(used), {MODEL: DOLLAR}, Decimal(10), shared)
        task = asyncio.create_task(spending.send(asked(5), 0, 0))
        await began.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
    assert shared.update(lambda values: (values, values))["spending"] == ["5", "0"]


def test_what_the_source_does_not_ask_costs_nothing() -> None:
    """A recording that lacks a request, an endpoint that is dead."""
    shared = SharedState()

    def refuse(_: int) -> dict[str, Any]:
        raise NotSent(Reason.STOPPED, "stopped")

    spend([5], 10, refuse, shared)
    assert shared.update(lambda values: (values, values))["spending"] == ["0", "0"]


@given(
    caps=st.lists(st.integers(1, 30), max_size=40), budget=st.integers(1, 60), share=st.sampled_from([0.0, 0.3, 1.0])
)
def test_a_budget_is_never_passed(caps: list[int], budget: int, share: float) -> None:
    """Whatever is asked at once, as long as no reply uses more than its cap; and nothing that fits at the end is left."""
    endpoint, meter, found = spend(caps, budget, lambda cap: used(int(cap * share)))
    spent = sum(int(cap * share) for cap in endpoint.caps)
    assert spent == sum(each["completion_tokens"] for each in meter.tally().values()) <= budget
    left = [cap for cap, each in zip(caps, found, strict=True) if isinstance(each, NotSent)]
    assert all(cap > budget - spent for cap in left)


def test_two_who_share_have_one_budget(tmp_path: Path) -> None:
    """What one process spent the other does not have."""
    first, second = (SharedState(tmp_path / "state") for _ in range(2))
    spend([6], 10, lambda _: used(6), first)
    endpoint, _, _ = spend([6, 4], 10, lambda _: used(4), second)
    assert endpoint.caps == [4]
    first.close()
    second.close()


def test_what_another_never_settles_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    """A worker that died holds back what it held; after some patience the others go on without it."""
    shared = SharedState(tmp_path / "state")
    shared.update(lambda values: ({**values, "spending": ["0", "8"]}, None))

    async def run() -> Any:
        spending = Budget(Endpoint(used), {MODEL: DOLLAR}, Decimal(10), shared, patience=0.0)
        return await asyncio.gather(spending.send(asked(5), 0, 0), return_exceptions=True)

    (found,) = asyncio.run(run())
    assert isinstance(found, NotSent)
    shared.close()


def test_a_request_without_a_body_costs_nothing() -> None:
    """A list of models is asked for however little is left."""
    assert upper_bound(Request("GET", "/models", None, "models", MODEL)).completion_tokens == 0
