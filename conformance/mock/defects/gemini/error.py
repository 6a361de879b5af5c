"""Defects of errors: their envelope, their status, and what they show."""

import json
from dataclasses import replace

from conformance.mock.defects.gemini.building.error import as_status, changed, of_mode
from conformance.mock.surfaces.gemini.defect import GeminiDefect

TRACE = 'Traceback (most recent call last):\n  File "/srv/gateway/routes/gemini.py", line 7, in call\n'


PAGE = b"<!DOCTYPE html><html><body>Bad Request</body></html>"


DUMP = "GenerateContentError({'message': 'bad', 'errors': [{'loc': ['contents']}]})"


DEFECTS = (
    GeminiDefect(
        "gemini_refuses_in_chat_form",
        "Errors have the envelope of another API.",
        ("gemini.error.envelope", "gemini.auth.none", "gemini.auth.bad"),
        reports=("N157", "N253"),
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
        ("gemini.error.not_array", "gemini.auth.none", "gemini.auth.bad", "gemini.stream.error_before_start"),
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
)
