"""The verdict table: what an observation means under the contract.

One pure function over one table.  Nothing here reads, sends or renders, and no other module decides a verdict.
"""

from __future__ import annotations

from enum import StrEnum

from conformance.base.observation import Seen
from conformance.contract.claims import Level, Says


class Verdict(StrEnum):
    """The verdict of a case or a cell, worst first: a cell gets the worst verdict of its cases."""

    DEVIATES = "deviates"
    DIFFERS = "differs"
    BLOCKED = "blocked"
    INCONCLUSIVE = "inconclusive"
    NOTED = "noted"
    CONFORMS = "conforms"
    NOT_APPLICABLE = "not applicable"


FOLDING = tuple(Verdict)
AGAINST = frozenset({Verdict.DEVIATES, Verdict.DIFFERS})
OPEN = frozenset({Verdict.BLOCKED, Verdict.INCONCLUSIVE})
JUDGED = frozenset({Verdict.DEVIATES, Verdict.DIFFERS, Verdict.NOTED, Verdict.CONFORMS})

_SEEN = (Seen.HONOURED, Seen.ACCEPTED, Seen.IGNORED, Seen.CLAMPED, Seen.REFUSED, Seen.MISHANDLED)
_TABLE: dict[Says, tuple[str, ...]] = {
    # the contract says      honoured    accepted    ignored     clamped     refused     mishandled
    Says.SUPPORTED: ("conforms", "conforms", "against", "against", "against", "against"),
    Says.WITHOUT_EFFECT: ("against", "conforms", "conforms", "against", "conforms", "against"),
    Says.REFUSED: ("against", "against", "against", "against", "conforms", "against"),
    Says.UNSTATED: ("noted", "noted", "noted", "noted", "noted", "noted"),
}


def judge(says: Says, level: Level, seen: Seen) -> Verdict:
    """Return the verdict of `seen` where the contract says `says` at `level`.

    *Against* the contract is `deviates` at must and `differs` at should; without evidence it is always `inconclusive`.
    """
    if says is Says.NOT_APPLICABLE:
        return Verdict.NOT_APPLICABLE
    if seen is Seen.UNANSWERED:
        return Verdict.INCONCLUSIVE
    word = _TABLE[says][_SEEN.index(seen)]
    if word != "against":
        return Verdict(word)
    return Verdict.DEVIATES if level is Level.MUST else Verdict.DIFFERS
