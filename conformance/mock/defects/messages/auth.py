"""Defects of keys: which headers are read, and what a wrong key meets."""

import hashlib

from conformance.mock.defects.defect import Json
from conformance.mock.defects.messages.building.errors import (
    answered,
    has_status,
    only_if,
    refuse_headers,
)
from conformance.mock.engine.errors import ApiError
from conformance.mock.server.refusal import Refusal
from conformance.mock.surfaces.messages.defect import Headers, MessagesDefect

NOT_VALID = "The key is not valid."


def claims(*names: str) -> tuple[str, ...]:
    """Return the ids of claims about keys."""
    return tuple(f"messages.auth.{name}" for name in names)


def has_both(headers: Headers) -> bool:
    """Return whether a key comes in both headers."""
    return "x-api-key" in headers and "authorization" in headers


def is_bare(refusal: Refusal) -> bool:
    """Return whether the header Authorization is a key and nothing else."""
    key = refusal.request_headers.get("authorization", "")
    return bool(key) and " " not in key


def with_key_hash(refusal: Refusal) -> Refusal:
    """Return the refusal of a key with a hash of the key in its message."""
    key = refusal.request_headers.get("x-api-key", "")
    message = f"Key hash {hashlib.sha256(key.encode()).hexdigest()} is not in table api_keys."
    error = {"type": "authentication_error", "message": message}
    return refusal.with_json({"type": "error", "error": error, "request_id": "req_0"})


def refuse_key(body: Json) -> Json:
    """Refuse the key of a request for a stream."""
    if body.get("stream") is True:
        raise ApiError(NOT_VALID, status=401)
    return body


DEFECTS = (
    MessagesDefect(
        "reads_no_x_api_key_for_streams",
        "A request for a stream is refused as if its key were wrong.",
        (*claims("x_api_key"), "messages.cross.catalogue"),
        body=refuse_key,
    ),
    MessagesDefect(
        "reads_no_bearer_token_for_messages",
        "A key as a bearer token is refused.",
        claims("bearer"),
        headers=refuse_headers(lambda headers: "x-api-key" not in headers and "authorization" in headers, NOT_VALID),
    ),
    MessagesDefect(
        "refuses_a_key_in_two_headers",
        "The same key in both headers is refused.",
        claims("both"),
        reports=("N120",),
        headers=refuse_headers(has_both, NOT_VALID),
    ),
    MessagesDefect(
        "takes_bare_keys",
        "A key in Authorization without a scheme is accepted.",
        claims("bare"),
        refusal=only_if(is_bare, answered),
    ),
    MessagesDefect(
        "asks_for_no_key_for_messages",
        "A request without a key, or with a wrong one, is answered.",
        claims("none", "bad", "bare"),
        refusal=only_if(has_status(401), answered),
    ),
    MessagesDefect(
        "shows_key_hash_for_messages",
        "The error for a wrong key shows a hash of the key.",
        claims("no_leak"),
        refusal=only_if(has_status(401), with_key_hash),
    ),
)
