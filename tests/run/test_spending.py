"""Spending: usage is counted per model, and a budget is never exceeded, whatever the order of replies."""

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


def capped(cap: int, number: int = 0) -> Request:
    """Return a request for at most `cap` tokens."""
    return request(model="m", messages=[{"role": "user", "content": str(number)}], max_tokens=cap)


def used(tokens: int) -> dict[str, Any]:
    """Return an answer that used this number of tokens."""
    return {"body": completion(usage={"prompt_tokens": 1, "completion_tokens": tokens})}


class Endpoint:
    """Gives the chosen answers, each after a few turns of the event loop."""

    def __init__(self, answer: Callable[[int], dict[str, Any]]) -> None:
        self._answer = answer
        self.caps: list[int] = []
        self.dead = False

    @property
    def sent(self) -> int:
        return len(self.caps)

    async def close(self) -> None:
        """Do nothing."""

    async def send(self, request: Request, sample: int, attempt: int) -> Exchange:
        cap = request.json["max_tokens"]
        self.caps.append(cap)
        for _ in range(3):
            await asyncio.sleep(0)
        return exchange(sent=request, sample=sample, attempt=attempt, **self._answer(cap))


def spend(
    caps: list[int], budget: int, answer: Callable[[int], dict[str, Any]], shared: SharedState | None = None
) -> tuple[Endpoint, UsageMeter, list[Any]]:
    """Send requests at once through a budget; return the endpoint, the meter, and an exchange or exception for each."""

    async def run() -> tuple[Endpoint, UsageMeter, list[Any]]:
        endpoint = Endpoint(answer)
        meter = UsageMeter(Budget(endpoint, {MODEL: DOLLAR}, Decimal(budget), shared or SharedState()))
        sends = (meter.send(capped(cap, number), 0, 0) for number, cap in enumerate(caps))
        return endpoint, meter, await asyncio.gather(*sends, return_exceptions=True)

    return asyncio.run(run())


def test_requests_and_tokens_are_counted() -> None:
    """They are counted per model."""
    _, meter, results = spend([16] * 5, 100, lambda _: used(3))
    assert meter.tally() == {MODEL: Spent(requests=5, prompt_tokens=5, completion_tokens=15).__dict__}
    assert all(isinstance(result, Exchange) for result in results)


def test_a_request_that_might_exceed_the_budget_is_not_sent() -> None:
    """It makes no difference that the reply would have used less; the reason is the budget."""
    endpoint, _, (only,) = spend([11], 10, lambda _: used(1))
    assert endpoint.caps == []
    assert isinstance(only, NotSent)
    assert only.reason is Reason.BUDGET
    assert only.detail == "budget: not asked, it might cost more than is left of 10 USD"


def test_a_request_that_fits_exactly_is_sent() -> None:
    """The budget may be used up."""
    assert spend([10], 10, lambda _: used(10))[0].caps == [10]


def test_money_that_a_reply_did_not_use_is_released() -> None:
    """The budget covers two reservations at once; all ten requests are sent, since each uses a fifth of its reservation."""
    assert len(spend([5] * 10, 14, lambda _: used(1))[0].caps) == 10


def test_a_smaller_request_is_still_sent() -> None:
    """The larger one before it does not fit."""
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
def test_the_cost_of_an_exchange(answer: dict[str, Any], cost: int) -> None:
    """Refused requests cost nothing, others what their usage says; without usage, or after a failure, the upper bound."""
    shared = SharedState()
    spend([5], 10, lambda _: answer, shared)
    assert shared.update(lambda values: (values, values))["spending"] == [str(Decimal(cost)), "0"]


def test_a_cancelled_request_costs_its_upper_bound() -> None:
    """The provider may bill a request that was cancelled after sending."""
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
        task = asyncio.create_task(spending.send(capped(5), 0, 0))
        await began.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
    assert shared.update(lambda values: (values, values))["spending"] == ["5", "0"]


def test_a_request_that_is_not_sent_costs_nothing() -> None:
    """The recording lacks it, or the endpoint is dead."""
    shared = SharedState()

    def refuse(_: int) -> dict[str, Any]:
        raise NotSent(Reason.STOPPED, "stopped")

    spend([5], 10, refuse, shared)
    assert shared.update(lambda values: (values, values))["spending"] == ["0", "0"]


@given(
    caps=st.lists(st.integers(1, 30), max_size=40), budget=st.integers(1, 60), share=st.sampled_from([0.0, 0.3, 1.0])
)
def test_a_budget_is_never_exceeded(caps: list[int], budget: int, share: float) -> None:
    """This holds as long as no reply uses more than its cap; and no request that fits in the end is left out."""
    endpoint, meter, results = spend(caps, budget, lambda cap: used(int(cap * share)))
    spent = sum(int(cap * share) for cap in endpoint.caps)
    assert spent == sum(counts["completion_tokens"] for counts in meter.tally().values()) <= budget
    left = [cap for cap, result in zip(caps, results, strict=True) if isinstance(result, NotSent)]
    assert all(cap > budget - spent for cap in left)


def test_two_processes_share_one_budget(tmp_path: Path) -> None:
    """Money that one process spent is not available to the other."""
    first, second = (SharedState(tmp_path / "state") for _ in range(2))
    spend([6], 10, lambda _: used(6), first)
    endpoint, _, _ = spend([6, 4], 10, lambda _: used(4), second)
    assert endpoint.caps == [4]
    first.close()
    second.close()


def test_money_reserved_by_a_dead_process_is_not_waited_for(tmp_path: Path) -> None:
    """After some patience the other processes go on without the money that a dead worker reserved."""
    shared = SharedState(tmp_path / "state")
    shared.update(lambda values: ({**values, "spending": ["0", "8"]}, None))

    async def run() -> Any:
        spending = Budget(Endpoint(used), {MODEL: DOLLAR}, Decimal(10), shared, patience=0.0)
        return await asyncio.gather(spending.send(capped(5), 0, 0), return_exceptions=True)

    (result,) = asyncio.run(run())
    assert isinstance(result, NotSent)
    shared.close()


def test_a_request_without_a_body_costs_nothing() -> None:
    """A list of models is requested even if no money is left."""
    assert upper_bound(Request("GET", "/models", None, "models", MODEL)).completion_tokens == 0
