"""max_completion_tokens: cuts an answer that would be longer, and says so."""

from conformance.base.observation import Observation
from conformance.suite import claim
from conformance.suite.chat.capping import capped, finish_reason
from conformance.surfaces.chat.chat import ChatCase
from conformance.trial.ask import Ask


@claim("chat.max_completion_tokens.caps")
async def test_caps(case: ChatCase, ask: Ask) -> Observation:
    """No more tokens come than the cap allows, where the control has more."""
    return (await capped(case, ask, "max_completion_tokens"))[0]


@claim("chat.max_completion_tokens.finish_reason")
async def test_finish_reason(case: ChatCase, ask: Ask) -> Observation:
    """The answer that was cut has finish_reason length."""
    return await finish_reason(case, ask, "max_completion_tokens")


@claim("chat.max_completion_tokens.left_out")
async def test_left_out(case: ChatCase, ask: Ask) -> Observation:
    """Without any cap the plain request is answered or refused."""
    return (await ask(case.uncapped())).acceptance()


@claim(
    "chat.max_completion_tokens.below_minimum",
    "chat.max_completion_tokens.wrong_type",
    "chat.max_completion_tokens.null",
)
async def test_value(case: ChatCase, ask: Ask) -> Observation:
    """The value is accepted or refused."""
    return (await ask(case.request(max_completion_tokens=case.value))).acceptance()
