"""The record of a defect, a named way in which the mock misbehaves, and the functions that apply defects at a seam.

A seam is a field of the record that holds a function; at that point a front passes its current value through the function.
The seams of this record are shared by all fronts: those of the engine and of the wire.  A surface with more seams adds them in
a record that extends this one, and applies them itself; this module must not know any surface.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, TypeVar

from conformance.mock.engine.answer import Choice, Draft
from conformance.mock.engine.classes import KINDS
from conformance.mock.server.refusal import Refusal
from conformance.mock.server.wire import Wire

T = TypeVar("T")

Json = dict[str, Any]
Mutation = Callable[[Any, T], T]  # called with the parsed request and the value to change


@dataclass(frozen=True)
class Transfer:
    """How a request came: its headers, the bytes of its body, and whether it follows a refusal on the same connection."""

    headers: Mapping[str, str]
    size: int
    follows_refusal: bool


@dataclass(frozen=True)
class Defect:
    """A named way in which the mock misbehaves.

    `symptom` is one sentence that says what a client sees.  `claims` are the ids of the claims that must turn: to a deviation,
    or to another observation if the contract states nothing.  `reports` are numbers in reports.toml of where it was seen.
    It acts only on models of `kinds`, on the routes of `surface` if there is one, and on requests with `parameter` if there
    is one.

    The other fields are the seams, in the order in which a request passes them: `arrival` and `transfer`, before anything else,
    may refuse it, the latter for how it came; `request`, after it was checked; `draft`, the complete answer of the engine;
    `choice`, what is left of the draft; `answered` and `streamed`, a plain answer or a stream on the wire; `compressed`, the
    bytes of an answer in the encoding gzip; `refusal`, an error on the wire.
    """

    name: str
    symptom: str
    claims: tuple[str, ...]
    reports: tuple[str, ...] = ()
    surface: str = ""
    parameter: str | None = None
    kinds: tuple[str, ...] = KINDS
    arrival: Callable[[], None] | None = None
    transfer: Callable[[Transfer], None] | None = None
    request: Callable[[Any], Any] | None = None
    draft: Mutation[Draft] | None = None
    choice: Mutation[Choice] | None = None
    answered: Mutation[Wire] | None = None
    streamed: Mutation[Wire] | None = None
    compressed: Callable[[bytes], bytes] | None = None
    refusal: Callable[[Refusal], Refusal] | None = None

    @cached_property
    def seams(self) -> tuple[str, ...]:
        """The names of the seams at which the defect acts."""
        return tuple(seam.name for seam in fields(self) if callable(getattr(self, seam.name)))

    def shows_on(self, *surfaces: str) -> bool:
        """Return whether the defect acts on the routes of one of these surfaces."""
        return not self.surface or self.surface in surfaces

    def concerns(self, kind: str, body: Json) -> bool:
        """Return whether the defect acts on this body, sent to a model of this kind."""
        return kind in self.kinds and (self.parameter is None or self.parameter in body)


Defects = tuple[Defect, ...]


def apply(value: T, mutations: Iterable[Callable[[T], T] | None]) -> T:
    """Return a value after all mutations, in their order; None entries are skipped."""
    for mutation in mutations:
        if mutation is not None:
            value = mutation(value)
    return value


def apply_to(request: Any, value: T, mutations: Iterable[Mutation[T] | None]) -> T:
    """Return a value after all mutations, which also get the request; None entries are skipped."""
    for mutation in mutations:
        if mutation is not None:
            value = mutation(request, value)
    return value
