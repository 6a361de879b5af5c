"""temperature: documented limits, and what sampling lets through of its effect."""

from conformance.base.observation import Observation
from conformance.suite import claim
from conformance.suite.chat.sampling import repeats, varies
from conformance.suite.measuring import measure
from conformance.surfaces.chat.chat import ChatCase
from conformance.trial.ask import Ask


@claim(
    "chat.temperature.range",
    "chat.temperature.disputed",
    "chat.temperature.below_minimum",
    "chat.temperature.above_maximum",
    "chat.temperature.wrong_type",
    "chat.temperature.null",
)
async def test_value(case: ChatCase, ask: Ask) -> Observation:
    """The value is accepted or refused; a single answer does not show which temperature was applied."""
    return (await ask(case.request(temperature=case.value))).acceptance()


@claim("chat.temperature.with_top_p")
async def test_with_top_p(case: ChatCase, ask: Ask) -> Observation:
    """Both at once, each inside the range of every column, are accepted or refused."""
    return (await ask(case.request(temperature=0.5, top_p=0.5))).acceptance()


@claim("chat.temperature.zero_repeats")
async def test_repeats(case: ChatCase, ask: Ask) -> Observation:
    """At temperature 0 an open question gets the same answer again."""
    return await repeats(case, ask, temperature=case.value)


@claim("chat.temperature.maximum_varies")
async def test_varies(case: ChatCase, ask: Ask) -> Observation:
    """At the highest temperature an open question gets different answers."""
    return await varies(case, ask, temperature=case.value)


@claim("chat.temperature.limit")
async def test_limit(case: ChatCase, ask: Ask) -> Observation:
    """The highest temperature that is accepted."""

    async def probe(value: float) -> Observation:
        return (await ask(case.request(temperature=value))).acceptance()

    return await measure(case.parameter, probe)
