"""The gateway as an ASGI application: the routes of its fronts, the key, the wait before an answer, refusals.

What is answered on a route, and how an error looks there, is decided by the route's front.
"""

import asyncio
import secrets
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from conformance.mock.defects.defect import Defects, apply
from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.request import Seen
from conformance.mock.server import registry
from conformance.mock.server.counting import STATS, Counting
from conformance.mock.server.limiting import Limit
from conformance.mock.server.models import Models
from conformance.mock.server.options import Options
from conformance.mock.server.refusal import Refusal
from conformance.mock.server.wire import JSON, json_bytes
from conformance.mock.surfaces.front import Front

DEFECT_HEADER = "x-mock-defect"


class Gateway:
    """One mock gateway: its options, its fronts, its models and what it remembers of the requests it saw."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.models = Models(options.models)
        self.chosen = registry.named(options.defects)
        self.seen = Seen()
        self.limit = self.limited() if options.requests_per_minute else None
        self.owners: dict[Any, Front] = {}  # by the function that answers on a route
        handlers = {ApiError: self.refuse, HTTPException: self.refuse_route}
        self.app = Counting(Starlette(routes=self.routes(), exception_handlers=handlers))

    def limited(self) -> Limit:
        """Return the rate limit that the options ask for."""
        options = self.options
        return Limit(options.requests_per_minute, options.limit, options.limit_window, named=options.retry_after)

    def routes(self) -> list[Route]:
        """Return every path that is answered, and note whose it is."""
        found = [(front, route) for front in registry.fronts() for route in front.routes(self)]
        self.owners = {route.endpoint: front for front, route in found}
        return [*(route for _, route in found), Route(STATS, self.stats, methods=["GET"])]

    def front(self, request: Request) -> Front:
        """Return the front that a request was routed to."""
        return self.owners.get(request.scope.get("endpoint")) or registry.fallback()

    async def stats(self, request: Request) -> Response:
        """Answer with what was counted so far."""
        return Response(json_bytes(self.app.stats()), media_type=JSON)

    async def receive(self, request: Request) -> bytes:
        """Return the body of a request for an answer, after the wait that the options ask for."""
        body = await request.body()  # before the wait, in which a client may go away
        if self.options.latency:
            await asyncio.sleep(self.options.latency)
        return body

    def admit(self, request: Request) -> None:
        """Let the limit and what is active meet a request first, on every route."""
        if self.limit is not None:
            self.limit.arrive()
        for defect in self.chosen + known_defects(request):
            if defect.arrival is not None:
                defect.arrival()

    def authorize(self, request: Request) -> None:
        """Let a request in that carries the right key, in the way of its front."""
        self.admit(request)
        front = self.front(request)
        key = front.key(request)
        if key is None or not secrets.compare_digest(key.encode(), self.options.api_key.encode()):
            raise front.denied(request)

    def defects(self, request: Request) -> Defects:
        """Return the defects that act on a request: those chosen at the start, then those that its header names."""
        return shown(self.chosen + defects_of(request), self.front(request).name)

    async def refuse(self, request: Request, error: Exception) -> Response:
        """Answer with an error in the envelope of its front, or what defects make of it."""
        assert isinstance(error, ApiError)
        front = self.front(request)
        body = json_bytes(front.envelope(error))
        refusal = Refusal(error, request.headers, await request.body(), error.status, body, error.headers)
        active = shown(self.chosen + known_defects(request), front.name, *front.related)
        return apply(refusal, (defect.refusal for defect in active)).response()

    async def refuse_route(self, request: Request, error: Exception) -> Response:
        """Refuse a path or method that is not served."""
        assert isinstance(error, HTTPException)
        code = "method_not_allowed" if error.status_code == 405 else "unknown_url"
        message = f"Invalid URL or method ({request.method} {request.url.path})."
        headers = error.headers or {}
        return await self.refuse(request, ApiError(message, code=code, status=error.status_code, headers=headers))


def shown(defects: Defects, *surfaces: str) -> Defects:
    """Return the defects that act on the routes of these surfaces."""
    return tuple(defect for defect in defects if defect.shows_on(*surfaces))


def defects_of(request: Request) -> Defects:
    """Return the defects that a request names for itself."""
    names = [name.strip() for name in request.headers.get(DEFECT_HEADER, "").split(",")]
    try:
        return registry.named(name for name in names if name)
    except registry.UnknownDefectError as error:
        raise ApiError(str(error), param=DEFECT_HEADER, code="unknown_defect") from None


def known_defects(request: Request) -> Defects:
    """Return the defects that a request names for itself; none where a name is unknown, which is refused elsewhere."""
    try:
        return defects_of(request)
    except ApiError:
        return ()
