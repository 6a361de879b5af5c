"""max_tokens: cuts an answer that would be longer, and says so."""

from conformance.base.observation import Observation
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.surfaces.chat.request import ChatCase


@claim("chat.max_tokens.both_caps")
async def test_both_caps(case: ChatCase, ask: Ask) -> Observation:
    """Both caps at once are accepted or refused."""
    return (await ask(case.request(max_tokens=16, max_completion_tokens=16))).acceptance()
