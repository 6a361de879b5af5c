"""Reading the body of a request as a JSON object, and refusing any other."""

import json
from typing import Any

from starlette.requests import Request

from conformance.mock.engine.errors import ApiError
from conformance.mock.server.wire import JSON


def require_json(request: Request) -> None:
    """Raise ApiError unless the content type of a request is JSON or missing."""
    kind = request.headers.get("content-type", JSON)
    if "json" not in kind.lower():
        message = f"Unsupported content type {kind!r}. Send the body as {JSON}."
        raise ApiError(message, code="unsupported_media_type", status=415)


def parse(raw: bytes) -> dict[str, Any]:
    """Return the JSON object in the bytes of a request; raise ApiError for anything else."""
    try:
        body = json.loads(raw, parse_constant=reject_constant)
    except (ValueError, RecursionError) as error:
        raise ApiError(f"The body of the request could not be parsed as JSON: {error}") from None
    if not isinstance(body, dict):
        raise ApiError("The body of the request has to be a JSON object.")
    return body


def reject_constant(constant: str) -> None:
    """Raise ValueError for NaN and the infinities, which Python's parser accepts and JSON does not have."""
    raise ValueError(f"{constant} is not JSON")
