"""Defects of errors: their status, their envelope, and what they show."""

import json
import re
from collections.abc import Callable
from dataclasses import replace

from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import ApiError
from conformance.mock.server.refusal import Refusal
from conformance.mock.server.wire import json_bytes

BROKEN = re.compile("[\x00\ud800-\udfff]")  # U+0000 and halves of surrogate pairs
UNREADABLE = "The body of the request"  # how the message about a body begins that is no JSON object


def met(condition: Callable[[Refusal], bool], change: Callable[[Refusal], Refusal]) -> Callable[[Refusal], Refusal]:
    """Return a change of the refusals that meet a condition."""
    return lambda refusal: change(refusal) if condition(refusal) else refusal


def with_status(status: int) -> Callable[[Refusal], Refusal]:
    """Return a change of the status."""
    return lambda refusal: replace(refusal, status=status)


def with_message(text: str) -> Callable[[Refusal], Refusal]:
    """Return a change that adds a text to the message."""

    def changed(refusal: Refusal) -> Refusal:
        body = json.loads(refusal.body)
        return refusal.with_json({"error": {**body["error"], "message": f"{body['error']['message']} {text}"}})

    return changed


def lacks(param: str) -> Callable[[Refusal], bool]:
    """Return whether a refusal is about a required parameter."""
    return lambda refusal: refusal.error.code == "missing_required_parameter" and refusal.error.param == param


def is_unreadable(refusal: Refusal) -> bool:
    """Return whether a refusal is about a body that is no JSON object."""
    return refusal.error.message.startswith(UNREADABLE)


def in_stream(refusal: Refusal) -> Refusal:
    """Return an error inside a stream."""
    data = {"type": "error", "code": None, "message": refusal.error.message, "param": None, "sequence_number": 0}
    return replace(
        refusal, status=200, body=b"event: error\ndata: " + json_bytes(data) + b"\n\n", media_type="text/event-stream"
    )


def failing_on(wrong: Callable[[Json], bool]) -> Callable[[Json], Json]:
    """Return a change of a body that fails where something is wrong with it."""

    def changed(body: Json) -> Json:
        if wrong(body):
            raise ApiError("Internal server error.", status=500, type="server_error")
        return body

    return changed


def without_code(refusal: Refusal) -> Refusal:
    """Return a refusal without a code."""
    body = json.loads(refusal.body)
    return refusal.with_json({"error": {**body["error"], "code": None}})


def limited(body: Json) -> Json:
    """Refuse a body for the rate of requests, without a time to wait."""
    raise ApiError("Too many requests.", code="rate_limit_exceeded", status=429, type="requests")
