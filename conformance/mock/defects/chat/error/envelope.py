"""Errors whose body differs from the documented envelope."""

import json
from dataclasses import replace

from conformance.mock.defects.chat.building.refusals import HTML_PAGE, KEY_CLAIMS, error_object
from conformance.mock.server.refusal import Refusal
from conformance.mock.server.wire import json_bytes
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.stream import DONE, MEDIA_TYPE
from conformance.mock.surfaces.openai import envelope

TRACE = """Traceback (most recent call last):
  File "/srv/gateway/routes/chat.py", line 214, in complete
    return await upstream.send(body)
"""
OPENING = {
    "id": "chatcmpl-0",
    "object": "chat.completion.chunk",
    "created": 1_767_225_600,
    "model": "mock-openai",
    "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}],
}


def is_about_empty_messages(refusal: Refusal) -> bool:
    """Return whether messages were refused because the list is empty."""
    return refusal.error.param == "messages" and refusal.error.code == "empty_array"


def is_stream_requested(refusal: Refusal) -> bool:
    """Return whether the request asked for a stream."""
    try:
        body = json.loads(refusal.request_body)
    except (ValueError, RecursionError):
        return False
    return isinstance(body, dict) and body.get("stream") is True


def without_param(refusal: Refusal) -> Refusal:
    """Return the error without param and code, and with an extra key in the body."""
    said = {name: value for name, value in error_object(refusal).items() if name not in ("param", "code")}
    return refusal.with_json({"is_gateway_error": True, "error": said})


def with_trace(refusal: Refusal) -> Refusal:
    """Return the error with a stack trace in its message."""
    return refusal.with_json({"error": error_object(refusal, message=TRACE + refusal.error.message)})


def inside_stream(refusal: Refusal) -> Refusal:
    """Return an error about messages as the only event of a stream, if one was requested."""
    if not (is_stream_requested(refusal) and (refusal.error.param or "").startswith("messages")):
        return refusal
    event = b"data: " + json_bytes(envelope(refusal.error)) + b"\n\ndata: [DONE]\n\n"
    return replace(refusal, status=200, body=event, media_type=MEDIA_TYPE)


def with_upstream_text(refusal: Refusal) -> Refusal:
    """Return the error as a router's library writes it: without type and param, with the status as a string."""
    upstream = envelope(refusal.error)["error"]
    message = f"UpstreamError: {upstream!r}. Model group: default. Fallbacks: None"
    return refusal.with_json({"error": {"message": message, "type": None, "param": None, "code": str(refusal.status)}})


def with_validation_report(refusal: Refusal) -> Refusal:
    """Return the error with the report of the server's validator, as it prints it, for a message."""
    body = envelope(refusal.error)
    where = {"type": "value_error", "loc": ("body", refusal.error.param), "msg": refusal.error.message}
    return refusal.with_json({"error": {**body["error"], "message": f"1 validation error:\n  {where}"}})


def is_about_streamed_messages(refusal: Refusal) -> bool:
    """Return whether messages were refused in a request for a stream."""
    return is_stream_requested(refusal) and (refusal.error.param or "").startswith("messages")


def after_opening(refusal: Refusal) -> Refusal:
    """Return an error about messages as an event after the first chunk of a stream."""
    if not is_about_streamed_messages(refusal):
        return refusal
    said = b"".join(b"data: " + json_bytes(event) + b"\n\n" for event in (OPENING, envelope(refusal.error)))
    return replace(refusal, status=200, body=said + DONE, media_type=MEDIA_TYPE)


def as_text_event(refusal: Refusal) -> Refusal:
    """Return the message of an error as an event that is not JSON, if a stream was requested."""
    if not is_stream_requested(refusal) or refusal.status != 400:
        return refusal
    said = b"data: " + refusal.error.message.encode("utf-8", "replace") + b"\n\n"
    return replace(refusal, status=200, body=said + DONE, media_type=MEDIA_TYPE)


DEFECTS = (
    ChatDefect(
        "numeric_error_codes",
        "The code of an error is the HTTP status as a number.",
        claims=("chat.error.envelope_code",),
        reports=("D233",),
        refusal=lambda refusal: refusal.with_json({"error": error_object(refusal, code=refusal.status)}),
    ),
    ChatDefect(
        "names_model_as_param",
        "The param of every error is model, whatever is refused.",
        claims=("chat.error.param",),
        refusal=lambda refusal: refusal.with_json({"error": error_object(refusal, param="model")}),
    ),
    ChatDefect(
        "errors_without_param",
        "An error lacks param and code, and the body has an extra key of the gateway's own.",
        claims=("chat.error.envelope_keys",),
        reports=("D239",),
        refusal=without_param,
    ),
    ChatDefect(
        "flat_errors",
        "The fields of an error are at the top level of the body instead of under error.",
        claims=("chat.error.envelope", *KEY_CLAIMS),
        reports=("D235",),
        refusal=lambda refusal: refusal.with_json({"object": "error", **error_object(refusal)}),
    ),
    ChatDefect(
        "detail_errors",
        "An error is a single string under the key detail.",
        claims=("chat.error.envelope", *KEY_CLAIMS),
        reports=("D237",),
        refusal=lambda refusal: refusal.with_json({"detail": refusal.error.message}),
    ),
    ChatDefect(
        "html_errors",
        "The error for an empty messages list is a web page.",
        claims=("chat.error.refused", "chat.error.envelope", "chat.error.no_html", "chat.messages.empty"),
        refusal=lambda refusal: (
            replace(refusal, body=HTML_PAGE, media_type="text/html") if is_about_empty_messages(refusal) else refusal
        ),
    ),
    ChatDefect(
        "leaks_stack_trace",
        "The message of an error begins with the server's stack trace.",
        # An unknown path is refused for all APIs alike.
        claims=(
            "chat.error.no_leak",
            "chat.error.no_leak_before_model",
            "responses.error.no_leak_before_model",
            "gemini.error.no_leak_before_model",
        ),
        refusal=with_trace,
    ),
    ChatDefect(
        "refuses_inside_streams",
        "Invalid messages in a streamed request are refused with status 200 and an error event in the stream.",
        claims=("chat.error.stream_refusal", "chat.stream.answered"),
        reports=("D176",),
        refusal=inside_stream,
    ),
    ChatDefect(
        "forwards_upstream_errors_as_text",
        "The type and param of an error are null, and its message contains the upstream error printed as a Python dict.",
        claims=("chat.error.envelope", *KEY_CLAIMS),
        reports=("D241",),
        refusal=with_upstream_text,
    ),
    ChatDefect(
        "prints_validation_reports",
        "The message of an error is the report of the server's validator, printed as a Python dict.",
        claims=("chat.error.message_sentence",),
        refusal=with_validation_report,
    ),
    ChatDefect(
        "refuses_behind_first_chunk",
        "Invalid messages in a streamed request are refused after the first chunk, with status 200.",
        claims=("chat.error.stream_refusal",),
        reports=("D182",),
        parameter="stream",
        refusal=after_opening,
    ),
    ChatDefect(
        "refuses_in_bare_words",
        "An invalid streamed request is refused with status 200 and an event of plain text that is not JSON.",
        claims=(
            "chat.error.stream_refusal",
            "chat.stream_options.wrong_type",
            "chat.response_format.json_object",
        ),
        reports=("D148",),
        parameter="stream",
        refusal=as_text_event,
    ),
)
