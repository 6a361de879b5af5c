"""A defect: a named way in which the mock lies, as one frozen record, and how active defects act at a seam.

A seam is a field of the record that holds a function; a front passes the value of the moment through it.  The seams of
this record belong to every front: the engine's, since there is one engine, and those of the wire.  A surface with more
seams adds them in a record of its own that extends this one, and applies them itself; nothing here changes for it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from conformance.mock.engine.answer import Choice, Draft
from conformance.mock.engine.classes import KINDS
from conformance.mock.server.refusal import Refusal
from conformance.mock.server.wire import Wire

T = TypeVar("T")

Json = dict[str, Any]
Mutation = Callable[[Any, T], T]  # of the request as its front read it, and of the value that is changed


@dataclass(frozen=True)
class Defect:
    """A way to lie.

    `symptom` is what a client sees, `reports` the numbers of where it was seen (reports.toml), `kinds` the kinds of
    models that it concerns, `claims` the ids of the claims that it has to turn: to red, or to another observation where
    the contract says nothing.  With a `surface` it acts on the routes of that front only, with a `parameter` only on
    requests that have it.

    The other fields are the seams, in the order in which a request meets them: its arrival on whatever route, what was
    understood, what the engine wants to say, the choice that is left of it, a plain answer or a stream on the wire, and
    how a refusal is written.
    """

    name: str
    symptom: str
    claims: tuple[str, ...]
    reports: tuple[str, ...] = ()
    surface: str = ""
    parameter: str | None = None
    kinds: tuple[str, ...] = KINDS
    arrival: Callable[[], None] | None = None
    request: Callable[[Any], Any] | None = None
    draft: Mutation[Draft] | None = None
    choice: Mutation[Choice] | None = None
    answered: Mutation[Wire] | None = None
    streamed: Mutation[Wire] | None = None
    refusal: Callable[[Refusal], Refusal] | None = None

    @property
    def seams(self) -> tuple[str, ...]:
        """The seams at which it acts, by name."""
        return tuple(place.name for place in fields(self) if callable(getattr(self, place.name)))

    def shows_on(self, *surfaces: str) -> bool:
        """Return whether it acts on the routes of one of these surfaces."""
        return not self.surface or self.surface in surfaces

    def concerns(self, kind: str, body: Json) -> bool:
        """Return whether it acts on a request to a model of this kind."""
        return kind in self.kinds and (self.parameter is None or self.parameter in body)


Defects = tuple[Defect, ...]


def apply(value: T, mutations: Iterable[Callable[[T], T] | None]) -> T:
    """Return a value after all mutations, in their order."""
    for mutation in mutations:
        if mutation is not None:
            value = mutation(value)
    return value


def apply_to(request: Any, value: T, mutations: Iterable[Mutation[T] | None]) -> T:
    """Return a value after all mutations, each of which looks at the request too."""
    for mutation in mutations:
        if mutation is not None:
            value = mutation(request, value)
    return value
