"""What holds for every reply of chat, answer or error, that only chat promises; what all APIs share is in the probes.

It is an invariant: a function of one reply, applied to every reply of a model.
"""

from conformance.suite.baselines import plain
from conformance.suite.invariants import invariant
from conformance.suite.probes.test_every_reply import is_complete
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase
from conformance.trial.invariants import SILENT, Finding, Subject


@invariant("chat.reply.no_null", about=Subject.REPLY, good="status 200 comes with choices", asks=plain, proves=True)
def test_no_null(case: ChatCase, reply: ChatReply) -> Finding:
    """No reply with status 200 has null, or nothing, in the place of its choices or of their messages."""
    if not is_complete(case, reply) or reply.streamed:
        return SILENT
    if reply.lacks_answer:
        choices = reply.exchange.json.get("choices", "none")
        return f"a reply with status 200 must have choices, got {'null' if choices is None else choices}"
    if reply.choices and not reply.ok:
        return f"each choice of a reply with status 200 must have a message, got {str(reply.choices)[:80]}"
    return None if reply.ok else SILENT
