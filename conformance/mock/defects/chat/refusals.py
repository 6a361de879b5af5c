"""Refusals that are none, that blame the wrong side, or that are written in another way than promised."""

import hashlib
import json
from dataclasses import replace
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import ApiError
from conformance.mock.server.refusal import Refusal
from conformance.mock.server.wire import json_bytes
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.stream import MEDIA_TYPE
from conformance.mock.surfaces.openai import envelope

KEYS = ("chat.error.no_key", "chat.error.wrong_key", "chat.error.wrong_scheme")
MESSAGE_KEYS = {
    "role",
    "content",
    "name",
    "refusal",
    "audio",
    "annotations",
    "function_call",
    "tool_calls",
    "tool_call_id",
}
PAGE = b"<!DOCTYPE html>\n<html><head><title>400 Bad Request</title></head><body><h1>Bad Request</h1></body></html>\n"
TRACE = """Traceback (most recent call last):
  File "/srv/gateway/routes/chat.py", line 214, in complete
    return await upstream.send(body)
"""
ANSWER = {
    "id": "chatcmpl-0",
    "object": "chat.completion",
    "created": 1_767_225_600,
    "model": "mock-openai",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "ready"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}


def of_key(refusal: Refusal) -> bool:
    """Whether the key of a completion was refused."""
    return refusal.error.status == 401 and bool(refusal.sent)


def of_unreadable_body(refusal: Refusal) -> bool:
    """Whether the body was no JSON object."""
    return refusal.error.message.startswith("The body of the request")


def of_missing_model(refusal: Refusal) -> bool:
    """Whether no model was named."""
    return refusal.error.message.startswith("You must provide a model")


def of_unknown_model(refusal: Refusal) -> bool:
    """Whether a model was asked that is not served."""
    return refusal.error.code == "model_not_found" and bool(refusal.sent)


def of_no_messages(refusal: Refusal) -> bool:
    """Whether the messages as a whole were missing or of another type."""
    return refusal.error.param == "messages" and refusal.error.code in ("missing_required_parameter", "invalid_type")


def of_long_prompt(refusal: Refusal) -> bool:
    """Whether the prompt was longer than the context."""
    return refusal.error.code == "context_length_exceeded"


def of_empty_messages(refusal: Refusal) -> bool:
    """Whether the list of messages was empty."""
    return refusal.error.param == "messages" and refusal.error.code == "empty_array"


def stream_wanted(refusal: Refusal) -> bool:
    """Whether a stream was asked for."""
    try:
        body = json.loads(refusal.sent)
    except (ValueError, RecursionError):
        return False
    return isinstance(body, dict) and body.get("stream") is True


def server_fault(refusal: Refusal) -> Refusal:
    """A 500 in its place."""
    error = ApiError("Internal server error.", type="server_error")
    return refusal.saying(envelope(error), 500)


def said_of(refusal: Refusal, **changed: Any) -> Json:
    """The object under error, with other values."""
    said: Json = envelope(refusal.error)["error"]
    return said | changed


def with_key_hash(refusal: Refusal) -> Refusal:
    """The refusal of a key, with its hash in the message."""
    key = refusal.sent_headers.get("authorization", "").partition(" ")[2]
    message = f"Key hash {hashlib.sha256(key.encode()).hexdigest()} is not in table api_keys."
    return refusal.saying({"error": said_of(refusal, message=message)}) if of_key(refusal) and key else refusal


def without_param(refusal: Refusal) -> Refusal:
    """The error without two of its keys, and a word beside it."""
    said = {name: value for name, value in said_of(refusal).items() if name not in ("param", "code")}
    return refusal.saying({"is_gateway_error": True, "error": said})


def with_trace(refusal: Refusal) -> Refusal:
    """The error with a stack trace in its message."""
    return refusal.saying({"error": said_of(refusal, message=TRACE + refusal.error.message)})


def inside_stream(refusal: Refusal) -> Refusal:
    """What is wrong with the messages as the only event of a stream, where one was asked for."""
    if not (stream_wanted(refusal) and (refusal.error.param or "").startswith("messages")):
        return refusal
    event = b"data: " + json_bytes(envelope(refusal.error)) + b"\n\ndata: [DONE]\n\n"
    return replace(refusal, status=200, body=event, media_type=MEDIA_TYPE)


