"""Defects of errors: their envelope, their type, their id and their message."""

import itertools
import json
from collections.abc import Callable
from dataclasses import replace

from conformance.mock.defects.defect import Json
from conformance.mock.defects.messages.building.errors import (
    about,
    answered,
    as_page,
    failed,
    has_status,
    only_if,
    says,
    with_message,
)
from conformance.mock.defects.messages.building.messages import with_error
from conformance.mock.engine.errors import ApiError
from conformance.mock.server.refusal import Refusal
from conformance.mock.surfaces.messages.defect import MessagesDefect
from conformance.mock.surfaces.messages.request import REQUIRED, MessagesRequest


def claims(*names: str) -> tuple[str, ...]:
    """Return the ids of claims about errors."""
    return tuple(f"messages.error.{name}" for name in names)


SERVERS = 10  # of which one does not know the model
TRACE = 'Traceback (most recent call last):\n  File "/srv/gateway/routes/messages.py", line 7, in call\n'
DUMP = "ValidationError({'message': 'bad', 'errors': [{'loc': ['messages']}]})"


def without_id(refusal: Refusal) -> Refusal:
    """Return an error without an id."""
    body = json.loads(refusal.body)
    return replace(refusal.with_json({"type": body["type"], "error": body["error"]}), headers={})


def with_status(status: int) -> Callable[[Refusal], Refusal]:
    """Return the change of the status of an error."""
    return lambda refusal: replace(refusal, status=status)


def answered_if_unknown(refusal: Refusal) -> Refusal:
    """Return a message in the place of the refusal of a model."""
    return answered(refusal) if refusal.status == 404 else refusal


def limited(number: int) -> Callable[[Json], Json]:
    """Return the change that refuses one body in `number` for its rate, without a time to wait."""
    bodies = itertools.count(1)

    def limit(body: Json) -> Json:
        if next(bodies) % number == 0:
            raise ApiError("Rate limit reached.", status=429)
        return body

    return limit


def failing_on_broken_text(body: Json) -> Json:
    """Fail on half of a surrogate pair or U+0000 in a text."""
    said = json.dumps(body.get("messages"))
    if "\\u0000" in said or '\\ud83d"' in said or "\\ud83d " in said:
        raise ApiError("Internal server error.", status=500)
    return body


def refused_at_times(request: MessagesRequest) -> MessagesRequest:
    """Refuse a request without parameters that is the second, twelfth ... of its kind."""
    if request.repetition % SERVERS == 1 and not request.body.keys() - REQUIRED.keys():
        raise ApiError(f"model: {request.model}", param="model", status=404)
    return request


DEFECTS = (
    MessagesDefect(
        "refuses_like_openai",
        "Errors come in the envelope of OpenAI.",
        ("messages.error.envelope", "messages.error.auth_envelope"),
        reports=("N228",),
        refusal=with_error(lambda body: {"error": {**body["error"], "param": None, "code": None}}),
    ),
    MessagesDefect(
        "names_its_own_type_of_error",
        "The type of an error is a name of the gateway's own.",
        (
            "messages.error.type_known",
            "messages.error.auth_envelope",
        ),
        reports=("N223", "N227"),
        refusal=with_error(lambda body: {**body, "error": {**body["error"], "type": "new_api_error"}}),
    ),
    MessagesDefect(
        "blames_itself",
        "The type of every error is api_error.",
        (
            "messages.error.type_status",
            "messages.error.auth_envelope",
        ),
        refusal=with_error(lambda body: {**body, "error": {**body["error"], "type": "api_error"}}),
    ),
    MessagesDefect(
        "nests_errors",
        "The message of an error is an error of another API in JSON.",
        (
            "messages.error.no_nested_json",
            "messages.error.auth_envelope",
        ),
        reports=("N104", "N105"),
        refusal=with_error(lambda body: {**body, "error": {**body["error"], "message": '{"error": {"code": 400}}'}}),
    ),
    MessagesDefect(
        "fails_on_mistakes",
        "A request without messages is answered with status 500.",
        (
            "messages.error.retry_safe",
            "messages.error.status",
            "messages.count.bad",
            "messages.error.refused",
            "messages.messages.missing",
        ),
        reports=("N226",),
        refusal=only_if(says("messages: Field required"), with_error(lambda body: body, 500)),
    ),
    MessagesDefect(
        "names_no_request",
        "An error has no id, neither in a header nor in its body.",
        claims("request_id"),
        refusal=without_id,
    ),
    MessagesDefect(
        "finds_messages_missing",
        "A mistake in the messages gets status 404.",
        claims("status"),
        refusal=only_if(about("messages"), with_status(404)),
    ),
    MessagesDefect(
        "dumps_errors_of_messages",
        "The message of an error is a dump of an object.",
        claims("message_sentence"),
        refusal=with_message(DUMP),
    ),
    MessagesDefect(
        "refuses_messages_with_a_page",
        "An error about a tool is a web page.",
        (
            "messages.error.no_html",
            "messages.tools.openai_shape",
            "messages.tools.schema_missing",
            "messages.tools.unknown_type",
            "messages.tools.schema_type",
            "messages.tools.bad_name",
            "messages.tools.same_name",
        ),
        refusal=only_if(about("tools"), as_page),
    ),
    MessagesDefect(
        "shows_traces_of_messages",
        "The message of an error has a stack trace.",
        claims("no_leak"),
        refusal=with_message(TRACE),
    ),
    MessagesDefect(
        "limits_the_rate_in_silence",
        "Now and then a request meets a rate limit that does not say how long to wait.",
        claims("rate_limit"),
        body=limited(40),
    ),
    MessagesDefect(
        "fails_on_broken_texts_of_messages",
        "Half of a surrogate pair or U+0000 in a text makes the server fail.",
        claims("broken_text", "retry_safe"),
        body=failing_on_broken_text,
    ),
    MessagesDefect(
        "fails_on_bodies_without_an_object",
        "A body that is no JSON object makes the server fail.",
        claims("bad_json", "empty_body", "array_body", "retry_safe"),
        refusal=only_if(says("The body of the request"), failed),
    ),
    MessagesDefect(
        "answers_for_unknown_models",
        "An unknown model is answered by another one.",
        claims("unknown_model"),
        refusal=only_if(says("model", "Model"), answered_if_unknown),
    ),
    MessagesDefect(
        "answers_any_method",
        "A GET is answered.",
        claims("wrong_method"),
        refusal=only_if(lambda refusal: refusal.method == "GET", answered),
    ),
    MessagesDefect(
        "reads_messages_of_any_content_type",
        "JSON with the content type text/plain is answered.",
        claims("content_type"),
        refusal=only_if(has_status(415), answered),
    ),
    MessagesDefect(
        "refuses_messages_at_times",
        "A request without parameters is refused every tenth time that it comes, as by one of ten servers.",
        claims("steady"),
        request=refused_at_times,
    ),
    MessagesDefect(
        "fails_on_long_prompts",
        "A prompt that is longer than the context makes the server fail.",
        claims("too_long"),
        refusal=only_if(says("prompt is too long"), failed),
    ),
)
