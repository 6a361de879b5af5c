"""Audio parts, which no document promises for a particular model."""

from conformance.base.observation import Observation
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.conversing import message
from conformance.suite.chat.media import sound
from conformance.surfaces.chat.request import ChatCase

QUESTION = {"type": "text", "text": "Reply with the single word: ready"}


@claim("chat.audio.input")
async def test_input(case: ChatCase, ask: Ask) -> Observation:
    """Whether a sound is accepted or refused."""
    return (await ask(case.request(messages=[message("user", [QUESTION, sound()])]))).acceptance()
