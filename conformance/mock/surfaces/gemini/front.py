"""The front of content generation: its routes, keys, errors and defects."""

from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from conformance.mock.defects.defect import apply
from conformance.mock.defects.loading import collect
from conformance.mock.engine.errors import ApiError
from conformance.mock.server.body import require_json
from conformance.mock.server.wire import JSON, json_bytes
from conformance.mock.surfaces.front import Front, Gateway
from conformance.mock.surfaces.gemini import answering

ROOT = "/v1beta/models"
STABLE = "/v1/models"  # the version that has no new features yet
KEY_HEADER = "x-goog-api-key"
STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    415: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def routes(gateway: Gateway) -> list[Route]:
    """Return the routes for content, counts and lists of a gateway."""

    async def call(request: Request) -> Response:
        """Answer to an operator of a model."""
        raw = await gateway.receive(request)
        gateway.authorize(request)
        for defect in answering.own(gateway.defects(request)):
            if defect.address is not None:
                defect.address(request.scope["raw_path"].decode(), request.headers)
        name, colon, operator = request.path_params["call"].rpartition(":")
        if not colon or operator not in answering.METHODS:
            raise ApiError(f"The method {operator or name} is not found.", code="unknown_url", status=404)
        model, defects = gateway.models.find(name), gateway.defects(request)
        require_json(request)
        if operator == "countTokens":
            counted = answering.count_tokens(raw, model, defects)
            return gateway.encoded(request, Response(json_bytes(counted), media_type=JSON))
        how = {"stream": operator.startswith("stream"), "as_events": request.query_params.get("alt") == "sse"}
        wire, _ = answering.generate(raw, model, gateway.request_counts, defects, **how)
        return gateway.encoded(request, wire.response())

    async def models(request: Request) -> Response:
        """Answer with the list of models."""
        gateway.authorize(request)
        return Response(json_bytes(answering.models(gateway.models, gateway.defects(request))), media_type=JSON)

    async def model(request: Request) -> Response:
        """Answer with one model."""
        gateway.authorize(request)
        known = answering.listed(gateway.models.find(request.path_params["name"]))
        lies = (defect.listing for defect in answering.own(gateway.defects(request)))
        return Response(json_bytes(apply(known, lies)), media_type=JSON)

    return [
        Route(ROOT, models, methods=["GET"]),
        Route(f"{ROOT}/{{call:path}}", call, methods=["POST"]),
        Route(f"{STABLE}/{{call:path}}", call, methods=["POST"]),
        Route(f"{ROOT}/{{name:path}}", model, methods=["GET"]),
    ]


def key_of(request: Request) -> str | None:
    """Return the key of a request: in its own header, else in the query, else as a bearer token or alone in Authorization."""
    alone = request.headers.get("authorization", "")
    scheme, _, token = alone.partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else None if token else alone
    return request.headers.get(KEY_HEADER) or request.query_params.get("key") or bearer or None


def denied(request: Request) -> ApiError:
    """Return the refusal of a request with a missing or wrong key."""
    given = key_of(request) is not None
    message = "API key not valid. Please pass a valid API key." if given else "The request has no API key."
    return ApiError(message, code="invalid_api_key", status=401)


def envelope(error: ApiError) -> dict[str, Any]:
    """Return the body of an error: its status as a number and as a word, and details where there are any."""
    status = STATUSES.get(error.status, "INTERNAL" if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR else "UNKNOWN")
    details = {"details": [retry_info(error)]} if error.status == HTTPStatus.TOO_MANY_REQUESTS else {}
    return {"error": {"code": error.status, "message": error.message, "status": status, **details}}


def retry_info(error: ApiError) -> dict[str, str]:
    """Return the detail that says how long to wait."""
    return {
        "@type": "type.googleapis.com/google.rpc.RetryInfo",
        "retryDelay": f"{error.headers.get('Retry-After', 1)}s",
    }


FRONT = Front("gemini", routes, key_of, denied, envelope, collect("conformance.mock.defects.gemini"))
