"""The gateway as an ASGI application: the routes of its fronts, the check of the key, the latency, and refusals.

The front of a route decides what it answers and how an error looks there.
"""

import asyncio
import random
import secrets
from collections import deque
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from conformance.mock.defects.defect import Defects, Transfer, apply
from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.request import RequestCounts
from conformance.mock.server import registry
from conformance.mock.server.counting import STATS, RequestCounter
from conformance.mock.server.limiting import RateLimit, too_many_at_once
from conformance.mock.server.models import Models
from conformance.mock.server.options import Options
from conformance.mock.server.refusal import Refusal
from conformance.mock.server.wire import JSON, gzipped, json_bytes
from conformance.mock.surfaces.front import Front

DEFECT_HEADER = "x-mock-defect"
BYTES_OF_A_TOKEN = 4.0  # of a request, in a limit of tokens: usual for English
REMEMBERED = 64  # connections with a refusal, the latest; only a defect needs them, for the request that comes next


class Gateway:
    """One mock gateway: its options, fronts and models, and its memory of earlier requests."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.models = Models(options.models, options.contract)
        self.start_defects = registry.find_all(options.defects)
        self.dice = random.Random(options.seed)
        self.request_counts = RequestCounts()
        self.refused_on: deque[Any] = deque(maxlen=REMEMBERED)  # addresses of clients
        self.limit = self.rate_limit(options.requests_per_minute, "requests")
        self.token_limit = self.rate_limit(options.tokens_per_minute, "tokens")
        self.front_by_endpoint: dict[Any, Front] = {}  # by the endpoint function of a route
        handlers = {ApiError: self.refuse, HTTPException: self.refuse_route}
        known = Starlette(routes=self.routes(), exception_handlers=handlers)
        known.router.redirect_slashes = False  # clients do not follow redirects of a POST
        self.app = RequestCounter(known)

    def rate_limit(self, per_minute: float, counted: str) -> RateLimit | None:
        """Return the limit of the options for what is counted, requests or tokens; None without one."""
        options = self.options
        if not per_minute:
            return None
        return RateLimit(
            per_minute, options.limit, options.limit_window, retry_after=options.retry_after, counted=counted
        )

    def keep_limits(self, request: Request) -> None:
        """Count a request in all limits, or raise ApiError to refuse it."""
        options = self.options
        if options.at_once and self.app.in_flight > options.at_once:
            raise too_many_at_once(options.at_once, retry_after=options.retry_after)
        if self.limit is not None:
            self.limit.admit()
        if self.token_limit is not None:
            self.token_limit.admit(int(request.headers.get("content-length", 0)) / BYTES_OF_A_TOKEN)

    def routes(self) -> list[Route]:
        """Return the routes of all fronts and of the statistics, and remember the front of each."""
        routes = [(front, route) for front in registry.fronts() for route in front.routes(self)]
        self.front_by_endpoint = {route.endpoint: front for front, route in routes}
        return [*(route for _, route in routes), Route(STATS, self.stats, methods=["GET"])]

    def front(self, request: Request) -> Front:
        """Return the front whose route a request matched, or the fallback."""
        return self.front_by_endpoint.get(request.scope.get("endpoint")) or registry.fallback()

    async def stats(self, request: Request) -> Response:
        """Answer with the counts of requests so far."""
        return Response(json_bytes(self.app.stats()), media_type=JSON)

    async def receive(self, request: Request) -> bytes:
        """Return the body of a request, after the latency of the options."""
        body = await request.body()  # before the wait, during which a client may disconnect
        if self.options.latency:
            await asyncio.sleep(self.options.latency)
        return body

    def admit(self, request: Request) -> None:
        """Apply the limits and the active defects of arrival, before anything else; raise ApiError to refuse."""
        self.keep_limits(request)
        transfer = self.transfer(request)
        for defect in self.drawn_defects(request) + known_requested_defects(request):
            if defect.arrival is not None:
                defect.arrival()
            if defect.transfer is not None:
                defect.transfer(transfer)

    def transfer(self, request: Request) -> Transfer:
        """Return how a request came."""
        size, client = int(request.headers.get("content-length", 0)), request.scope["client"]
        if follows := client in self.refused_on:
            self.refused_on.remove(client)
        return Transfer(request.headers, size, follows)

    def authorize(self, request: Request) -> None:
        """Admit a request and check its key, sent as its front reads it; raise ApiError to refuse."""
        self.admit(request)
        front = self.front(request)
        key = front.key(request)
        if key is None or not secrets.compare_digest(key.encode(), self.options.api_key.encode()):
            raise front.denied(request)

    def defects(self, request: Request) -> Defects:
        """Return the defects that act on a request: those of the options, then those that its header names."""
        return acting_on(self.drawn_defects(request) + requested_defects(request), self.front(request).name)

    def drawn_defects(self, request: Request) -> Defects:
        """Return the defects of the options if this is one of the requests on which they show; it is drawn once."""
        if not hasattr(request.state, "misbehaves"):
            request.state.misbehaves = self.dice.random() < self.options.share
        return self.start_defects if request.state.misbehaves else ()

    def encoded(self, request: Request, response: Response) -> Response:
        """Return an answer that is not streamed in the encoding gzip, if the request accepts that."""
        if "gzip" in request.headers.get("accept-encoding", "") and not isinstance(response, StreamingResponse):
            response.body = apply(
                gzipped(bytes(response.body)), (defect.compressed for defect in self.defects(request))
            )
            more = {"content-encoding": "gzip", "vary": "accept-encoding", "content-length": str(len(response.body))}
            response.headers.update(more)
        return response

    async def refuse(self, request: Request, error: Exception) -> Response:
        """Answer with an error in the envelope of its front, changed by the active defects of refusals."""
        assert isinstance(error, ApiError)
        front = self.front(request)
        body = json_bytes(front.as_stated(front.envelope(error), error, self.models.contract))
        self.refused_on.append(request.scope["client"])
        refusal = Refusal(
            error, request.method, request.headers, await request.body(), error.status, body, error.headers
        )
        active = acting_on(self.drawn_defects(request) + known_requested_defects(request), front.name, *front.related)
        return apply(refusal, (defect.refusal for defect in active)).response()

    async def refuse_route(self, request: Request, error: Exception) -> Response:
        """Refuse an unknown path or method."""
        assert isinstance(error, HTTPException)
        code = "method_not_allowed" if error.status_code == 405 else "unknown_url"
        message = f"Invalid URL or method ({request.method} {request.url.path})."
        headers = error.headers or {}
        return await self.refuse(request, ApiError(message, code=code, status=error.status_code, headers=headers))


def acting_on(defects: Defects, *surfaces: str) -> Defects:
    """Return those of the defects that act on the routes of these surfaces."""
    return tuple(defect for defect in defects if defect.shows_on(*surfaces))


def requested_defects(request: Request) -> Defects:
    """Return the defects that the header of a request names; raise ApiError for an unknown name."""
    names = [name.strip() for name in request.headers.get(DEFECT_HEADER, "").split(",")]
    try:
        return registry.find_all(name for name in names if name)
    except registry.UnknownDefectError as error:
        raise ApiError(str(error), param=DEFECT_HEADER, code="unknown_defect") from None


def known_requested_defects(request: Request) -> Defects:
    """Return the defects that the header of a request names, or none if a name is unknown.

    The unknown name is refused when the route asks for the defects; while that refusal is written, it must not raise again.
    """
    try:
        return requested_defects(request)
    except ApiError:
        return ()
