"""Errors of each model that only chat can have; what all APIs share is in the probes."""

from conformance.base.observation import Observation
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.mistakes import no_fault
from conformance.surfaces.chat.request import ChatCase


@claim("chat.error.unknown_message_key")
async def test_unknown_message_key(case: ChatCase, ask: Ask) -> Observation:
    """An unknown key inside a message is tolerated or refused as the client's mistake; the server does not fail on it."""
    message = {"role": "user", "content": case.question(), "conformance_unknown_key": "conformance"}
    return no_fault(await ask(case.request(messages=[message])))
