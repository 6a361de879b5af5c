"""max_completion_tokens: cuts an answer that would be longer, and says so."""

from conformance.base.observation import Observation
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.surfaces.chat.request import ChatCase


@claim("chat.max_completion_tokens.left_out")
async def test_left_out(case: ChatCase, ask: Ask) -> Observation:
    """Without any cap the plain request is answered or refused."""
    return (await ask(case.uncapped())).acceptance()
