"""n: how many choices come back, and up to how many can be had."""

from typing import Any

from conformance.base.observation import Observation, accepted, clamped, honoured, ignored, mishandled
from conformance.http.exchange import Request
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.measuring import measure
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase

MANY = 10


@claim("chat.n.one", "chat.n.count", "chat.n.unsupported", "chat.n.disputed")
async def test_count(case: ChatCase, ask: Ask) -> Observation:
    """The answer holds as many choices as were asked for, numbered from 0."""
    return counted(await ask(asked(case, case.value)), case.value)


@claim("chat.n.below_minimum", "chat.n.above_maximum", "chat.n.wrong_type", "chat.n.null")
async def test_value(case: ChatCase, ask: Ask) -> Observation:
    """The value is accepted or refused."""
    reply = await ask(asked(case, case.value))
    return accepted(f"answered with {_choices(len(reply.choices))}") if reply.ok else reply.refusal()


@claim("chat.n.limit")
async def test_limit(case: ChatCase, ask: Ask) -> Observation:
    """The largest n that gets n choices."""

    async def probe(value: int) -> Observation:
        return counted(await ask(asked(case, value)), value)

    return await measure(case.parameter, probe)


def asked(case: ChatCase, n: Any) -> Request:
    """The request for n choices; many choices are one token each, since every one is billed."""
    if isinstance(n, int) and n >= MANY:
        cap: dict[str, Any] = {case.traits.cap: 1}
        return case.request(n=n, **cap)
    return case.request(n=n, budget=1)


def counted(reply: ChatReply, n: int) -> Observation:
    """What the choices of a reply show for a request for n."""
    if not reply.ok:
        return reply.refusal()
    found = len(reply.choices)
    if reply.indexes == list(range(n)):
        return honoured(f"{_choices(n)}, numbered from 0")
    if found == n:
        return mishandled(f"{_choices(n)} with the indexes {reply.indexes[:8]}")
    return (clamped if 1 < found < n else ignored)(f"{_choices(found)} for n={n}")


def _choices(count: int) -> str:
    return "1 choice" if count == 1 else f"{count} choices"
