"""frequency_penalty: documented limits; its effect on a single answer cannot be seen."""

from conformance.base.observation import Observation
from conformance.suite import claim
from conformance.surfaces.chat.chat import ChatCase
from conformance.trial.ask import Ask


@claim(
    "chat.frequency_penalty.range",
    "chat.frequency_penalty.below_minimum",
    "chat.frequency_penalty.above_maximum",
    "chat.frequency_penalty.wrong_type",
    "chat.frequency_penalty.null",
)
async def test_value(case: ChatCase, ask: Ask) -> Observation:
    """The value is accepted or refused."""
    return (await ask(case.request(frequency_penalty=case.value))).acceptance()
