"""The protocol between the server and a front, which implements one API in the mock.

The server finds fronts, also the built-in ones, by entry points of the group `conformance.surfaces` whose names end in
`.mock`:

    [project.entry-points."conformance.surfaces"]
    "mine.mock" = "my_surface.front:FRONT"

A front has routes, made for one gateway; a way to read the key of a request, and the error for a wrong one; the envelope of
its errors; and its defects.  It may have seams of its own: it extends the record `Defect` with fields that hold functions,
and applies them where it has the value.  It must also pass every answer of the engine through the seams that all fronts share
(surfaces/seams.py), so that degraded gateways are degraded on its routes too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from conformance.mock.defects.defect import Defect, Defects
from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.request import RequestCounts
from conformance.mock.server.documented import Contract
from conformance.mock.server.models import Models


class Gateway(Protocol):
    """What a front may use of the gateway that serves it: models, counts of earlier requests, and steps of a request."""

    models: Models
    request_counts: RequestCounts

    async def receive(self, request: Request) -> bytes:
        """Return the body of a request, after the latency of the options."""
        ...

    def admit(self, request: Request) -> None:
        """Admit a request whatever its key; raise ApiError if the rate limit or an active defect refuses it."""
        ...

    def authorize(self, request: Request) -> None:
        """Admit a request with the right key; raise ApiError for any other."""
        ...

    def defects(self, request: Request) -> Defects:
        """Return the defects that act on a request: those of the options, then those that its header names."""
        ...

    def encoded(self, request: Request, response: Response) -> Response:
        """Return an answer in the encoding that the request accepts."""
        ...


@dataclass(frozen=True)
class Front:
    """One surface of the mock.

    `routes` makes its routes for a gateway; `key` returns the key of a request, or None; `denied` returns the error for a
    missing or wrong key; `envelope` returns the JSON body of an error, and `as_stated` changes it to that of a contract.
    `related` names surfaces with the same errors: their defects of refusals act on its routes too.  A front with `fallback`
    answers unknown paths and methods.
    """

    name: str
    routes: Callable[[Gateway], Sequence[Route]]
    key: Callable[[Request], str | None]
    denied: Callable[[Request], ApiError]
    envelope: Callable[[ApiError], Any]
    defects: Mapping[str, Defect] = field(default_factory=dict)
    related: tuple[str, ...] = ()
    fallback: bool = False
    as_stated: Callable[[Any, ApiError, Contract], Any] = lambda body, error, contract: body

    @property
    def seams(self) -> frozenset[str]:
        """The seams at which its defects act, by name."""
        return frozenset(name for defect in self.defects.values() for name in defect.seams)
