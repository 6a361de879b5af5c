"""The record of a defect of Responses: the seams that all fronts share, and those of this API."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from conformance.mock.defects.defect import Defect, Json, Mutation
from conformance.mock.surfaces.responses.columns import Profile
from conformance.mock.surfaces.responses.request import ResponsesRequest


@dataclass(frozen=True)
class ResponsesDefect(Defect):
    """A defect of Responses.

    Its own seams, in the order in which a request passes them: `profile`, how a class of models checks requests; `body`, the
    body before it is checked; `cached`, the tokens of a prompt that were cached; `object`, the finished response, from which a
    stream is derived; `whole`, the body of a plain answer; `events`, the events of a stream, and `numbered` the same with their
    numbers; `stored`, the body of a reply about a stored response.
    """

    surface: str = "responses"
    kinds: tuple[str, ...] = ("chat", "reasoning")  # those of the column that the API is documented for
    request: Callable[[ResponsesRequest], ResponsesRequest] | None = None
    profile: Callable[[Profile], Profile] | None = None
    body: Callable[[Json], Json] | None = None
    cached: Callable[[int], int] | None = None
    object: Mutation[Json] | None = None
    whole: Mutation[Json] | None = None
    events: Mutation[Iterator[Json]] | None = None
    numbered: Mutation[Iterator[Json]] | None = None
    stored: Callable[[Json], Json] | None = None
