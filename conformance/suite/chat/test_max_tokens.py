"""max_tokens: cuts an answer that would be longer, and says so."""

from conformance.base.observation import Observation
from conformance.suite import claim
from conformance.suite.chat.capping import capped, finish_reason
from conformance.surfaces.chat.chat import ChatCase
from conformance.trial.ask import Ask


@claim("chat.max_tokens.caps")
async def test_caps(case: ChatCase, ask: Ask) -> Observation:
    """No more tokens come than the cap allows, where the control has more."""
    return (await capped(case, ask, "max_tokens"))[0]


@claim("chat.max_tokens.finish_reason")
async def test_finish_reason(case: ChatCase, ask: Ask) -> Observation:
    """The answer that was cut has finish_reason length."""
    return await finish_reason(case, ask, "max_tokens")


@claim("chat.max_tokens.below_minimum", "chat.max_tokens.wrong_type", "chat.max_tokens.null", "chat.max_tokens.huge")
async def test_value(case: ChatCase, ask: Ask) -> Observation:
    """The value is accepted or refused."""
    return (await ask(case.request(max_tokens=case.value))).acceptance()


@claim("chat.max_tokens.both_caps")
async def test_both_caps(case: ChatCase, ask: Ask) -> Observation:
    """Both caps at once are accepted or refused."""
    return (await ask(case.request(max_tokens=16, max_completion_tokens=16))).acceptance()
