"""Defects of errors: their envelope, their status, and what they show."""

import json
from dataclasses import replace

from conformance.mock.defects.defect import Json
from conformance.mock.defects.gemini.building import is_short, of_given_parts
from conformance.mock.defects.gemini.building.error import as_status, changed, of_mode
from conformance.mock.engine.errors import ApiError
from conformance.mock.server.refusal import Refusal
from conformance.mock.server.wire import Wire, json_bytes
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.request import GeminiRequest

TRACE = 'Traceback (most recent call last):\n  File "/srv/gateway/routes/gemini.py", line 7, in call\n'
PAGE = b"<!DOCTYPE html><html><body>Bad Request</body></html>"
DUMP = "GenerateContentError({'message': 'bad', 'errors': [{'loc': ['contents']}]})"
SERVERS = 10  # of which one does not know the model
LONGEST = 10_000  # characters of a text that is read


def shortened(parts: list[Json]) -> list[Json]:
    """Return parts with the beginning of long texts only."""
    return [
        {**part, "text": part["text"][:LONGEST]} if len(str(part.get("text", ""))) > LONGEST else part for part in parts
    ]


def limited(refusal: Refusal) -> Refusal:
    """Return the refusal of an unknown mode as a rate limit that does not say how long to wait."""
    if not of_mode(refusal):
        return refusal
    error = {"code": 429, "message": "Resource has been exhausted.", "status": "RESOURCE_EXHAUSTED"}
    return refusal.with_json({"error": error}, 429)


def of_missing(refusal: Refusal) -> bool:
    """Return whether contents that are missing were refused."""
    return "contents is not specified" in refusal.error.message


def refused_at_times(request: GeminiRequest) -> GeminiRequest:
    """Return the request; refuse one for a single word that is the second, twelfth ... of its kind."""
    if request.repetition % SERVERS == 1 and is_short(request):
        raise ApiError(f"The model {request.model} is not found.", code="model_not_found", status=404)
    return request


BOOM = {"code": 503, "message": "The upstream broke off.", "status": "UNAVAILABLE"}


def as_error(request: GeminiRequest, wire: Wire) -> Wire:
    """Return an error with status 200 in place of a stream, where a single word is asked for."""
    if not request.as_events or not is_short(request):
        return wire
    return Wire((json_bytes({"error": BOOM}),))


DEFECTS = (
    GeminiDefect(
        "gemini_refuses_in_chat_form",
        "Errors have the envelope of another API.",
        ("gemini.error.envelope",),
        reports=("N157", "N252", "N253"),
        refusal=changed(
            lambda error: {"message": error["message"], "type": "invalid_request_error", "code": error["code"]}
        ),
    ),
    GeminiDefect(
        "gemini_codes_errors_wrongly",
        "The code of an error is another status.",
        ("gemini.error.code",),
        refusal=changed(lambda error: {**error, "code": 499}),
    ),
    GeminiDefect(
        "gemini_lists_errors",
        "The body of an error is an array.",
        ("gemini.error.not_array", "gemini.stream.error_before_start"),
        refusal=lambda refusal: refusal.with_json([json.loads(refusal.body)]),
    ),
    GeminiDefect(
        "gemini_names_errors_wrongly",
        "The word of an error is that of another status.",
        ("gemini.error.status_name",),
        refusal=changed(lambda error: {**error, "status": "DATA_LOSS"}),
    ),
    GeminiDefect(
        "gemini_refuses_with_a_page",
        "The body of an error is a web page.",
        ("gemini.error.no_html", "gemini.tools.mode_bogus"),
        refusal=lambda refusal: replace(refusal, body=PAGE, media_type="text/html") if of_mode(refusal) else refusal,
    ),
    GeminiDefect(
        "gemini_dumps_errors",
        "The message of an error is a dump of an object.",
        ("gemini.error.message_sentence",),
        refusal=changed(lambda error: {**error, "message": DUMP}),
    ),
    GeminiDefect(
        "gemini_shows_traces",
        "Errors show a stack trace.",
        ("gemini.error.no_leak", "gemini.error.no_leak_before_model"),
        refusal=changed(lambda error: {**error, "message": TRACE}),
    ),
    GeminiDefect(
        "gemini_fails_on_modes",
        "An unknown mode makes the server fail.",
        ("gemini.error.retry_safe", "gemini.tools.mode_bogus"),
        refusal=as_status(500, of_mode),
    ),
    GeminiDefect(
        "gemini_fails_on_bad_bodies",
        "A body that cannot be read makes the server fail.",
        ("gemini.error.bad_json", "gemini.error.empty_body", "gemini.error.array_body"),
        refusal=as_status(500, lambda refusal: "The body of the request" in refusal.error.message),
    ),
    GeminiDefect(
        "gemini_finds_nothing_wrong_but_missing",
        "A mistake in the contents gets status 404.",
        ("gemini.error.status",),
        refusal=as_status(404, lambda refusal: "contents" in (refusal.error.param or "")),
    ),
    GeminiDefect(
        "gemini_shortens_long_prompts",
        "The end of a prompt that is too long is dropped.",
        ("gemini.error.too_long",),
        body=of_given_parts(shortened),
    ),
    GeminiDefect(
        "gemini_limits_without_a_time",
        "A rate limit does not say how long to wait.",
        ("gemini.error.retry_info",),
        refusal=limited,
    ),
    GeminiDefect(
        "gemini_names_no_errors",
        "The request id of an error is empty.",
        ("gemini.error.request_id",),
        refusal=lambda refusal: replace(refusal, headers={**refusal.headers, "x-request-id": ""}),
    ),
    GeminiDefect(
        "gemini_fails_without_contents",
        "A body without contents makes the server fail.",
        (
            "gemini.error.status",
            "gemini.contents.missing",
            "gemini.contents.empty",
            "gemini.stream.error_before_start",
        ),
        reports=("N251",),
        refusal=as_status(500, of_missing),
    ),
    GeminiDefect(
        "gemini_refuses_the_same_request_at_times",
        "A request for a single word is refused every tenth time that it comes, as by one of ten servers.",
        ("gemini.error.steady",),
        request=refused_at_times,
    ),
    GeminiDefect(
        "gemini_answers_streams_with_an_error",
        "An error with status 200 comes in place of a stream.",
        ("gemini.reply.error_not_200", "gemini.error.broken_text"),
        streamed=as_error,
    ),
)
