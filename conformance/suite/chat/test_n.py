"""n: how many choices an answer has, and the largest number that works."""

from typing import Any

from conformance.base.observation import Observation, accepted, clamped, honoured, ignored, mishandled
from conformance.http.exchange import Request
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.measuring import measure
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase

MANY = 9  # choices from which on each is limited to one token, reasoning included


@claim("chat.n.one", "chat.n.count", "chat.n.unsupported", "chat.n.disputed")
async def test_count(case: ChatCase, ask: Ask) -> Observation:
    """The answer has n choices, with indexes from 0."""
    return observe_choices(await ask(choices_request(case, case.value)), case.value)


@claim("chat.n.below_minimum", "chat.n.above_maximum", "chat.n.wrong_type", "chat.n.lax_type", "chat.n.null")
async def test_value(case: ChatCase, ask: Ask) -> Observation:
    """Whether this n is accepted or refused."""
    reply = await ask(choices_request(case, case.value))
    return (
        accepted(f"answered with {_choices(len(reply.choices))} for n={case.value!r}") if reply.ok else reply.refusal()
    )


@claim("chat.n.limit")
async def test_limit(case: ChatCase, ask: Ask) -> Observation:
    """The largest n for which n choices come."""

    async def probe(value: int, ask: Ask) -> Observation:
        return observe_choices(await ask(choices_request(case, value)), value)

    return await measure(case.parameter, ask, probe)


def choices_request(case: ChatCase, n: Any) -> Request:
    """Return the request for n choices; if there are many, each has one token only, since every choice is billed."""
    if isinstance(n, int) and n >= MANY:
        cap: dict[str, Any] = {case.traits.cap: 1}
        return case.request(n=n, **cap)
    return case.request(n=n, budget=1)


def observe_choices(reply: ChatReply, n: int) -> Observation:
    """Return what the choices of a reply show for this n."""
    if not reply.ok:
        return reply.refusal()
    count = len(reply.choices)
    if reply.indexes == list(range(n)):
        return honoured(f"{_choices(n)} for n={n}, with indexes from 0")
    if count == n:
        return mishandled(f"the indexes of {_choices(n)} must be 0 to {n - 1}, got {reply.indexes[:8]}")
    return (clamped if 1 < count < n else ignored)(f"{_choices(count)} for n={n}")


def _choices(count: int) -> str:
    return "1 choice" if count == 1 else f"{count} choices"
