"""A defect: a named way in which the mock lies, as one frozen record, and how active defects act at a seam.

A seam is a field of the record that holds a function; chat.py passes the value of the moment through it.  A new seam is
a field here and a line there.  The defects themselves stand in the other modules of this folder.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from conformance.mock.columns import Profile
from conformance.mock.engine import Choice, Draft
from conformance.mock.logprobs import Entry
from conformance.mock.refusing import Refusal
from conformance.mock.request import ChatRequest

T = TypeVar("T")

Json = dict[str, Any]
Entries = tuple[Entry, ...]
Lie = Callable[[ChatRequest, T], T]

EVERY_KIND = ("chat", "reasoning", "claude", "gemini")


@dataclass(frozen=True)
class Defect:
    """A way to lie.

    `symptom` is what a client sees, `url` a report of it from the field, `kinds` the classes of models that it
    concerns, `claims` the ids of the claims that it has to turn red.  The other fields are the seams, in the order in
    which a request meets them: its body, how it is checked, what was understood, what the engine wants to say, the
    choice that is left of it, the ids of its calls, its log probabilities, the body of a plain answer, the chunks of a
    stream; last how a refusal is written, which no
    class of models has a part in.
    """

    name: str
    symptom: str
    claims: tuple[str, ...]
    url: str | None = None
    surface: str = "chat"
    kinds: tuple[str, ...] = EVERY_KIND
    body: Callable[[Json], Json] | None = None
    profile: Callable[[Profile], Profile] | None = None
    request: Callable[[ChatRequest], ChatRequest] | None = None
    draft: Lie[Draft] | None = None
    choice: Lie[Choice] | None = None
    ids: Lie[tuple[str, ...]] | None = None
    logprobs: Lie[Entries] | None = None
    whole: Lie[Json] | None = None
    events: Lie[Iterator[Json]] | None = None
    refusal: Callable[[Refusal], Refusal] | None = None


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
