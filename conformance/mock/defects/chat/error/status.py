"""Invalid requests that are answered, or refused with a wrong status."""

import itertools
import json
from collections.abc import Callable
from dataclasses import replace

from conformance.mock.defects.chat.building.refusals import COMPLETION, error_object, only_if, web_page
from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import ApiError
from conformance.mock.server.refusal import Refusal
from conformance.mock.server.wire import Wire
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest
from conformance.mock.surfaces.chat.stream import DONE, MEDIA_TYPE

DEFAULT_MODEL = "mock-default"
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
SERVERS = 10  # among which requests without parameters are shared, so that each gets every tenth of the same
PLAIN = {"model", "messages", "max_tokens", "max_completion_tokens"}
HALF_PAIR, NULL = '\\ud83d"', "\\u0000"  # as JSON spells them
RETRY_AT_ONCE = {"retry-after": "0"}


def refused_at_times(request: ChatRequest) -> ChatRequest:
    """Return the request; raise ApiError if it has no parameters and is the second, twelfth ... of its kind."""
    if request.repetition % SERVERS == 1 and not request.body.keys() - PLAIN:
        raise ApiError(f"The model {request.model} does not exist.", param="model", code="model_not_found", status=404)
    return request


def answered_by_default(refusal: Refusal) -> Refusal:
    """Return an answer of a default model instead of the refusal of an unknown model."""
    if refusal.error.code != "model_not_found":
        return refusal
    message = {"role": "assistant", "content": "ready", "refusal": None}
    usage = {"prompt_tokens": 13, "completion_tokens": 1, "total_tokens": 14}
    head = {"id": "chatcmpl-default", "object": "chat.completion", "created": 1_767_225_600, "model": DEFAULT_MODEL}
    choices = [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}]
    return refusal.with_json({**head, "choices": choices, "usage": usage}, 200)


def is_about_missing_model(refusal: Refusal) -> bool:
    """Return whether a request was refused because it names no model."""
    return refusal.error.message.startswith("You must provide a model")


def is_about_unknown_model(refusal: Refusal) -> bool:
    """Return whether a completion was refused because its model is unknown."""
    return refusal.error.code == "model_not_found" and bool(refusal.request_body)


def is_about_missing_messages(refusal: Refusal) -> bool:
    """Return whether a request was refused because messages is missing or of the wrong type."""
    return refusal.error.param == "messages" and refusal.error.code in ("missing_required_parameter", "invalid_type")


def is_about_long_prompt(refusal: Refusal) -> bool:
    """Return whether a request was refused because its prompt is longer than the context."""
    return refusal.error.code == "context_length_exceeded"


def fail_on_unknown_message_key(body: Json) -> Json:
    """Return the body; raise a status 500 if a message has an unknown key."""
    messages = body.get("messages")
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, dict) and message.keys() - MESSAGE_KEYS:
            raise ApiError("Internal server error.", status=500, type="server_error")
    return body


def fail_on(character: str) -> Callable[[Json], Json]:
    """Return a mutation that raises a status 500 if a message has a character."""

    def checked(body: Json) -> Json:
        if character in json.dumps(body.get("messages")):
            raise ApiError("Internal server error", status=500, type="server_error")
        return body

    return checked


def with_exception_as_text(request: ChatRequest, wire: Wire) -> Wire:
    """Return a stream with the text of an exception if a message has half of a surrogate pair."""
    if HALF_PAIR not in json.dumps(request.messages):
        return wire
    return wire.with_pieces(b'data: {"error": "TypeError: text has to be encodable"}\n\n', DONE, media_type=MEDIA_TYPE)


def now_and_then(number: int) -> Callable[[], None]:
    """Return an arrival that refuses one request in `number` for its rate, without a time to wait."""
    requests = itertools.count(1)

    def arrive() -> None:
        if next(requests) % number == 0:
            raise ApiError("Too many requests.", code="rate_limit_exceeded", status=429, type="requests")

    return arrive


DEFECTS = (
    ChatDefect(
        "refuses_the_same_request_at_times",
        "A request without parameters is refused every tenth time that it comes, as by one of ten servers.",
        claims=("chat.error.steady",),
        request=refused_at_times,
    ),
    ChatDefect(
        "limits_without_a_time",
        "One request in forty is refused for its rate, and nothing says how long to wait.",
        claims=("chat.error.retry_after",),
        arrival=now_and_then(40),
    ),
    ChatDefect(
        "serves_unknown_models",
        "A request for an unknown model is answered by another model.",
        claims=("chat.error.unknown_model",),
        reports=("D049",),
        refusal=answered_by_default,
    ),
    ChatDefect(
        "answers_without_model",
        "A request without model is answered by a default model.",
        claims=("chat.error.missing_model",),
        refusal=lambda refusal: refusal.with_json(COMPLETION, 200) if is_about_missing_model(refusal) else refusal,
    ),
    ChatDefect(
        "unknown_model_is_unavailable",
        "An unknown model is answered with status 503, which clients retry.",
        claims=("chat.error.unknown_model",),
        reports=("D254",),
        refusal=lambda refusal: replace(refusal, status=503) if is_about_unknown_model(refusal) else refusal,
    ),
    ChatDefect(
        "missing_messages_are_not_found",
        "A request without messages gets a 404 that says the model was not found.",
        claims=("chat.error.status",),
        reports=("D256",),
        refusal=lambda refusal: (
            refusal.with_json({"error": error_object(refusal, code="model_not_found", param="model")}, 404)
            if is_about_missing_messages(refusal)
            else refusal
        ),
    ),
    ChatDefect(
        "breaks_on_message_keys",
        "An unknown key in a message is answered with status 500.",
        claims=("chat.error.unknown_message_key",),
        reports=("D260",),
        body=fail_on_unknown_message_key,
    ),
    ChatDefect(
        "breaks_on_half_pairs",
        "Half of a surrogate pair in a message is answered with status 500.",
        claims=("chat.error.broken_text",),
        reports=("E027",),
        body=fail_on(HALF_PAIR),
    ),
    ChatDefect(
        "streams_exception_for_half_pairs",
        "Half of a surrogate pair in a message makes the stream one event with the text of an exception, and status 200.",
        claims=("chat.error.broken_text",),
        reports=("E027",),
        streamed=with_exception_as_text,
    ),
    ChatDefect(
        "breaks_on_null_characters",
        "U+0000 in a message is answered with status 500.",
        claims=("chat.error.broken_text",),
        body=fail_on(NULL),
    ),
    ChatDefect(
        "refuses_long_prompts_with_200",
        "A prompt longer than the context is answered with an error and status 200.",
        claims=("chat.error.too_long", "chat.reply.no_error"),
        reports=("D250",),
        refusal=lambda refusal: replace(refusal, status=200) if is_about_long_prompt(refusal) else refusal,
    ),
    ChatDefect(
        "long_prompts_are_unavailable",
        "A prompt longer than the context is answered with a web page and status 503, which clients retry.",
        claims=("chat.error.too_long",),
        reports=("D243",),
        refusal=only_if(is_about_long_prompt, web_page(503, **RETRY_AT_ONCE)),
    ),
    ChatDefect(
        "fails_on_long_answers",
        "A request for a long answer makes the server fail, with status 500.",
        claims=("chat.error.no_server_error", "chat.stream.content_type", "chat.max_tokens.default"),
        body=fail_on("Count from 1"),
    ),
)
