"""The front of the Messages API: its routes, key, errors and defects."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from conformance.mock.defects.loading import collect
from conformance.mock.engine.errors import ApiError
from conformance.mock.server.body import require_json
from conformance.mock.surfaces.front import Front, Gateway
from conformance.mock.surfaces.messages import answering

REQUEST_ID = "request-id"
TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}

Endpoint = Callable[[Request], Awaitable[Response]]


def routes(gateway: Gateway) -> list[Route]:
    """Return the routes of a gateway for messages and counts."""

    def answered(answer: Callable[..., Any]) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            """Answer a request, with an id in a header whether it is refused or not."""
            name = {REQUEST_ID: f"req_{secrets.token_hex(12)}"}
            try:
                body = await gateway.receive(request)
                gateway.authorize(request)
                require_json(request)
                defects = gateway.defects(request)
                for query in (defect.query for defect in answering.own(defects) if defect.query):
                    query(request.url.path, request.url.query)
                wire = answer(body, request.headers, gateway.models, gateway.request_counts, defects)
            except ApiError as error:
                error.headers = {**error.headers, **name}
                raise
            response: Response = gateway.encoded(request, wire.response())
            response.headers.setdefault(REQUEST_ID, name[REQUEST_ID])
            return response

        return endpoint

    return [
        Route("/v1/messages", answered(answering.complete), methods=["POST"]),
        Route("/v1/messages/count_tokens", answered(answering.count), methods=["POST"]),
    ]


def key_of(request: Request) -> str | None:
    """Return the key of a request: x-api-key, which wins, or a bearer token."""
    if "x-api-key" in request.headers:
        return request.headers["x-api-key"]
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None


def denied(request: Request) -> ApiError:
    """Return the refusal of a request with a missing or wrong key."""
    sent = "x-api-key" in request.headers or "authorization" in request.headers
    return ApiError(
        "The key is not valid." if sent else "A key is required, in x-api-key or as a bearer token.", status=401
    )


def envelope(error: ApiError) -> dict[str, Any]:
    """Return the body of an error."""
    name = error.headers.get(REQUEST_ID) or f"req_{secrets.token_hex(12)}"
    kind = TYPES.get(error.status, "api_error" if error.status >= 500 else "invalid_request_error")
    return {"type": "error", "error": {"type": kind, "message": error.message}, "request_id": name}


FRONT = Front(
    "messages",
    routes,
    key_of,
    denied,
    envelope,
    collect("conformance.mock.defects.messages"),
)
