"""logit_bias: its documented limits.  Token ids differ between models, so its effect is not tested."""

from conformance.base.observation import Observation
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.surfaces.chat.request import ChatCase

TOKEN = "1000"


@claim("chat.logit_bias.range", "chat.logit_bias.below_minimum", "chat.logit_bias.above_maximum")
async def test_bias(case: ChatCase, ask: Ask) -> Observation:
    """Whether this bias of one token is accepted or refused."""
    return (await ask(case.request(logit_bias={TOKEN: case.value}))).acceptance()