def broken_by_message_keys(body: Json) -> Json:
    """The body, unless a message has a key that is not known."""
    messages = body.get("messages")
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, dict) and message.keys() - MESSAGE_KEYS:
            raise ApiError("Internal server error.", status=500, type="server_error")
    return body


DEFECTS = (
    ChatDefect(
        "asks_for_no_key",
        "Requests without a key, or with a wrong one, are answered.",
        claims=KEYS,
        refusal=lambda it: it.saying(ANSWER, 200) if of_key(it) else it,
    ),
    ChatDefect(
        "breaks_on_wrong_key",
        "A wrong key is answered with 500.",
        claims=KEYS,
        reports=("D230",),
        refusal=lambda it: server_fault(it) if of_key(it) else it,
    ),
    ChatDefect(
        "shows_key_hash",
        "The refusal of a key has the key's hash in its message.",
        claims=("chat.error.key_not_shown",),
        reports=("D232",),
        refusal=with_key_hash,
    ),
    ChatDefect(
        "breaks_on_unreadable_body",
        "A body that is no JSON object is answered with 500.",
        claims=("chat.error.malformed_json", "chat.error.empty_body", "chat.error.array_body"),
        refusal=lambda it: server_fault(it) if of_unreadable_body(it) else it,
    ),
    ChatDefect(
        "answers_without_model",
        "A request without a model is answered by some model.",
        claims=("chat.error.missing_model",),
        refusal=lambda it: it.saying(ANSWER, 200) if of_missing_model(it) else it,
    ),
    ChatDefect(
        "unknown_model_is_unavailable",
        "An unknown model is answered with 503, which clients retry.",
        claims=("chat.error.unknown_model",),
        reports=("D254",),
        refusal=lambda it: replace(it, status=503) if of_unknown_model(it) else it,
    ),
    ChatDefect(
        "missing_messages_are_not_found",
        "Without messages the answer is a 404 that blames the model.",
        claims=("chat.error.status",),
        reports=("D256",),
        refusal=lambda it: (
            it.saying({"error": said_of(it, code="model_not_found", param="model")}, 404) if of_no_messages(it) else it
        ),
    ),
    ChatDefect(
        "breaks_on_message_keys",
        "An unknown key inside a message is answered with 500.",
        claims=("chat.error.unknown_message_key",),
        reports=("D260",),
        body=broken_by_message_keys,
    ),
    ChatDefect(
        "refuses_long_prompts_with_200",
        "A prompt beyond the context gets an error with status 200.",
        claims=("chat.error.too_long",),
        reports=("D250",),
        refusal=lambda it: replace(it, status=200) if of_long_prompt(it) else it,
    ),
    ChatDefect(
        "numeric_error_codes",
        "The code of an error is the status as a number.",
        claims=("chat.error.envelope_code",),
        reports=("D233",),
        refusal=lambda it: it.saying({"error": said_of(it, code=it.status)}),
    ),
    ChatDefect(
        "errors_without_param",
        "An error has neither param nor code, and a key of the gateway's own beside it.",
        claims=("chat.error.envelope_keys",),
        reports=("D239",),
        refusal=without_param,
    ),
    ChatDefect(
        "flat_errors",
        "The keys of an error stand at the top of the body, without error around them.",
        claims=("chat.error.envelope", *KEYS),
        reports=("D235",),
        refusal=lambda it: it.saying({"object": "error", **said_of(it)}),
    ),
    ChatDefect(
        "detail_errors",
        "An error is one string under detail.",
        claims=("chat.error.envelope", *KEYS),
        reports=("D237",),
        refusal=lambda it: it.saying({"detail": it.error.message}),
    ),
    ChatDefect(
        "html_errors",
        "An empty list of messages is refused with a web page.",
        claims=("chat.error.refused", "chat.error.envelope", "chat.error.no_html", "chat.messages.empty"),
        refusal=lambda it: replace(it, body=PAGE, media_type="text/html") if of_empty_messages(it) else it,
    ),
    ChatDefect(
        "leaks_stack_trace",
        "The message of an error begins with the server's stack trace.",
        claims=("chat.error.no_leak", "chat.error.no_leak_before_model"),
        refusal=with_trace,
    ),
    ChatDefect(
        "refuses_inside_streams",
        "What is wrong with the messages of a streamed request comes as an event of a stream with status 200.",
        claims=("chat.error.stream_refusal",),
        reports=("D176",),
        refusal=inside_stream,
    ),
)
