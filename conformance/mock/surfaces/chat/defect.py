"""The record of a defect of Chat Completions: the seams of every front, and those that only this API has."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from conformance.mock.defects.defect import Defect, Json, Mutation
from conformance.mock.engine.logprobs import Entry
from conformance.mock.surfaces.chat.columns import Profile
from conformance.mock.surfaces.chat.request import ChatRequest

Entries = tuple[Entry, ...]


@dataclass(frozen=True)
class ChatDefect(Defect):
    """A way to lie about Chat Completions.

    The seams of its own, in the order in which a request meets them: its body, how it is checked, the ids of the calls
    of a choice, its log probabilities, the body of a plain answer, the chunks of a stream.
    """

    surface: str = "chat"
    request: Callable[[ChatRequest], ChatRequest] | None = None
    body: Callable[[Json], Json] | None = None
    profile: Callable[[Profile], Profile] | None = None
    ids: Mutation[tuple[str, ...]] | None = None
    logprobs: Mutation[Entries] | None = None
    whole: Mutation[Json] | None = None
    events: Mutation[Iterator[Json]] | None = None
