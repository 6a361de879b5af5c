"""Witnesses: who hears which exchange, and when the last of a model is in."""

import asyncio
from functools import partial
from typing import Any

import pytest

from conformance.http.exchange import Exchange, Request
from conformance.run.witnesses import Witnesses
from conformance.surfaces.chat.request import ChatCase
from conformance.trial.ask import Ask
from conformance.trial.hearing import close_hearing
from conformance.trial.invariants import Finding, Invariant, Subject
from conformance.trial.judge import Verdict
from conformance.trial.request_cache import RequestCache
from conformance.trial.trial import Outcome
from conformance.trial.witness import Witness
from tests.support.making import Script, as_stream, case, choice, completion, exchange

ANSWERS = Invariant(Subject.ANSWER, "good", lambda _: lambda _: None)
ROLE, CREATED, ORDINARY, OTHER = (
    case("chat.reply.role"),
    case("chat.reply.created"),
    case("chat.temperature.range", 1),
    case("chat.reply.role", model="claude"),
)


def answered(bound: ChatCase, **sent: Any) -> Exchange:
    """Return an answer for the model of a case."""
    return exchange(body=completion(choice("a")), sent=bound.request(**sent))


async def ready(witnesses: Witnesses, bound: ChatCase) -> Witness | None:
    """Return who heard all exchanges of a case's model; None if the last is not in."""
    waiting = asyncio.ensure_future(witnesses.last_exchange(bound))
    for _ in range(5):
        await asyncio.sleep(0)
    if waiting.done():
        return waiting.result()
    waiting.cancel()
    return None


def test_the_last_exchange_is_in_when_every_case_of_the_model_is_finished() -> None:
    """Invariants too, whose own opening may ask something."""

    async def run() -> None:
        witnesses = Witnesses()
        for bound, invariant in ((ROLE, ANSWERS), (ORDINARY, None), (CREATED, ANSWERS)):
            witnesses.expect(bound, invariant)
        for bound in (CREATED, ORDINARY):
            witnesses.finish(bound)
            assert await ready(witnesses, ROLE) is None
        witnesses.finish(ROLE)
        heard = await ready(witnesses, ROLE)
        assert heard is not None
        assert heard is await ready(witnesses, CREATED)
        assert [heard.tally(bound).total for bound in (ROLE, CREATED)] == [(0, 0), (0, 0)]
        with pytest.raises(KeyError):
            heard.tally(ORDINARY)

    asyncio.run(run())


def test_models_do_not_wait_for_each_other() -> None:
    """Nor do they hear each other."""

    async def run() -> None:
        witnesses = Witnesses()
        for bound in (ROLE, OTHER):
            witnesses.expect(bound, ANSWERS)
        for bound, count in ((ROLE, 2), (OTHER, 1)):
            for number in range(count):
                told = answered(bound, seed=number)
                witnesses.hear(told.request, told, mistake=False)
        witnesses.finish(OTHER)
        heard = await ready(witnesses, OTHER)
        assert heard is not None
        assert heard.tally(OTHER).total == (1, 0)
        assert await ready(witnesses, ROLE) is None
        witnesses.finish(ROLE)
        heard = await ready(witnesses, ROLE)
        assert heard is not None
        assert heard.tally(ROLE).total == (2, 0)

    asyncio.run(run())


def test_several_may_wait_and_one_may_give_up() -> None:
    """Who waits for the same model is told at the same time."""

    async def run() -> None:
        witnesses = Witnesses()
        witnesses.expect(ROLE, ANSWERS)
        witnesses.expect(CREATED, ANSWERS)
        waiting = [asyncio.ensure_future(witnesses.last_exchange(bound)) for bound in (ROLE, CREATED, ROLE)]
        await asyncio.sleep(0)
        waiting[2].cancel()
        witnesses.finish(ROLE)
        witnesses.finish(CREATED)
        found = await asyncio.gather(*waiting, return_exceptions=True)
        assert found[0] is found[1]
        assert isinstance(found[2], asyncio.CancelledError)

    asyncio.run(run())


