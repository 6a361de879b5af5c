"""stop_sequences: what an answer says that such a sequence ended, and one that none ended."""

from conformance.base.observation import Observation, honoured, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.controls import ask_long_control
from conformance.suite.messages import Ask
from conformance.suite.probes.test_stop_sequence import pick
from conformance.surfaces.messages.request import MessagesCase

NEVER = "#~never~#"  # no model writes it


@claim("messages.stop.reported", "messages.stop.stream_reported")
async def test_reported(case: MessagesCase, ask: Ask) -> Observation:
    """An answer that a sequence ended says so, and names the sequence."""
    control = await ask_long_control(case, ask)
    sequence = pick(control.text)
    if sequence is None:
        return unanswered(f"the control is too short to take a stop sequence from: {control.quoted_text()}")
    reply = await ask(case.stopped(control.exchange.request, sequence))
    if not reply.ok:
        return reply.refusal()
    if not control.text.startswith(reply.text.rstrip()) or sequence in reply.text:
        return unanswered(f"the answer was not ended by {sequence!r}: {reply.quoted_text()}")
    named = reply.body.get("stop_sequence")
    if reply.stop_reason == "stop_sequence" and named == sequence:
        return honoured(f"{reply.end_as_sent}, stop_sequence {named!r}")
    return mishandled(f"{reply.end_as_sent}, stop_sequence {named!r} for a text that {sequence!r} ended", enforced=True)


@claim("messages.stop.unmatched")
async def test_unmatched(case: MessagesCase, ask: Ask) -> Observation:
    """An answer in which no sequence comes up ends with end_turn, and names none."""
    reply = await ask(case.request(stop_sequences=[NEVER]))
    if not reply.ok:
        return reply.refusal()
    if reply.cut:
        return unanswered("the answer was cut")
    named = reply.body.get("stop_sequence")
    if reply.stop_reason == "end_turn" and named is None:
        return honoured(f"{reply.end_as_sent}, stop_sequence null")
    return mishandled(f"{reply.end_as_sent}, stop_sequence {named!r} for an answer without the sequence", enforced=True)


@claim("messages.reply.end_turn")
async def test_end_turn(case: MessagesCase, ask: Ask) -> Observation:
    """A short answer that nothing cuts ends with end_turn."""
    reply = await ask.control(case.plain())
    if reply.stop_reason == "end_turn":
        return honoured(reply.end_as_sent)
    if reply.cut:
        return unanswered(f"the answer was cut: {reply.end_as_sent}")
    return mishandled(f"{reply.end_as_sent} for an answer that nothing cut", enforced=True)
