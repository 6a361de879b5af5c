"""Streaming: events, chunks and what they add up to, observed on one long stream and the same answer without streaming."""

from conformance.base.observation import Observation, honoured, ignored, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.streams import (
    finish_fault,
)
from conformance.suite.chat.test_every_answer import FINISH_REASONS
from conformance.surfaces.chat.request import ChatCase

_TYPES: dict[type, str] = {int: "an integer", str: "a string"}


@claim("chat.stream.choices")
async def test_choices(case: ChatCase, ask: Ask) -> Observation:
    """With n 2 both choices are streamed, each with its own index and finish_reason."""
    reply = await ask(case.request(n=2, budget=2))
    if not reply.ok or not reply.streamed:
        return unanswered(reply.stream_failure) if reply.stream_failure else reply.refusal()
    if reply.indexes != [0, 1]:
        return ignored(f"the indexes of the choices must be [0, 1], got {reply.indexes}")
    wrong = finish_fault(reply, [0, 1], FINISH_REASONS)
    return mishandled(wrong) if wrong else honoured("two choices, each with its finish_reason")
