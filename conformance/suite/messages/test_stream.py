"""Streams next to plain answers: the same text."""

from conformance.base.observation import Observation, honoured, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.messages import Ask
from conformance.surfaces.messages.request import MessagesCase


@claim("messages.stream.text_equal")
async def test_text_equal(case: MessagesCase, ask: Ask) -> Observation:
    """The stream of a word that is asked for has the same text as the plain answer."""
    control = await ask.control(case.plain())
    reply = await ask(case.as_stream(case.plain()))
    if not reply.ok:
        return reply.refusal()
    if reply.text.strip() == control.text.strip() and reply.text:
        return honoured(f"both say {reply.quoted_text()}")
    if not reply.text and control.text:
        return mishandled(f"the stream has no text, the plain answer says {control.quoted_text()}", enforced=True)
    return unanswered(f"the stream says {reply.quoted_text()}, the plain answer {control.quoted_text()}")
