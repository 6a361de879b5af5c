"""Errors that concern the endpoint as a whole: key, path, method, media type, body."""

import hashlib
from dataclasses import replace

from conformance.mock.defects.chat.building.refusals import (
    COMPLETION,
    KEY_CLAIMS,
    Predicate,
    error_object,
    internal_error,
    only_if,
    web_page,
)
from conformance.mock.server.refusal import Refusal
from conformance.mock.surfaces.chat.defect import ChatDefect


def is_about_key(refusal: Refusal) -> bool:
    """Return whether a completion was refused for its key."""
    return refusal.error.status == 401 and bool(refusal.request_body)


def is_about_body(refusal: Refusal) -> bool:
    """Return whether a request was refused because its body is not a JSON object."""
    return refusal.error.message.startswith("The body of the request")


def with_key_hash(refusal: Refusal) -> Refusal:
    """Return the refusal of a key with a hash of the key in its message."""
    key = refusal.request_headers.get("authorization", "").partition(" ")[2]
    message = f"Key hash {hashlib.sha256(key.encode()).hexdigest()} is not in table api_keys."
    return (
        refusal.with_json({"error": error_object(refusal, message=message)})
        if is_about_key(refusal) and key
        else refusal
    )


def has_code(code: str) -> Predicate:
    """Return the predicate for errors with this code."""
    return lambda refusal: refusal.error.code == code


def without_id(refusal: Refusal) -> Refusal:
    """Return the refusal with an empty x-request-id header."""
    return replace(refusal, headers={**refusal.headers, "x-request-id": ""})


DEFECTS = (
    ChatDefect(
        "asks_for_no_key",
        "A request without a key, or with a wrong one, is answered.",
        claims=KEY_CLAIMS,
        refusal=lambda refusal: refusal.with_json(COMPLETION, 200) if is_about_key(refusal) else refusal,
    ),
    ChatDefect(
        "breaks_on_wrong_key",
        "A wrong key is answered with status 500.",
        claims=KEY_CLAIMS,
        reports=("D230",),
        refusal=lambda refusal: internal_error(refusal) if is_about_key(refusal) else refusal,
    ),
    ChatDefect(
        "shows_key_hash",
        "The error for a wrong key shows a hash of the key in its message.",
        claims=("chat.error.key_not_shown",),
        reports=("D232",),
        refusal=with_key_hash,
    ),
    ChatDefect(
        "breaks_on_unreadable_body",
        "A body that is not a JSON object is answered with status 500.",
        claims=("chat.error.malformed_json", "chat.error.empty_body", "chat.error.array_body"),
        refusal=lambda refusal: internal_error(refusal) if is_about_body(refusal) else refusal,
    ),
    ChatDefect(
        "answers_any_path_with_a_page",
        "An unknown path is answered with a web page and status 200.",
        claims=("chat.error.unknown_path", "chat.http.trailing_slash", "responses.error.wrong_path"),
        refusal=only_if(has_code("unknown_url"), web_page(200)),
    ),
    ChatDefect(
        "breaks_on_wrong_method",
        "A GET on the completions path is answered with status 500.",
        claims=("chat.error.wrong_method", "chat.http.options", "chat.http.head"),
        refusal=only_if(has_code("method_not_allowed"), internal_error),
    ),
    ChatDefect(
        "reads_any_content_type",
        "JSON sent with a content type that is not JSON is answered instead of refused.",
        claims=("chat.error.content_type",),
        refusal=only_if(has_code("unsupported_media_type"), lambda refusal: refusal.with_json(COMPLETION, 200)),
    ),
    ChatDefect(
        "blanks_request_id",
        "The x-request-id header of an error is empty.",
        claims=("chat.error.request_id",),
        refusal=without_id,
    ),
)
