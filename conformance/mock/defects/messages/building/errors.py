"""What a lax or a broken gateway sends in the place of an error."""

import json
from collections.abc import Callable
from dataclasses import replace

from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import ApiError
from conformance.mock.server.refusal import Refusal
from conformance.mock.surfaces.messages.defect import Headers

MESSAGE: Json = {
    "id": "msg_0",
    "type": "message",
    "role": "assistant",
    "model": "mock-claude",
    "content": [{"type": "text", "text": "ready"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "stop_details": None,
    "usage": {
        "input_tokens": 9,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": 1,
    },
}
PAGE = b"<!DOCTYPE html>\n<html><head><title>400 Bad Request</title></head><body>Bad Request</body></html>\n"
Change = Callable[[Refusal], Refusal]
Predicate = Callable[[Refusal], bool]


def only_if(predicate: Predicate, change: Change) -> Change:
    """Return the change of the errors for which a predicate holds."""
    return lambda refusal: change(refusal) if predicate(refusal) else refusal


def answered(refusal: Refusal) -> Refusal:
    """Return a message in the place of an error."""
    return refusal.with_json(MESSAGE, 200)


def with_message(message: str) -> Change:
    """Return the change of the message of an error."""

    def changed(refusal: Refusal) -> Refusal:
        body = json.loads(refusal.body)
        return refusal.with_json({**body, "error": {**body["error"], "message": message}})

    return changed


def failed(refusal: Refusal) -> Refusal:
    """Return a failure of the server in the place of an error."""
    error = {"type": "api_error", "message": "Internal server error."}
    return refusal.with_json({"type": "error", "error": error, "request_id": "req_0"}, 500)


def as_page(refusal: Refusal) -> Refusal:
    """Return a web page in the place of an error."""
    return replace(refusal, body=PAGE, media_type="text/html")


def about(*starts: str) -> Predicate:
    """Return whether an error is about a parameter whose path begins in one of these ways."""
    return lambda refusal: refusal.status == 400 and (refusal.error.param or "").startswith(starts)


def says(*parts: str) -> Predicate:
    """Return whether the message of an error has one of these parts."""
    return lambda refusal: any(part in refusal.error.message for part in parts)


def has_status(status: int) -> Predicate:
    """Return whether an error has a status."""
    return lambda refusal: refusal.status == status


def refuse_headers(wrong: Callable[[Headers], bool], message: str) -> Callable[[Headers], Headers]:
    """Return what refuses the key of requests with such headers."""

    def refused(headers: Headers) -> Headers:
        if wrong(headers):
            raise ApiError(message, status=401)
        return headers

    return refused


def refuse_query(ending: str) -> Callable[[str, str], None]:
    """Return what refuses the requests with a query whose path ends in this way."""

    def refused(path: str, query: str) -> None:
        if query and path.endswith(ending):
            raise ApiError("Unknown path.", status=404)

    return refused
