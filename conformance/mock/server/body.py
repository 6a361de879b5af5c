"""The body of a request as a JSON object, or its refusal."""

import json
from typing import Any

from starlette.requests import Request

from conformance.mock.engine.errors import ApiError
from conformance.mock.server.wire import JSON


def expect_json(request: Request) -> None:
    """Refuse a body that is called something else than JSON."""
    kind = request.headers.get("content-type", JSON)
    if "json" not in kind.lower():
        message = f"Unsupported content type {kind!r}. Send the body as {JSON}."
        raise ApiError(message, code="unsupported_media_type", status=415)


def parse(raw: bytes) -> dict[str, Any]:
    """Return the JSON object in a request's bytes."""
    try:
        body = json.loads(raw, parse_constant=not_json)
    except (ValueError, RecursionError) as error:
        raise ApiError(f"The body of the request could not be parsed as JSON: {error}") from None
    if not isinstance(body, dict):
        raise ApiError("The body of the request has to be a JSON object.")
    return body


def not_json(constant: str) -> None:
    """Refuse NaN and the infinities, which the standard parser would take."""
    raise ValueError(f"{constant} is not JSON")
