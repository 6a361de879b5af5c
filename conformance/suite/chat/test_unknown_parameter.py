"""The negative control: a parameter that no document knows, to tell what acceptance is worth."""

from conformance.base.observation import Observation
from conformance.suite import claim
from conformance.surfaces.chat.chat import ChatCase
from conformance.trial.ask import Ask


@claim("chat.unknown_parameter.refused")
async def test_value(case: ChatCase, ask: Ask) -> Observation:
    """The parameter is swallowed or refused."""
    return (await ask(case.negative())).acceptance()
