"""top_p: its effect on how answers vary."""

from conformance.base.observation import Observation, Seen
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
    """At top_p 1 and temperature 1 an open question gets different answers; the default temperature is nowhere documented."""
    if case.traits.sampling:
        seen = await varies(case, ask, top_p=case.value, temperature=1)
        if seen.seen is not Seen.REFUSED:  # some providers take one of the two only
            return seen
    return await varies(case, ask, top_p=case.value)
