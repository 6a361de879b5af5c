"""seed: which documents do not promise; whether it is taken at all."""

from conformance.base.observation import Observation
from conformance.suite import claim
from conformance.surfaces.chat.chat import ChatCase
from conformance.trial.ask import Ask


@claim("chat.seed.accepted")
async def test_value(case: ChatCase, ask: Ask) -> Observation:
    """The value is accepted or refused."""
    return (await ask(case.request(seed=case.value))).acceptance()
