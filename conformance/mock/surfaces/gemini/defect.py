"""The record of a defect of content generation: the seams that all fronts share, and those of this API."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from conformance.mock.defects.defect import Defect, Json, Mutation
from conformance.mock.surfaces.gemini.profiles import Profile
from conformance.mock.surfaces.gemini.request import GeminiRequest


@dataclass(frozen=True)
class GeminiDefect(Defect):
    """A defect of content generation.

    Its own seams, in the order in which a request passes them: `address`, the path as sent and the headers of a request with a
    right key, which it may refuse; `body`, the body before it is checked; `profile`, how a class of
    models checks requests; `whole`, the response of a plain answer; `events`, the responses of a stream; `counted`, the answer
    to a request to count tokens; `listing`, a list of models or one of them.
    """

    surface: str = "gemini"
    kinds: tuple[str, ...] = ("gemini", "gemini-3")
    request: Callable[[GeminiRequest], GeminiRequest] | None = None
    address: Callable[[str, Mapping[str, str]], None] | None = None
    body: Callable[[Json], Json] | None = None
    profile: Callable[[Profile], Profile] | None = None
    whole: Mutation[Json] | None = None
    events: Mutation[Iterator[Json]] | None = None
    counted: Callable[[Json], Json] | None = None
    listing: Callable[[Json], Json] | None = None
