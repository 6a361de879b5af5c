"""Defects of errors."""

from dataclasses import replace

from conformance.mock.defects.responses.building.accepted import with_input
from conformance.mock.defects.responses.building.changes import ONE_REQUEST, named, repaired
from conformance.mock.defects.responses.building.error import (
    BROKEN,
    failing_on,
    is_unreadable,
    lacks,
    limited,
    met,
    with_message,
    with_status,
    without_code,
)
from conformance.mock.engine.rules import is_number
from conformance.mock.surfaces.responses.defect import ResponsesDefect

DEFECTS = (
    repaired(
        "answers_without_input",
        "A request without an input is answered.",
        "error.missing_input",
        with_input(lambda value: value is None),
    ),
    repaired("takes_numbers_as_input", "A number is taken as input.", "error.wrong_input", with_input(is_number)),
    ResponsesDefect(
        "refuses_without_envelope",
        "An error is a text and not in the envelope.",
        named("error.envelope error.codes"),
        refusal=met(
            lambda refusal: refusal.error.status == 400,
            lambda refusal: refusal.with_json({"detail": refusal.error.message}),
        ),
    ),
    ResponsesDefect(
        "dumps_objects_in_errors",
        "The message of an error is a dump of an object.",
        named("error.message_sentence"),
        refusal=met(lacks("input"), with_message("{'loc': ['body', 'input'], 'msg': 'field required', 'x': {'a': 1}}")),
    ),
    ResponsesDefect(
        "refuses_with_web_pages",
        "An error is a web page.",
        named("error.no_html error.missing_input stream.error_before_start"),
        refusal=met(
            lacks("input"),
            lambda refusal: replace(refusal, body=b"<!doctype html><title>400</title>", media_type="text/html"),
        ),
    ),
    ResponsesDefect(
        "fails_without_input",
        "A request without an input fails with a 500.",
        named("error.status error.missing_input error.retry_safe stream.error_before_start"),
        refusal=met(lacks("input"), with_status(500)),
        reports=("N205",),
    ),
    ResponsesDefect(
        "finds_no_input",
        "A request without an input gets the status 404.",
        named("error.status"),
        refusal=met(lacks("input"), with_status(404)),
    ),
    ResponsesDefect(
        "names_another_param",
        "An error names a parameter that the request does not have.",
        named("error.param"),
        refusal=met(
            lambda refusal: refusal.error.param in ("temperature", "max_output_tokens", "truncation"),
            lambda refusal: refusal.with_json(
                {
                    "error": {
                        "message": "This value is not allowed.",
                        "type": "invalid_request_error",
                        "code": None,
                        "param": "conformance",
                    }
                }
            ),
        ),
    ),
    ResponsesDefect(
        "shows_paths_in_errors",
        "An error shows the path of a source file.",
        named("error.no_stack"),
        refusal=met(lacks("input"), with_message('File "/srv/gateway/handlers/responses.py", line 12')),
    ),
    ResponsesDefect(
        "shows_paths_before_models",
        "An error of an unreadable body shows the path of a source file.",
        named("error.no_leak_before_model"),
        refusal=met(is_unreadable, with_message('File "/srv/gateway/handlers/body.py", line 7')),
    ),
    ResponsesDefect(
        "fails_on_unreadable_bodies",
        "A body that is no JSON object fails with a 500.",
        named("error.bad_json error.empty_body error.body_array"),
        refusal=met(is_unreadable, with_status(500)),
    ),
    ResponsesDefect(
        "fails_without_model",
        "A request without a model fails with a 500.",
        named("error.missing_model"),
        refusal=met(lacks("model"), with_status(500)),
    ),
    ResponsesDefect(
        "fails_on_unknown_models",
        "An unknown model fails with a 500.",
        named("error.unknown_model"),
        refusal=met(lambda refusal: refusal.error.code == "model_not_found", with_status(500)),
    ),
    ResponsesDefect(
        "forbids_without_key",
        "A request without the right key gets a 403.",
        named("error.no_key error.bad_key"),
        refusal=met(lambda refusal: refusal.error.status == 401, with_status(403)),
    ),
    ResponsesDefect(
        "repeats_wrong_keys",
        "The error for a wrong key shows the key.",
        named("error.key_not_shown"),
        refusal=met(
            lambda refusal: refusal.error.status == 401,
            lambda refusal: with_message(refusal.request_headers.get("authorization", ""))(refusal),
        ),
    ),
    ResponsesDefect(
        "fails_on_other_methods",
        "A GET in place of a POST fails with a 500.",
        named("error.get_method"),
        refusal=met(lambda refusal: refusal.error.code == "method_not_allowed", with_status(500)),
    ),
    repaired(
        "limits_responses_without_a_time",
        "A request with metadata is refused for its rate, and nothing says how long to wait.",
        "error.retry_after",
        limited,
        parameter=ONE_REQUEST,
    ),
    repaired(
        "fails_on_broken_texts",
        "Half of a surrogate pair or U+0000 makes the server fail.",
        "error.broken_text",
        failing_on(lambda body: bool(BROKEN.search(str(body.get("input"))))),
    ),
    ResponsesDefect(
        "gives_long_inputs_no_code",
        "The error for an input that is too long has no code.",
        named("error.codes"),
        refusal=met(lambda refusal: refusal.error.code == "context_length_exceeded", without_code),
    ),
)
