"""top_p: its effect on how answers vary."""

from conformance.base.observation import Observation
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.sampling import repeats, varies
from conformance.surfaces.chat.request import ChatCase


@claim("chat.top_p.zero_repeats")
async def test_repeats(case: ChatCase, ask: Ask) -> Observation:
    """At top_p 0 an open question gets the same answer each time."""
    return await repeats(case, ask, top_p=case.value)


@claim("chat.top_p.maximum_varies")
async def test_varies(case: ChatCase, ask: Ask) -> Observation:
    """At top_p 1 an open question gets different answers."""
    return await varies(case, ask, top_p=case.value)
