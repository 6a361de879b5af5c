"""The gateway as an ASGI application: routes, the key, the wait before an answer, errors as envelopes.

What is answered on a route is decided in that route's own module.
"""

import asyncio
import re
import secrets

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from conformance.mock import defects
from conformance.mock.defects.defect import Defects, bent
from conformance.mock.engine.errors import ApiError
from conformance.mock.server.counting import STATS, Counting
from conformance.mock.server.limiting import Limit
from conformance.mock.server.models import Models, Page
from conformance.mock.server.options import Options
from conformance.mock.server.refusal import JSON, refusal_of
from conformance.mock.server.wire import json_bytes
from conformance.mock.surfaces.chat import answering

DEFECT_HEADER = "x-mock-defect"


class Gateway:
    """One mock gateway: its options, its models and what it remembers of the requests it saw."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.models = Models(options.models)
        self.defects = defects.named(options.defects)
        self.seen = answering.Seen()
        self.limit = self.limited() if options.requests_per_minute else None
        handlers = {ApiError: self.refuse, HTTPException: self.refuse_route}
        self.app = Counting(Starlette(routes=self.routes(), exception_handlers=handlers))

    def limited(self) -> Limit:
        """The rate limit that the options ask for."""
        options = self.options
        return Limit(options.requests_per_minute, options.limit, options.limit_window, named=options.retry_after)

    def routes(self) -> list[Route]:
        """Every path that is answered."""
        return [
            Route("/v1/chat/completions", self.chat, methods=["POST"]),
            Route("/v1/models", self.list_models, methods=["GET"]),
            Route("/api/models", self.catalogue, methods=["GET"]),
            Route("/v1/models/{id:path}", self.show_model, methods=["GET"]),
            Route(STATS, self.stats, methods=["GET"]),
        ]

    async def chat(self, request: Request) -> Response:
        """One chat completion, at once or as a stream."""
        body = await request.body()  # before the wait, in which a client may go away
        if self.options.latency:
            await asyncio.sleep(self.options.latency)
        self.authorize(request)
        expect_json(request)
        lies = self.defects + defects_of(request)
        reply, active = answering.complete(body, self.models, self.seen, lies)
        return answering.wire(reply, active).response()

    async def list_models(self, request: Request) -> Response:
        """The ids that are served."""
        self.authorize(request)
        lies = (defect.listing for defect in self.defects + defects_of(request))
        return json_response(bent(self.models.listing(), lies))

    async def catalogue(self, request: Request) -> Response:
        """The gateway's own list, public, in pages."""
        self.admit(request)
        number, size = (whole_number(request.query_params.get(name, "")) for name in ("page", "page_size"))
        page = Page(1 if number is None else number, size or Page.size)
        lies = (defect.catalogue for defect in self.defects + defects_of(request))
        return json_response(bent(self.models.catalogue(page), lies))

    async def show_model(self, request: Request) -> Response:
        """The record of one id."""
        self.authorize(request)
        return json_response(self.models.find(request.path_params["id"]).as_json())

    async def stats(self, request: Request) -> Response:
        """What was counted so far."""
        return json_response(self.app.stats())

    def admit(self, request: Request) -> None:
        """Lets the limit and what is active meet a request first, on every route."""
        if self.limit is not None:
            self.limit.arrive()
        for defect in self.defects + known_defects_of(request):
            if defect.arrival is not None:
                defect.arrival()

    def authorize(self, request: Request) -> None:
        """Refuses a request without the right bearer key."""
        self.admit(request)
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secrets.compare_digest(
            key.strip().encode(), self.options.api_key.encode()
        ):
            raise ApiError(
                "Incorrect API key provided." if key else "You didn't provide an API key as a bearer token.",
                code="invalid_api_key",
                status=401,
                headers={"WWW-Authenticate": "Bearer"},
            )

    async def refuse(self, request: Request, error: Exception) -> Response:
        """An ApiError as its envelope, or as what defects make of it."""
        assert isinstance(error, ApiError)
        refusal = refusal_of(error, request.headers.get("authorization", ""), await request.body())
        refusal = bent(refusal, (defect.refusal for defect in self.defects + known_defects_of(request)))
        response = Response(refusal.body, refusal.status, media_type=refusal.media_type)
        response.headers.update(refusal.headers)
        return response

    async def refuse_route(self, request: Request, error: Exception) -> Response:
        """A path or method that is not served."""
        assert isinstance(error, HTTPException)
        code = "method_not_allowed" if error.status_code == 405 else "unknown_url"
        message = f"Invalid URL or method ({request.method} {request.url.path})."
        headers = error.headers or {}
        return await self.refuse(request, ApiError(message, code=code, status=error.status_code, headers=headers))


def whole_number(text: str) -> int | None:
    """The number that a few digits spell; None for anything else."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def expect_json(request: Request) -> None:
    """Refuses a body that is called something else than JSON."""
    kind = request.headers.get("content-type", JSON)
    if "json" not in kind.lower():
        message = f"Unsupported content type {kind!r}. Send the body as {JSON}."
        raise ApiError(message, code="unsupported_media_type", status=415)


def defects_of(request: Request) -> Defects:
    """The defects that a request names for itself."""
    names = [name.strip() for name in request.headers.get(DEFECT_HEADER, "").split(",")]
    try:
        return defects.named(name for name in names if name)
    except defects.UnknownDefectError as error:
        raise ApiError(str(error), param=DEFECT_HEADER, code="unknown_defect") from None


def known_defects_of(request: Request) -> Defects:
    """The defects that a request names for itself; none where a name is unknown, which is refused elsewhere."""
    try:
        return defects_of(request)
    except ApiError:
        return ()


def json_response(value: object) -> Response:
    """A JSON answer."""
    return Response(json_bytes(value), media_type=JSON)
