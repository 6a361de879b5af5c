"""Errors of the endpoint as a whole: the key, the path, the method, the media type, the body."""

import hashlib
from dataclasses import replace

from conformance.mock.defects.chat.building.refusals import ANSWER, KEYS, Test, said_of, server_fault, web_page, where
from conformance.mock.server.refusal import Refusal
from conformance.mock.surfaces.chat.defect import ChatDefect


def of_key(refusal: Refusal) -> bool:
    """Return whether the key of a completion was refused."""
    return refusal.error.status == 401 and bool(refusal.sent)


def of_unreadable_body(refusal: Refusal) -> bool:
    """Return whether the body was no JSON object."""
    return refusal.error.message.startswith("The body of the request")


def with_key_hash(refusal: Refusal) -> Refusal:
    """Return the refusal of a key, with its hash in the message."""
    key = refusal.sent_headers.get("authorization", "").partition(" ")[2]
    message = f"Key hash {hashlib.sha256(key.encode()).hexdigest()} is not in table api_keys."
    return refusal.saying({"error": said_of(refusal, message=message)}) if of_key(refusal) and key else refusal


def of_code(code: str) -> Test:
    """Return whether an error has this code."""
    return lambda refusal: refusal.error.code == code


def without_id(refusal: Refusal) -> Refusal:
    """Return the refusal with nothing in the header that names the request."""
    return replace(refusal, headers={**refusal.headers, "x-request-id": ""})


DEFECTS = (
    ChatDefect(
        "asks_for_no_key",
        "A request without a key, or with a wrong one, is answered.",
        claims=KEYS,
        refusal=lambda it: it.saying(ANSWER, 200) if of_key(it) else it,
    ),
    ChatDefect(
        "breaks_on_wrong_key",
        "A wrong key is answered with status 500.",
        claims=KEYS,
        reports=("D230",),
        refusal=lambda it: server_fault(it) if of_key(it) else it,
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
        refusal=lambda it: server_fault(it) if of_unreadable_body(it) else it,
    ),
    ChatDefect(
        "answers_any_path_with_a_page",
        "An unknown path is answered with a web page and status 200.",
        claims=("chat.error.unknown_path",),
        refusal=where(of_code("unknown_url"), web_page(200)),
    ),
    ChatDefect(
        "breaks_on_wrong_method",
        "A GET on the completions path is answered with status 500.",
        claims=("chat.error.wrong_method",),
        refusal=where(of_code("method_not_allowed"), server_fault),
    ),
    ChatDefect(
        "reads_any_content_type",
        "JSON sent with a content type that is not JSON is answered instead of refused.",
        claims=("chat.error.content_type",),
        refusal=where(of_code("unsupported_media_type"), lambda it: it.saying(ANSWER, 200)),
    ),
    ChatDefect(
        "blanks_request_id",
        "The x-request-id header of an error is empty.",
        claims=("chat.error.request_id",),
        refusal=without_id,
    ),
)
