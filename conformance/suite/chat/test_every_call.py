"""What holds for every tool call, in every choice of every answer: its id and its arguments.

Each is an invariant: a function of one answer, applied to every answer of a model.
"""

from conformance.suite.baselines import calls
from conformance.suite.invariants import invariant
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase
from conformance.trial.invariants import SILENT, Finding, Subject

LONGEST_ID = (
    64  # characters: clients keep ids in columns and headers; OpenAI's have 29, and its API refuses more than 64
)


@invariant("chat.tools.id_length", about=Subject.ANSWER, good="no id of a call is long", asks=calls)
def test_id_length(case: ChatCase, reply: ChatReply) -> Finding:
    """No id of a call has more than 64 characters."""
    ids = [value for group in reply.call_ids for value in group if isinstance(value, str)]
    long = next((value for value in ids if len(value) > LONGEST_ID), None)
    if long is not None:
        return f"the id of a call must have at most {LONGEST_ID} characters, got {len(long)}: {long[:40]!r}..."
    return None if ids else SILENT
