"""Predicates and mutations of refusals, and what may be sent instead of one."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import ApiError
from conformance.mock.server.refusal import Refusal
from conformance.mock.surfaces.openai import envelope

KEY_CLAIMS = ("chat.error.no_key", "chat.error.wrong_key", "chat.error.wrong_scheme")
HTML_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>400 Bad Request</title></head><body><h1>Bad Request</h1></body></html>\n"
)
COMPLETION = {
    "id": "chatcmpl-0",
    "object": "chat.completion",
    "created": 1_767_225_600,
    "model": "mock-openai",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "ready"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}
Predicate = Callable[[Refusal], bool]


def internal_error(refusal: Refusal) -> Refusal:
    """Return a status 500 instead of the refusal."""
    error = ApiError("Internal server error.", type="server_error")
    return refusal.with_json(envelope(error), 500)


def error_object(refusal: Refusal, **changed: Any) -> Json:
    """Return the object under the key error, with some values changed."""
    said: Json = envelope(refusal.error)["error"]
    return said | changed


def only_if(predicate: Predicate, change: Callable[[Refusal], Refusal]) -> Callable[[Refusal], Refusal]:
    """Return a mutation that changes the refusals for which a predicate holds."""
    return lambda refusal: change(refusal) if predicate(refusal) else refusal


def web_page(status: int, **headers: str) -> Callable[[Refusal], Refusal]:
    """Return a mutation that sends a web page with this status and these headers."""
    return lambda refusal: replace(
        refusal, status=status, body=HTML_PAGE, media_type="text/html", headers={**refusal.headers, **headers}
    )
