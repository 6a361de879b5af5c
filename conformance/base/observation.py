"""The vocabulary of observations: what the replies of an endpoint can show about a claim.

Only the words and the frozen record that carries one of them live here.  Nothing in this file knows a claim, a request or a
verdict: an observation says what was seen, and `trial.judge` says what it means under the contract.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# Characters.  A detail is one or two sentences that quote an endpoint at most briefly; the whole reply is in the evidence.
# Details are repeated in every format, so a much larger limit lets one verbose endpoint bloat every report of a run, and a much
# smaller one cuts the quoted error message, which is what a reader needs first.
MAX_DETAIL = 1000


class Seen(StrEnum):
    """What the evidence shows, from the best for a client to the worst."""

    HONOURED = "honoured"
    ACCEPTED = "accepted"
    IGNORED = "ignored"
    CLAMPED = "clamped"
    REFUSED = "refused"
    MISHANDLED = "mishandled"
    UNANSWERED = "unanswered"


class Reason(StrEnum):
    """Why a case is blocked or inconclusive, for programs that decide by it; the detail says the same to people."""

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
    PRESUPPOSED = "presupposition failed"
    NOT_APPLICABLE = "not applicable"
    TIMED_OUT = "timed out"


@dataclass(frozen=True)
class Observation:
    """One word of the vocabulary, with a sentence that a person can read.

    `measured` is the limit that was found, spelt like the documented one ("1-4", ">=16"), and `wider` says that it was found for
    certain beyond the documented range.  A `suspect` observation could be
    an accident of the server: it counts only if it repeats, each time followed by a control that succeeds.  `reason` is set
    where repeated observations of one case disagree, and for a timeout.  What is `enforced` is up to the server alone, whatever a
    model samples, although the claim may depend on sampling.  What is `proof` comes by no accident, so that one sighting is
    enough.  What holds by the `absence` of something shows no use of its parameter, and needs no negative control.  The detail
    may quote an endpoint, so unprintable characters in it are escaped, and it is cut at MAX_DETAIL.
    """

    seen: Seen
    detail: str
    measured: str | None = None
    suspect: bool = False
    reason: Reason | None = None
    absence: bool = False
    enforced: bool = False
    proof: bool = False
    wider: bool = False

    def __post_init__(self) -> None:
        # Cut before escaping too, so that a detail of megabytes is not escaped character by character.
        object.__setattr__(self, "detail", shortened(printable(shortened(self.detail, MAX_DETAIL)), MAX_DETAIL))


def printable(text: str, keep: str = "") -> str:
    """Return text from outside with every unprintable character escaped, except those in `keep`.

    A terminal would obey control sequences, and a lone surrogate cannot be written to a UTF-8 file.
    """
    return "".join(char if char.isprintable() or char in keep else ascii(char)[1:-1] for char in text)


def shortened(text: str, length: int) -> str:
    """Return the text cut to at most `length` characters; three dots at the end show that it was cut."""
    return text if len(text) <= length else f"{text[: length - 3]}..."


def honoured(detail: str, measured: str | None = None) -> Observation:
    """Return an observation: accepted, and the effect was seen; for a claim about behaviour: the behaviour was seen."""
    return Observation(Seen.HONOURED, detail, measured)


def absent(detail: str) -> Observation:
    """Return an observation: accepted, and what must not come did not come."""
    return Observation(Seen.ACCEPTED, detail, absence=True)


def accepted(detail: str, measured: str | None = None) -> Observation:
    """Return an observation: accepted, and a client cannot see whether it has an effect."""
    return Observation(Seen.ACCEPTED, detail, measured)


def ignored(detail: str, measured: str | None = None, *, enforced: bool = False) -> Observation:
    """Return an observation: accepted, and the effect, which the server itself would enforce, was shown to be missing."""
    return Observation(Seen.IGNORED, detail, measured, enforced=enforced)


def clamped(detail: str, measured: str | None = None, *, enforced: bool = False) -> Observation:
    """Return an observation: accepted, but another value was applied."""
    return Observation(Seen.CLAMPED, detail, measured, enforced=enforced)


def refused(detail: str, measured: str | None = None) -> Observation:
    """Return an observation: refused with an error that a client can act on."""
    return Observation(Seen.REFUSED, detail, measured)


def mishandled(
    detail: str, measured: str | None = None, *, suspect: bool = False, enforced: bool = False, proof: bool = False
) -> Observation:
    """Return an observation: the behaviour is broken: a malformed answer or error, a wrong status, a server fault."""
    return Observation(Seen.MISHANDLED, detail, measured, suspect, enforced=enforced, proof=proof)


def not_applicable(detail: str) -> Observation:
    """Return an observation: the claim is about something that this endpoint does not claim to have."""
    return Observation(Seen.UNANSWERED, detail, reason=Reason.NOT_APPLICABLE)


def unanswered(detail: str, *, suspect: bool = False, reason: Reason | None = None) -> Observation:
    """Return an observation: no evidence either way."""
    return Observation(Seen.UNANSWERED, detail, suspect=suspect, reason=reason)
