"""`ask`: one flight per request, sample and attempt; controls; an endpoint that died."""

import asyncio
import weakref
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from conformance.http.exchange import Exchange, redacted
from conformance.http.redaction import Redactor
from conformance.http.source import NotSent
from conformance.trial.ask import AS_CAME, AT_HAND, Ask, NoControl, RequestCache
from tests.support.making import Script, choice, completion, refusal, request

ANSWER = completion(choice())


def asking_of(script: Script) -> tuple[RequestCache, list[Exchange]]:
    """An asking over this endpoint, and what it records."""
    recorded: list[Exchange] = []
    return RequestCache(script, recorded.append), recorded


def test_the_same_request_is_sent_once() -> None:
    """However many ask for it, at once or later, from whichever case."""
    script = Script(lambda *_: ANSWER)

    async def run() -> None:
        cache, recorded = asking_of(script)
        one, other = Ask(cache), Ask(cache)
        replies = await asyncio.gather(*(ask(request(n=1)) for ask in (one, other, one)))
        replies.append(await other(request(n=1)))
        assert len({id(reply.exchange) for reply in replies}) == 1
        assert recorded == [replies[0].exchange]
        assert cache.finished == 1
        assert [len(one.used), len(other.used)] == [2, 2]

    asyncio.run(run())
    assert script.sent == [({"n": 1}, 0, 0)]


def test_samples_attempts_and_bodies_are_flights_of_their_own() -> None:
    """A repeat is sent again, and so is everything in another attempt."""
    script = Script(lambda *_: ANSWER)

    async def run() -> None:
        cache, recorded = asking_of(script)
        await Ask(cache).samples(request(n=1), 3)
        await Ask(cache, 1)(request(n=1))
        await Ask(cache)(request(n=2))
        await Ask(cache)(request(n=1), 1)
        assert len({each.id for each in recorded}) == 5

    asyncio.run(run())
    assert sorted(script.sent, key=str) == [
        ({"n": 1}, 0, 0), ({"n": 1}, 0, 1), ({"n": 1}, 1, 0), ({"n": 1}, 2, 0), ({"n": 2}, 0, 0),
    ]  # fmt: skip


def test_samples_come_in_their_order() -> None:
    """Whichever is answered first."""

    async def run() -> None:
        cache, _ = asking_of(Script(lambda _, sample, __: completion(choice(str(sample)))))
        ask = Ask(cache)
        assert [reply.text for reply in await ask.samples(request(), 3, first=5)] == ["5", "6", "7"]
        assert [each.sample for each in ask.used] == [5, 6, 7]

    asyncio.run(run())


@pytest.mark.parametrize(
    "given", [refusal(), refusal(500), {"failure": "timeout"}, {"text": "<html>"}, completion()], ids=str
)
def test_a_control_that_is_no_answer_is_none(given: dict[str, Any]) -> None:
    """Nothing can be held against it, and it counts as used all the same."""

    async def run() -> None:
        ask = Ask(asking_of(Script(lambda *_: given))[0])
        with pytest.raises(NoControl, match="the control failed: "):
            await ask.control(request())
        assert len(ask.used) == 1

    asyncio.run(run())


def test_a_control_that_is_answered_is_a_reply() -> None:
    """It is read as any other."""

    async def run() -> None:
        ask = Ask(asking_of(Script(lambda *_: ANSWER))[0])
        assert (await ask.control(request(), 7)).text == "ready"
        assert ask.used[0].sample == 7

    asyncio.run(run())


def test_a_dead_endpoint_is_not_asked() -> None:
    """What is known already is still told."""
    script = Script(lambda *_: ANSWER)

    async def run() -> None:
        cache, _ = asking_of(script)
        await Ask(cache)(request(n=1))
        script.dead = True
        assert (await Ask(cache)(request(n=1))).ok
        with pytest.raises(NotSent):
            await Ask(cache)(request(n=2))

    asyncio.run(run())
    assert len(script.sent) == 1