@pytest.mark.parametrize(("of_case", "of_request"), [(True, False), (False, True)])
def test_an_answer_to_a_mistake_is_left_out_whoever_knows_that_it_is_one(of_case: bool, of_request: bool) -> None:
    """The case that asked, or the request itself."""
    witnesses = Witnesses()
    witnesses.expect(ROLE, ANSWERS)
    witnesses.finish(ROLE)
    plain = ROLE.plain()
    sent = ROLE.raw(plain.body) if of_request else plain
    assert sent.mistake is of_request
    recorded = Request(plain.method, plain.path, plain.body, plain.surface, plain.model)
    told = exchange(body=completion(choice("a")), sent=recorded)
    witnesses.hear(sent, told, mistake=of_case)
    heard = asyncio.run(witnesses.last_exchange(ROLE))
    assert (heard.tally(ROLE).total, heard.left_out) == ((0, 0), 1)


def test_what_nobody_judges_costs_nothing() -> None:
    """A model without an invariant, and one of which nobody expects anything."""
    witnesses = Witnesses()
    witnesses.expect(ORDINARY, None)
    for bound in (ORDINARY, OTHER):
        told = answered(bound)
        witnesses.hear(told.request, told, mistake=False)
    witnesses.finish(ORDINARY)
    assert asyncio.run(witnesses.last_exchange(ORDINARY)).left_out == 0


@pytest.mark.parametrize("order", [(ROLE, CREATED), (CREATED, ROLE)])
def test_what_one_invariant_asks_for_is_judged_by_all(order: tuple[ChatCase, ChatCase]) -> None:
    """Whichever of them is closed first; an invariant that lacks nothing asks nothing."""

    def look(reply: Any) -> Finding:
        return "the text is bad" if reply.text == "bad" else None

    async def ask_streamed(bound: ChatCase, ask: Ask[Any]) -> Any:
        asking.append(bound.case.id)
        for number in range(2):
            await ask(bound.request(seed=number, stream=True))

    asking: list[str] = []
    invariants = {
        ROLE.case.id: Invariant(Subject.ANSWER, "good", lambda _: look),
        CREATED.case.id: Invariant(Subject.STREAM, "ended", lambda _: lambda _: None),
    }
    witnesses = Witnesses()
    cache = RequestCache(
        Script(lambda body, _sample, _attempt: as_stream(completion(choice("bad")))),
        lambda _: None,
        hear=witnesses.hear,
    )

    async def closed(bound: ChatCase) -> Outcome:
        witness = await witnesses.last_exchange(bound)
        return await close_hearing(ask_streamed, witness, bound, cache, all_asked=partial(witnesses.all_asked, bound))

    async def run() -> list[Outcome]:
        for bound in order:
            witnesses.expect(bound, invariants[bound.case.id])
        for number in range(3):
            told = answered(ROLE, seed=number)
            witnesses.hear(told.request, told, mistake=False)
        for bound in order:
            witnesses.finish(bound)
        return await asyncio.gather(*map(closed, order))

    outcomes = asyncio.run(run())
    role, created = outcomes if order[0] is ROLE else reversed(outcomes)
    assert asking == [CREATED.case.id]
    assert (role.verdict, created.verdict) == (Verdict.DEVIATES, Verdict.CONFORMS)
    assert "2 of 5" in role.detail


def test_nobody_waits_for_an_invariant_that_asks_nothing() -> None:
    """Because its model does not answer, or its outcome is known."""

    async def run() -> None:
        witnesses = Witnesses()
        for bound in (ROLE, CREATED):
            witnesses.expect(bound, ANSWERS)
        waiting = asyncio.ensure_future(witnesses.all_asked(ROLE))
        await asyncio.sleep(0)
        assert not waiting.done()
        witnesses.asked(CREATED)
        await asyncio.wait_for(waiting, 1)

    asyncio.run(run())
