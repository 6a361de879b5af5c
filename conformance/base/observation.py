"""The vocabulary: what the wire can be seen to show.

Only words and the frozen record that carries one of them live here.  Nothing in this file knows a claim, a request or a
verdict: an observation says what was seen, `judge` says what it means.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LONGEST_DETAIL = 1000  # characters: a detail is a sentence, the rest is in the evidence


class Seen(StrEnum):
    """What the evidence shows, in the order in which a reader needs them."""

    HONOURED = "honoured"
    ACCEPTED = "accepted"
    IGNORED = "ignored"
    CLAMPED = "clamped"
    REFUSED = "refused"
    MISHANDLED = "mishandled"
    UNANSWERED = "unanswered"


class Reason(StrEnum):
    """Why a case is blocked or inconclusive, where something is decided by it; the detail says the same to people."""

    PREFLIGHT = "preflight failed"
    STOPPED = "run stopped"
    DEAD = "endpoint dead"
    RATE_LIMITED = "rate limited"
    BUDGET = "budget spent"
    NOT_RECORDED = "not recorded"
    REDACTED = "secret taken out"
    RECORDED = "verdict of the recorded run"
    UNSTABLE = "unstable"
    MIXED = "mixed samples"
    TOO_FEW = "too few answers"


@dataclass(frozen=True)
class Observation:
    """One word of the vocabulary with a sentence a person can read.

    `measured` is the limit that was found, spelt like the documented one ("1-4", ">=16").  A `suspect` observation could be
    an accident of the server and counts only when it repeats, each time followed by a control that succeeds.  `reason` is set
    where looks at the case did not agree.  The detail may
    quote an endpoint, so what is not printable in it is escaped, and what is long is cut.
    """

    seen: Seen
    detail: str
    measured: str | None = None
    suspect: bool = False
    reason: Reason | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "detail", shortened(printable(shortened(self.detail, LONGEST_DETAIL)), LONGEST_DETAIL))


def printable(text: str, keep: str = "") -> str:
    """Text from outside without what a terminal would obey or a file could not hold."""
    return "".join(each if each.isprintable() or each in keep else ascii(each)[1:-1] for each in text)


def shortened(text: str, longest: int) -> str:
    """Text of at most so many characters, with a sign where it was cut."""
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def honoured(detail: str, measured: str | None = None) -> Observation:
    """Accepted, and the effect was seen; for a claim about behaviour: the behaviour was seen."""
    return Observation(Seen.HONOURED, detail, measured)


def accepted(detail: str, measured: str | None = None) -> Observation:
    """Accepted; a client could not see an effect."""
    return Observation(Seen.ACCEPTED, detail, measured)


def ignored(detail: str, measured: str | None = None) -> Observation:
    """Accepted, and an effect that the server itself enforces was shown to be missing."""
    return Observation(Seen.IGNORED, detail, measured)


def clamped(detail: str, measured: str | None = None) -> Observation:
    """Accepted, and another value was applied."""
    return Observation(Seen.CLAMPED, detail, measured)


def refused(detail: str, measured: str | None = None) -> Observation:
    """Refused with an error that a client can act on."""
    return Observation(Seen.REFUSED, detail, measured)


def mishandled(detail: str, measured: str | None = None, *, suspect: bool = False) -> Observation:
    """The behaviour was seen broken: a malformed answer or error, a wrong status, a server fault."""
    return Observation(Seen.MISHANDLED, detail, measured, suspect)


def unanswered(detail: str, *, suspect: bool = False, reason: Reason | None = None) -> Observation:
    """No evidence either way."""
    return Observation(Seen.UNANSWERED, detail, suspect=suspect, reason=reason)
