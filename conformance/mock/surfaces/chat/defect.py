"""The record of a defect of Chat Completions: the seams that all fronts share, and those of this API."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from conformance.mock.defects.defect import Defect, Json, Mutation
from conformance.mock.engine.logprobs import Entry
from conformance.mock.surfaces.chat.columns import Profile
from conformance.mock.surfaces.chat.request import ChatRequest

Entries = tuple[Entry, ...]


@dataclass(frozen=True)
class ChatDefect(Defect):
    """A defect of Chat Completions.

    Its own seams, in the order in which a request passes them: `profile`, how a class of models checks requests; `body`, the
    body before it is checked; `ids`, the ids of the calls of a choice; `logprobs`, its log probabilities; `whole`, the body
    of a plain answer; `events`, the chunks of a stream.
    """

    surface: str = "chat"
    request: Callable[[ChatRequest], ChatRequest] | None = None
    body: Callable[[Json], Json] | None = None
    profile: Callable[[Profile], Profile] | None = None
    ids: Mutation[tuple[str, ...]] | None = None
    logprobs: Mutation[Entries] | None = None
    whole: Mutation[Json] | None = None
    events: Mutation[Iterator[Json]] | None = None
