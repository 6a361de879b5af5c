"""The record of a defect of the Messages API: the seams that all fronts share, and those of this API."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from conformance.mock.defects.defect import Defect, Json, Mutation
from conformance.mock.surfaces.messages.request import MessagesRequest

Headers = dict[str, str]


@dataclass(frozen=True)
class MessagesDefect(Defect):
    """A defect of the Messages API.

    Its own seams, in the order in which a request passes them: `query`, called with the path and the query of its address, may
    refuse it; `headers`, those of the request, in lower case; `body`, the
    body before it is checked; `asked`, the same body of a request to count tokens; `message`, the body of an answer, from which
    a stream is made as well; `whole`, that of a plain answer; `events`, the events of a stream; `count`, the body of a count.
    """

    surface: str = "messages"
    kinds: tuple[str, ...] = ("claude",)
    request: Callable[[MessagesRequest], MessagesRequest] | None = None
    query: Callable[[str, str], None] | None = None
    headers: Callable[[Headers], Headers] | None = None
    body: Callable[[Json], Json] | None = None
    asked: Callable[[Json], Json] | None = None
    message: Mutation[Json] | None = None
    whole: Mutation[Json] | None = None
    events: Mutation[Iterator[Json]] | None = None
    count: Callable[[Json], Json] | None = None
