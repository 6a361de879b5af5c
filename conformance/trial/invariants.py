"""Invariants: statements that hold for every exchange of a model, judged over everything that a run sent.

An ordinary test looks at the replies to its own requests.  An invariant is a function of one reply, and is applied to every
exchange of its model as it arrives, whichever test sent the request.  If replies have to agree, the function returns the value
to compare.  Here is what an invariant consists of; the statements themselves are in the suite.  `tallies` counts the exchanges
that bear on an invariant, `witness` hears all exchanges of a model, and `concluding` has the observation that follows from all of
them.  The session knows when the last exchange of a model has arrived.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any

from conformance.base.observation import Observation


class Subject(StrEnum):
    """Which replies an invariant is about."""

    ANSWER = "answers"  # plain or streamed
    STREAM = "streams"  # streamed answers
    EVENTS = "event streams"  # complete streams with status 200, even those that cannot be read as an answer
    REFUSAL = "refusals"  # every reply with a status of 400 or above
    REPLY = "replies"  # every reply with a status


class Silence(Enum):
    """The finding for a reply that does not bear on an invariant."""

    SILENT = "shows nothing"


SILENT = Silence.SILENT


@dataclass(frozen=True)
class Compared:
    """A value that must be the same in all replies with this key.

    `differs` returns the violation from the value of a reply and the usual one, as a sentence or an observation, or None if this
    difference is in order.
    """

    key: str
    value: str | int
    differs: Callable[[Any, Any], Observation | str | None]


Finding = Observation | Compared | tuple[Compared, ...] | str | Silence | None
"""What a reply shows: None if it is in order, a sentence or an observation if it violates the invariant, SILENT for nothing.

A reply with several values to compare shows a tuple of them.
"""


@dataclass(frozen=True)
class Invariant:
    """A statement about every reply of its subject.

    `start` returns, for a bound case, the function that judges one reply.  `good` is the detail if no reply violates it.
    `compares` means that the function returns values to compare, and `comparable` says whether those of one key can be compared
    at all, from the number of replies with each.  `across_models` compares them with those of other models as well.  `proves`
    means that every violation is proof by itself, such as a word that only another prompt has; an observation may say so of
    itself as well.  `absence` means that it holds because something is missing, which shows no use of the parameter: the
    observation is then accepted instead of honoured.
    """

    subject: Subject
    good: str
    start: Callable[[Any], Callable[[Any], Finding]]
    proves: bool = False
    compares: bool = False
    absence: bool = False
    comparable: Callable[[str, Mapping[Any, int]], bool] | None = None
    across_models: bool = False


def invariant_of(test: Any) -> Invariant | None:
    """Return the invariant that a test of the suite declares; None for a test that judges its own replies."""
    declared: Invariant | None = getattr(test, "invariant", None)
    return declared