def test_who_gives_up_waiting_does_not_stop_the_others() -> None:
    """A request in flight belongs to all who asked for it."""
    script = Script(lambda *_: ANSWER)

    async def run() -> None:
        cache, recorded = asking_of(script)
        first, second = (asyncio.create_task(Ask(cache)(request())) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        assert (await second).ok
        assert first.cancelled()
        assert len(recorded) == 1

    asyncio.run(run())
    assert len(script.sent) == 1


def test_a_large_exchange_is_read_back_and_not_sent_again() -> None:
    """Memory holds it only as long as some case does; who asks for it later gets what was recorded."""
    script = Script(lambda *_: completion(choice("word " * 50_000)))
    read_back: list[str] = []

    async def run() -> None:
        recorded: dict[str, Exchange] = {}

        def recall(ids: Iterable[str]) -> dict[str, Exchange]:
            read_back.extend(ids)
            return {each: recorded[each] for each in ids}

        def record(exchange: Exchange) -> None:
            recorded[exchange.id] = replace(exchange)

        cache = RequestCache(script, record, recall=recall)
        held = await cache.fetch(request(n=1))
        assert await cache.fetch(request(n=1)) is held
        gone = weakref.ref(held)
        del held
        await asyncio.sleep(0)
        assert gone() is None
        assert (await cache.fetch(request(n=1))).text == recorded[next(iter(recorded))].text

    asyncio.run(run())
    assert len(script.sent) == len(read_back) == 1


def test_of_many_small_exchanges_the_last_stay() -> None:
    """A long run keeps no more than a short one, and sends nothing again for it."""
    script = Script(lambda *_: ANSWER)

    async def run() -> None:
        recorded: dict[str, dict[str, Any]] = {}
        cache = RequestCache(
            script,
            lambda exchange: recorded.update({exchange.id: exchange.document()}),
            recall=lambda ids: {each: Exchange.from_document(recorded[each]) for each in ids},
        )
        first = await cache.fetch(request(n=0))
        gone, text = weakref.ref(first), first.text
        del first
        for number in range(1, AT_HAND + 1):
            await cache.fetch(request(n=number))
        assert gone() is None
        assert (await cache.fetch(request(n=0))).text == text

    asyncio.run(run())
    assert len(script.sent) == AT_HAND + 1


def test_a_small_exchange_stays() -> None:
    """Reading it back would cost more than keeping it."""

    async def run() -> None:
        cache = RequestCache(Script(lambda *_: ANSWER), lambda _: None, recall=lambda _: {})
        first = await cache.fetch(request(n=1))
        assert await cache.fetch(request(n=1)) is first

    asyncio.run(run())


def shown(count: int, size: int) -> tuple[list[str], int]:
    """What comes when each of so many requests is asked for twice of an endpoint that shows a secret, and how much was sent."""
    script = Script(lambda *_: completion(choice("secret " + "a" * size)))

    async def run() -> list[str]:
        recorded: dict[str, Exchange] = {}

        def record(exchange: Exchange) -> tuple[str, ...]:
            recorded[exchange.id] = redacted(exchange, Redactor(["secret"]))
            return recorded[exchange.id].taken

        cache = RequestCache(script, record, recall=lambda ids: {each: recorded[each] for each in ids})
        for number in [*range(count)] * 2:
            await cache.fetch(request(n=number))
        return [(await cache.fetch(request(n=number))).text[:200] for number in range(count)]

    return asyncio.run(run()), len(script.sent)


def test_what_showed_a_secret_is_kept_as_it_came() -> None:
    """The disk has it without, and what is judged later must be what came."""
    texts, sent = shown(AT_HAND + 10, 10)
    assert all("secret" in text for text in texts)
    assert sent == AT_HAND + 10


def test_what_showed_secrets_beyond_all_measure_is_read_back() -> None:
    """Memory has an end; what is read back says that it lacks something."""
    texts, sent = shown(AS_CAME // 200_000 + AT_HAND, 200_000)
    assert sum("secret" in text for text in texts) < AS_CAME // 200_000 + AT_HAND
    assert "[redacted]" in "".join(texts)
    assert sent == len(texts)
