"""presence_penalty: documented limits; its effect on a single answer cannot be seen."""

from conformance.base.observation import Observation
from conformance.suite import claim
from conformance.surfaces.chat.chat import ChatCase
from conformance.trial.ask import Ask


@claim(
    "chat.presence_penalty.range",
    "chat.presence_penalty.below_minimum",
    "chat.presence_penalty.above_maximum",
    "chat.presence_penalty.wrong_type",
    "chat.presence_penalty.null",
)
async def test_value(case: ChatCase, ask: Ask) -> Observation:
    """The value is accepted or refused."""
    return (await ask(case.request(presence_penalty=case.value))).acceptance()
