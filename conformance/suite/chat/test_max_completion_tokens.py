"""max_completion_tokens: what happens without it; the cap itself is tested by probes."""

from conformance.base.observation import Observation
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.surfaces.chat.request import ChatCase


@claim("chat.max_completion_tokens.left_out")
async def test_left_out(case: ChatCase, ask: Ask) -> Observation:
    """Whether the plain request is accepted or refused without any cap."""
    return (await ask(case.uncapped())).acceptance()
