"""What OpenAI's APIs have in common: how a key is sent, and the envelope of their errors."""

from typing import Any

from starlette.requests import Request

from conformance.mock.engine.errors import ApiError


def key_of(request: Request) -> str | None:
    """Return the bearer key of a request; None without one, or with another scheme."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None


def denied(request: Request) -> ApiError:
    """Return the refusal of a request without the right key."""
    key = request.headers.get("authorization", "").partition(" ")[2]
    return ApiError(
        "Incorrect API key provided." if key else "You didn't provide an API key as a bearer token.",
        code="invalid_api_key",
        status=401,
        headers={"WWW-Authenticate": "Bearer"},
    )


def envelope(error: ApiError) -> dict[str, Any]:
    """Return the body of an error: all four keys are always there, unset ones are null."""
    return {"error": {"message": error.message, "type": error.type, "param": error.param, "code": error.code}}
