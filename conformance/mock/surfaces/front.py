"""How an API enters the mock: a front, which spells requests, replies, errors and defects of one surface.

The server finds fronts by entry points of the group `conformance.surfaces` whose names end in `.mock`, the built-in ones
like any other's:

    [project.entry-points."conformance.surfaces"]
    "mine.mock" = "my_surface.front:FRONT"

A front brings its routes, made for one gateway; how its requests carry a key, and what is said to one without the right
key; the envelope of its errors; and its defects.  Their seams above the wire are the front's own: it extends the record
`Defect` by fields that hold functions, and applies them where it has the value.  Whatever answers it gives from the engine
it passes through the seams of every front (surfaces/seams.py), so that degraded gateways are degraded there too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.requests import Request
from starlette.routing import Route

from conformance.mock.defects.defect import Defect, Defects
from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.request import Seen
from conformance.mock.server.models import Models


class Gateway(Protocol):
    """What a front may use of the gateway that serves it: its models, what it has seen, and these steps of a request."""

    models: Models
    seen: Seen

    async def receive(self, request: Request) -> bytes:
        """Return the body of a request for an answer, after the wait that the options ask for."""
        ...

    def admit(self, request: Request) -> None:
        """Let a request in, whatever its key, unless the rate limit or an active defect holds it up."""
        ...

    def authorize(self, request: Request) -> None:
        """Let a request in that carries the right key."""
        ...

    def defects(self, request: Request) -> Defects:
        """Return the defects that act on a request: those chosen at the start, then those that its header names."""
        ...


@dataclass(frozen=True)
class Front:
    """One surface of the mock.

    `routes` makes its routes for a gateway; `key` reads the key of a request (None without one) and `denied` is the error
    for a request without the right key; `envelope` is the JSON body of an error.  `related` names surfaces whose errors
    are written in the same way, so that their defects of refusals show on its routes too.  A front with `fallback`
    answers for paths and methods that nobody serves.
    """

    name: str
    routes: Callable[[Gateway], Sequence[Route]]
    key: Callable[[Request], str | None]
    denied: Callable[[Request], ApiError]
    envelope: Callable[[ApiError], Any]
    defects: Mapping[str, Defect] = field(default_factory=dict)
    related: tuple[str, ...] = ()
    fallback: bool = False

    @property
    def seams(self) -> frozenset[str]:
        """The seams at which its defects act, by name."""
        return frozenset(name for defect in self.defects.values() for name in defect.seams)
