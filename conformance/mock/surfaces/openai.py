"""What all APIs of OpenAI share: how a key is sent, and the envelope of errors."""

from typing import Any

from starlette.requests import Request

from conformance.mock.engine.errors import ApiError


def key_of(request: Request) -> str | None:
    """Return the bearer key of a request, or None without a key or with another scheme."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None


def denied(request: Request) -> ApiError:
    """Return the refusal of a request with a missing or wrong key."""
    key = request.headers.get("authorization", "").partition(" ")[2]
    return ApiError(
        "Incorrect API key provided." if key else "You didn't provide an API key as a bearer token.",
        code="invalid_api_key",
        status=401,
        headers={"WWW-Authenticate": "Bearer"},
    )


def envelope(error: ApiError) -> dict[str, Any]:
    """Return the body of an error, which always has all four keys; unset ones are null."""
    return {"error": {"message": error.message, "type": error.type, "param": error.param, "code": error.code}}
