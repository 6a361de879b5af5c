"""`ask` and the request cache: each exchange is sent once, and memory stays bounded."""

import asyncio
import weakref
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from conformance.http.exchange import Exchange, redacted
from conformance.http.redaction import Redactor
from conformance.http.source import NotSent
from conformance.trial.ask import Ask, NoControl
from conformance.trial.request_cache import KEPT_UNREDACTED, RECENT, RequestCache
from tests.support.making import Script, choice, completion, refusal, request

ANSWER = completion(choice())


def cache_of(script: Script) -> tuple[RequestCache, list[Exchange]]:
    """Return a cache over this endpoint, and the list of exchanges that it records."""
    recorded: list[Exchange] = []
    return RequestCache(script, recorded.append), recorded


def test_the_same_request_is_sent_once() -> None:
    """It makes no difference how many cases ask for it, at once or later."""
    script = Script(lambda *_: ANSWER)

    async def run() -> None:
        cache, recorded = cache_of(script)
        one, other = Ask(cache), Ask(cache)
        replies = await asyncio.gather(*(ask(request(n=1)) for ask in (one, other, one)))
        replies.append(await other(request(n=1)))
        assert len({id(reply.exchange) for reply in replies}) == 1
        assert recorded == [replies[0].exchange]
        assert cache.finished == 1
        assert [len(one.used), len(other.used)] == [2, 2]

    asyncio.run(run())
    assert script.sent == [({"n": 1}, 0, 0)]


def test_each_sample_attempt_and_body_is_a_different_exchange() -> None:
    """A repeat is sent again, and so is every request of another attempt."""
    script = Script(lambda *_: ANSWER)

    async def run() -> None:
        cache, recorded = cache_of(script)
        await Ask(cache).samples(request(n=1), 3)
        await Ask(cache, 1)(request(n=1))
        await Ask(cache)(request(n=2))
        await Ask(cache)(request(n=1), 1)
        assert len({exchange.id for exchange in recorded}) == 5

    asyncio.run(run())
    assert sorted(script.sent, key=str) == [
        ({"n": 1}, 0, 0), ({"n": 1}, 0, 1), ({"n": 1}, 1, 0), ({"n": 1}, 2, 0), ({"n": 2}, 0, 0),
    ]  # fmt: skip


def test_samples_are_returned_in_order() -> None:
    """It makes no difference which is answered first."""

    async def run() -> None:
        cache, _ = cache_of(Script(lambda _, sample, __: completion(choice(str(sample)))))
        ask = Ask(cache)
        assert [reply.text for reply in await ask.samples(request(), 3, first=5)] == ["5", "6", "7"]
        assert [exchange.sample for exchange in ask.used] == [5, 6, 7]

    asyncio.run(run())


@pytest.mark.parametrize(
    "answer", [refusal(), refusal(500), {"failure": "timeout"}, {"text": "<html>"}, completion()], ids=str
)
def test_a_failed_control_raises(answer: dict[str, Any]) -> None:
    """It raises NoControl, and its exchange counts as used."""

    async def run() -> None:
        ask = Ask(cache_of(Script(lambda *_: answer))[0])
        with pytest.raises(NoControl, match="the control failed: "):
            await ask.control(request())
        assert len(ask.used) == 1

    asyncio.run(run())


def test_an_answered_control_is_a_reply() -> None:
    """It is read like any other reply."""

    async def run() -> None:
        ask = Ask(cache_of(Script(lambda *_: ANSWER))[0])
        assert (await ask.control(request(), 7)).text == "ready"
        assert ask.used[0].sample == 7

    asyncio.run(run())


def test_nothing_is_sent_to_a_dead_endpoint() -> None:
    """Exchanges that have finished are still returned."""
    script = Script(lambda *_: ANSWER)

    async def run() -> None:
        cache, _ = cache_of(script)
        await Ask(cache)(request(n=1))
        script.dead = True
        assert (await Ask(cache)(request(n=1))).ok
        with pytest.raises(NotSent):
            await Ask(cache)(request(n=2))

    asyncio.run(run())
    assert len(script.sent) == 1


