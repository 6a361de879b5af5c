"""temperature: its effect on how answers vary, and its combination with top_p."""

from conformance.base.observation import Observation
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.sampling import repeats, varies
from conformance.surfaces.chat.request import ChatCase


@claim("chat.temperature.with_top_p")
async def test_with_top_p(case: ChatCase, ask: Ask) -> Observation:
    """Whether temperature and top_p together are accepted or refused, both within the range of every column."""
    return (await ask(case.request(temperature=0.5, top_p=0.5))).acceptance()


@claim("chat.temperature.zero_repeats")
async def test_repeats(case: ChatCase, ask: Ask) -> Observation:
    """At temperature 0 an open question gets the same answer each time."""
    return await repeats(case, ask, temperature=case.value)


@claim("chat.temperature.maximum_varies")
async def test_varies(case: ChatCase, ask: Ask) -> Observation:
    """At the highest temperature an open question gets different answers."""
    return await varies(case, ask, temperature=case.value)
