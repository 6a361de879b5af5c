"""user: the name of an end user, which no answer shows."""

from conformance.base.observation import Observation
from conformance.suite import claim
from conformance.surfaces.chat.chat import ChatCase
from conformance.trial.ask import Ask


@claim("chat.user.accepted", "chat.user.wrong_type")
async def test_value(case: ChatCase, ask: Ask) -> Observation:
    """The value is accepted or refused."""
    return (await ask(case.request(user=case.value))).acceptance()
