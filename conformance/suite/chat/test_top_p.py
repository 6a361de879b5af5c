"""top_p: documented limits, and what sampling lets through of its effect."""

from conformance.base.observation import Observation
from conformance.suite import claim
from conformance.suite.chat.sampling import repeats, varies
from conformance.surfaces.chat.chat import ChatCase
from conformance.trial.ask import Ask


@claim(
    "chat.top_p.range",
    "chat.top_p.below_minimum",
    "chat.top_p.above_maximum",
    "chat.top_p.wrong_type",
    "chat.top_p.null",
)
async def test_value(case: ChatCase, ask: Ask) -> Observation:
    """The value is accepted or refused; a single answer does not show which top_p was applied."""
    return (await ask(case.request(top_p=case.value))).acceptance()


@claim("chat.top_p.zero_repeats")
async def test_repeats(case: ChatCase, ask: Ask) -> Observation:
    """At top_p 0 an open question gets the same answer again."""
    return await repeats(case, ask, top_p=case.value)


@claim("chat.top_p.maximum_varies")
async def test_varies(case: ChatCase, ask: Ask) -> Observation:
    """At top_p 1 an open question gets different answers."""
    return await varies(case, ask, top_p=case.value)
