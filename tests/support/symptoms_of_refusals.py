"""The symptoms of defects of errors: a function per defect, true if an answer shows it."""

import hashlib
from collections.abc import Callable
from typing import Any

import httpx

Ask = Callable[..., httpx.Response]

WRONG = "Bearer sk-nobody"
HASH = hashlib.sha256(b"sk-nobody").hexdigest()
HELLO = {"role": "user", "content": "Hello"}


def error_of(reply: httpx.Response) -> Any:
    """Return the value of error in an answer, or None."""
    return reply.json().get("error")


def asks_for_no_key(ask: Ask, **options: Any) -> bool:
    answers = [ask(authorization=key, **options) for key in ("", WRONG, "Basic sk-test")]
    return all(reply.status_code == 200 and reply.json()["choices"] for reply in answers)


def breaks_on_wrong_key(ask: Ask, **options: Any) -> bool:
    return ask(authorization=WRONG, **options).status_code == 500


def shows_key_hash(ask: Ask, **options: Any) -> bool:
    reply = ask(authorization=WRONG, **options)
    return reply.status_code == 401 and HASH in error_of(reply)["message"]


def breaks_on_unreadable_body(ask: Ask, **options: Any) -> bool:
    return [ask(raw=body, **options).status_code for body in (b"", b"[]", b'{"model":')] == [500] * 3


def answers_without_model(ask: Ask, **options: Any) -> bool:
    return ask(raw=b'{"messages":[{"role":"user","content":"Hello"}]}', **options).status_code == 200


def unknown_model_is_unavailable(ask: Ask, **options: Any) -> bool:
    reply = ask(**{**options, "model": "gpt-nobody"})
    return reply.status_code == 503 and error_of(reply)["code"] == "model_not_found"


def missing_messages_are_not_found(ask: Ask, **options: Any) -> bool:
    replies = [ask(messages=messages, **options) for messages in (None, "Hello")]
    return all(reply.status_code == 404 and error_of(reply)["param"] == "model" for reply in replies)


def breaks_on_message_keys(ask: Ask, **options: Any) -> bool:
    return ask(messages=[{**HELLO, "mood": "good"}], **options).status_code == 500


def refuses_long_prompts_with_200(ask: Ask, **options: Any) -> bool:
    reply = ask("a " * 17_000, **options)
    return reply.status_code == 200 and error_of(reply)["code"] == "context_length_exceeded"


def refuses_the_same_request_at_times(ask: Ask, **options: Any) -> bool:
    text = f"Hello, {options.get('model')} {options.get('defect')}"  # which no other test has sent
    return [ask(text, **options).status_code for _ in range(3)] == [200, 404, 200]


def numeric_error_codes(ask: Ask, **options: Any) -> bool:
    return bool(error_of(ask(messages=[], **options))["code"] == 400)


def errors_without_param(ask: Ask, **options: Any) -> bool:
    body = ask(messages=[], **options).json()
    return set(body) == {"is_gateway_error", "error"} and set(body["error"]) == {"message", "type"}


def flat_errors(ask: Ask, **options: Any) -> bool:
    body = ask(messages=[], **options).json()
    return body.get("object") == "error" and bool(body["message"])


def detail_errors(ask: Ask, **options: Any) -> bool:
    return list(ask(messages=[], **options).json()) == ["detail"]


def html_errors(ask: Ask, **options: Any) -> bool:
    reply = ask(messages=[], **options)
    return reply.headers["content-type"].startswith("text/html") and "<html>" in reply.text


def leaks_stack_trace(ask: Ask, **options: Any) -> bool:
    return "Traceback" in error_of(ask(messages=[], **options))["message"]


def refuses_inside_streams(ask: Ask, **options: Any) -> bool:
    reply = ask(messages=[], stream=True, **options)
    return reply.status_code == 200 and reply.text.startswith('data: {"error":')


SYMPTOMS: dict[str, Callable[..., bool]] = {
    symptom.__name__: symptom
    for symptom in (
        asks_for_no_key,
        breaks_on_wrong_key,
        shows_key_hash,
        breaks_on_unreadable_body,
        answers_without_model,
        unknown_model_is_unavailable,
        missing_messages_are_not_found,
        breaks_on_message_keys,
        refuses_long_prompts_with_200,
        numeric_error_codes,
        refuses_the_same_request_at_times,
        errors_without_param,
        flat_errors,
        detail_errors,
        html_errors,
        leaks_stack_trace,
        refuses_inside_streams,
    )
}