def test_a_cancelled_case_does_not_cancel_a_shared_request() -> None:
    """The other cases that wait for it get the reply."""
    script = Script(lambda *_: ANSWER)

    async def run() -> None:
        cache, recorded = cache_of(script)
        first, second = (asyncio.create_task(Ask(cache)(request())) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        assert (await second).ok
        assert first.cancelled()
        assert len(recorded) == 1

    asyncio.run(run())
    assert len(script.sent) == 1


def test_a_large_exchange_is_read_back_and_not_sent_again() -> None:
    """Memory holds it only as long as a case refers to it; later cases get it from the recording."""
    script = Script(lambda *_: completion(choice("word " * 50_000)))
    read_back: list[str] = []

    async def run() -> None:
        recorded: dict[str, Exchange] = {}

        def recall(ids: Iterable[str]) -> dict[str, Exchange]:
            read_back.extend(ids)
            return {exchange_id: recorded[exchange_id] for exchange_id in ids}

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


def test_only_the_last_small_exchanges_stay_in_memory() -> None:
    """Earlier ones are read back, and nothing is sent again."""
    script = Script(lambda *_: ANSWER)

    async def run() -> None:
        recorded: dict[str, dict[str, Any]] = {}
        cache = RequestCache(
            script,
            lambda exchange: recorded.update({exchange.id: exchange.document()}),
            recall=lambda ids: {exchange_id: Exchange.from_document(recorded[exchange_id]) for exchange_id in ids},
        )
        first = await cache.fetch(request(n=0))
        gone, text = weakref.ref(first), first.text
        del first
        for number in range(1, RECENT + 1):
            await cache.fetch(request(n=number))
        assert gone() is None
        assert (await cache.fetch(request(n=0))).text == text

    asyncio.run(run())
    assert len(script.sent) == RECENT + 1


def test_a_recent_small_exchange_is_not_read_back() -> None:
    """The same object is returned."""

    async def run() -> None:
        cache = RequestCache(Script(lambda *_: ANSWER), lambda _: None, recall=lambda _: {})
        first = await cache.fetch(request(n=1))
        assert await cache.fetch(request(n=1)) is first

    asyncio.run(run())


def fetch_twice(count: int, size: int) -> tuple[list[str], int]:
    """Fetch some requests twice from an endpoint that shows a secret; return the replies and the number of requests sent."""
    script = Script(lambda *_: completion(choice("secret " + "a" * size)))

    async def run() -> list[str]:
        recorded: dict[str, Exchange] = {}

        def record(exchange: Exchange) -> tuple[str, ...]:
            recorded[exchange.id] = redacted(exchange, Redactor(["secret"]))
            return recorded[exchange.id].taken

        cache = RequestCache(script, record, recall=lambda ids: {name: recorded[name] for name in ids})
        for number in [*range(count)] * 2:
            await cache.fetch(request(n=number))
        return [(await cache.fetch(request(n=number))).text[:200] for number in range(count)]

    return asyncio.run(run()), len(script.sent)


def test_a_reply_with_a_secret_is_kept_unredacted() -> None:
    """The file holds it without the secret, and a later case must be judged on the reply as it was."""
    texts, sent = fetch_twice(RECENT + 10, 10)
    assert all("secret" in text for text in texts)
    assert sent == RECENT + 10


def test_too_many_replies_with_a_secret_are_read_back() -> None:
    """Memory for them is limited; those that are read back contain the mark of a removed secret."""
    texts, sent = fetch_twice(KEPT_UNREDACTED // 200_000 + RECENT, 200_000)
    assert sum("secret" in text for text in texts) < KEPT_UNREDACTED // 200_000 + RECENT
    assert "[redacted]" in "".join(texts)
    assert sent == len(texts)
