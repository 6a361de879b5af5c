"""A defect: a named way in which the mock lies, as one frozen record, and how active defects act at a seam.

A seam is a field of the record that holds a function; chat.py passes the value of the moment through it.  A new seam is
a field here and a line there.  The defects themselves stand in the other modules of this folder.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from conformance.mock.engine.answer import Choice, Draft
from conformance.mock.engine.logprobs import Entry
from conformance.mock.server.refusal import Refusal
from conformance.mock.server.wire import Wire
from conformance.mock.surfaces.chat.columns import Profile
from conformance.mock.surfaces.chat.request import ChatRequest

T = TypeVar("T")

Json = dict[str, Any]
Entries = tuple[Entry, ...]
Lie = Callable[[ChatRequest, T], T]

EVERY_KIND = ("chat", "reasoning", "claude", "gemini")


@dataclass(frozen=True)
class Defect:
    """A way to lie.

    `symptom` is what a client sees, `reports` the numbers of where it was seen (reports.toml), `kinds` the classes of
    models that it concerns, `claims` the ids of the claims that it has to turn: to red, or to another observation where
    the contract says nothing.  With a `parameter` it acts on requests that have it only.

    The other fields are the seams, in the order in which a request meets them: its arrival on whatever route, its body,
    how it is checked, what was understood, what the engine wants to say, the choice that is left of it, the ids of its
    calls, its log probabilities, the body of a plain answer and that answer on the wire, the chunks of a stream and that
    stream on the wire; last what no class of models has a part in: how a refusal is written, the list of models, the
    catalogue.
    """

    name: str
    symptom: str
    claims: tuple[str, ...]
    reports: tuple[str, ...] = ()
    surface: str = "chat"
    parameter: str | None = None
    kinds: tuple[str, ...] = EVERY_KIND
    arrival: Callable[[], None] | None = None
    body: Callable[[Json], Json] | None = None
    profile: Callable[[Profile], Profile] | None = None
    request: Callable[[ChatRequest], ChatRequest] | None = None
    draft: Lie[Draft] | None = None
    choice: Lie[Choice] | None = None
    ids: Lie[tuple[str, ...]] | None = None
    logprobs: Lie[Entries] | None = None
    whole: Lie[Json] | None = None
    answered: Lie[Wire] | None = None
    events: Lie[Iterator[Json]] | None = None
    streamed: Lie[Wire] | None = None
    refusal: Callable[[Refusal], Refusal] | None = None
    listing: Callable[[Json], Json] | None = None
    catalogue: Callable[[Json], Json] | None = None

    def concerns(self, kind: str, body: Json) -> bool:
        """Whether the defect acts on a request to a model of this kind."""
        return kind in self.kinds and (self.parameter is None or self.parameter in body)


Defects = tuple[Defect, ...]


def bent(value: T, lies: Iterable[Callable[[T], T] | None]) -> T:
    """A value after the lies that are told about it, in their order."""
    for lie in lies:
        if lie is not None:
            value = lie(value)
    return value


def told(request: ChatRequest, lies: Iterable[Lie[T] | None]) -> Iterator[Callable[[T], T]]:
    """Lies that look at the request, ready for a value."""
    return (partial(lie, request) for lie in lies if lie is not None)
