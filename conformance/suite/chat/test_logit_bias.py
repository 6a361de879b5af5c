"""logit_bias: documented limits; token ids are the model's own, so its effect cannot be seen from outside."""

from conformance.base.observation import Observation
from conformance.suite import claim
from conformance.surfaces.chat.chat import ChatCase
from conformance.trial.ask import Ask

TOKEN = "1000"


@claim("chat.logit_bias.range", "chat.logit_bias.below_minimum", "chat.logit_bias.above_maximum")
async def test_bias(case: ChatCase, ask: Ask) -> Observation:
    """The bias of one token is accepted or refused."""
    return (await ask(case.request(logit_bias={TOKEN: case.value}))).acceptance()


@claim("chat.logit_bias.wrong_type", "chat.logit_bias.null")
async def test_value(case: ChatCase, ask: Ask) -> Observation:
    """The value is accepted or refused."""
    return (await ask(case.request(logit_bias=case.value))).acceptance()
