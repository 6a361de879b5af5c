"""seed: which documents do not promise; whether it is taken at all."""

from conformance.asking import Ask
from conformance.base.observation import Observation
from conformance.suite import claim
from conformance.surfaces.chat.chat import ChatCase


@claim("chat.seed.accepted")
async def test_value(case: ChatCase, ask: Ask) -> Observation:
    """The value is accepted or refused."""
    return (await ask(case.request(seed=case.value))).acceptance()
