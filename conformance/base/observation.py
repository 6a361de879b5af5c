"""The vocabulary of observations: what the replies of an endpoint can show about a claim.

Only the words and the frozen record that carries one of them live here.  Nothing in this file knows a claim, a request or a
verdict: an observation says what was seen, and `trial.judge` says what it means under the contract.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass, replace
from enum import Enum, StrEnum
from typing import Any

# Characters.  A detail is one or two sentences that quote an endpoint at most briefly; the whole reply is in the evidence.
# Details are repeated in every format, so a much larger limit lets one verbose endpoint bloat every report of a run, and a much
# smaller one cuts the quoted error message, which is what a reader needs first.
MAX_DETAIL = 1000

# What the runner of a GitHub workflow takes for a command at the beginning of a line: ::name or ::name title=..., up to the next
# colons; and an older form, anywhere.
_COMMAND = re.compile(r"::(?=[A-Za-z][A-Za-z-]*(?: .*?)?::)|##\[")


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

    A terminal would obey control sequences, a lone surrogate cannot be written to a UTF-8 file, and the runner of a GitHub
    workflow obeys what a line begins with, which a long text may be wrapped into.
    """
    if not text.isprintable():
        text = "".join(char if char.isprintable() or char in keep else ascii(char)[1:-1] for char in text)
    return _COMMAND.sub(lambda found: f"\\x{ord(found[0][0]):02x}{found[0][1:]}", text) if _commands(text) else text


def _commands(text: str) -> bool:
    """Return whether a text may hold a command of a workflow; fast if it does not."""
    return "::" in text or "##[" in text


def is_printable(text: str) -> bool:
    """Return whether `printable` leaves a text as it is; also False for a few texts that it does leave."""
    return text.isprintable() and not _commands(text)


def printed(value: Any) -> Any:
    """Return a value of a record with every text in it printable: a text, or a tuple, mapping or record that holds texts.

    What is printable already is returned as it is, and so are the words of an enum.
    """
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return value if is_printable(value) else printable(value)
    if isinstance(value, tuple):
        return tuple(map(printed, value))
    if isinstance(value, Mapping):
        return {printed(key): printed(inner) for key, inner in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{name: printed(inner) for name, inner in vars(value).items() if not _plain(inner)})
    return value


def make_printable(record: object) -> None:
    """Make every text of a frozen record printable, as its last step when it is made."""
    for name, value in vars(record).items():
        if not _plain(value):
            object.__setattr__(record, name, printed(value))


def _plain(value: object) -> bool:
    """Return whether a value can be seen to need no change."""
    return value is None or isinstance(value, Enum | int | float) or (isinstance(value, str) and is_printable(value))


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
