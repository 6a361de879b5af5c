"""What refusals are about, and what may be written in their place."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import ApiError
from conformance.mock.server.refusal import Refusal
from conformance.mock.surfaces.openai import envelope

KEYS = ("chat.error.no_key", "chat.error.wrong_key", "chat.error.wrong_scheme")
PAGE = b"<!DOCTYPE html>\n<html><head><title>400 Bad Request</title></head><body><h1>Bad Request</h1></body></html>\n"
ANSWER = {
    "id": "chatcmpl-0",
    "object": "chat.completion",
    "created": 1_767_225_600,
    "model": "mock-openai",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "ready"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}
Test = Callable[[Refusal], bool]


def server_fault(refusal: Refusal) -> Refusal:
    """Return a 500 in its place."""
    error = ApiError("Internal server error.", type="server_error")
    return refusal.saying(envelope(error), 500)


def said_of(refusal: Refusal, **changed: Any) -> Json:
    """Return the object under error, with other values."""
    said: Json = envelope(refusal.error)["error"]
    return said | changed


def where(test: Test, change: Callable[[Refusal], Refusal]) -> Callable[[Refusal], Refusal]:
    """Return a refusal that is changed where a test holds."""
    return lambda refusal: change(refusal) if test(refusal) else refusal


def web_page(status: int, **headers: str) -> Callable[[Refusal], Refusal]:
    """Return a refusal as a web page."""
    return lambda refusal: replace(
        refusal, status=status, body=PAGE, media_type="text/html", headers={**refusal.headers, **headers}
    )
