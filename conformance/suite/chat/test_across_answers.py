"""What holds over all replies of a model together that only chat reports: creation times and fingerprints.

Each is an invariant that compares values: it returns a key and a value, and all answers with the same key must have the same
value.  What all APIs share is in the probes.
"""

from conformance.suite.baselines import counted
from conformance.suite.invariants import invariant
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase
from conformance.trial.invariants import SILENT, Compared, Finding, Subject

# Seconds of a jump in `created`.  An answer may take minutes, and may be dated at its beginning or at its end; a clock that is
# half of this wrong would be taken for one that jumps, but clocks are right or wrong by whole hours.
JUMP = 1_200


@invariant(
    "chat.reply.created_steady",
    about=Subject.ANSWER,
    good="created moves with the time",
    asks=counted,
    compares=True,
)
def test_created_steady(case: ChatCase, reply: ChatReply) -> Finding:
    """All creation times are as far from the times of their requests: a clock may be wrong, but it does not jump."""
    created = reply.body.get("created")
    if not isinstance(created, int | float) or isinstance(created, bool):
        return SILENT
    return Compared("", round((created - reply.exchange.started) / JUMP), _jump)


@invariant("chat.reply.fingerprint", about=Subject.ANSWER, good="one system_fingerprint", asks=counted, compares=True)
def test_fingerprint(case: ChatCase, reply: ChatReply) -> Finding:
    """All answers that have a system_fingerprint have the same."""
    if reply.fingerprint is None:
        return SILENT
    return Compared("", reply.fingerprint, lambda got, usual: f"system_fingerprint is {got!r}, otherwise {usual!r}")


def _jump(got: int, usual: int) -> str:
    minutes = [number * JUMP // 60 for number in (got, usual)]
    return f"created is about {minutes[0]} minutes from the time of the request, otherwise about {minutes[1]}"
