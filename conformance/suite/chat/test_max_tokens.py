"""max_tokens: its combination with max_completion_tokens; the cap itself is tested by probes."""

from conformance.base.observation import Observation
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.surfaces.chat.request import ChatCase


@claim("chat.max_tokens.both_caps")
async def test_both_caps(case: ChatCase, ask: Ask) -> Observation:
    """Whether both caps together are accepted or refused."""
    return (await ask(case.request(max_tokens=16, max_completion_tokens=16))).acceptance()
