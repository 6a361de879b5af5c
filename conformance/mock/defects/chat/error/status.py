"""Requests that should be refused and are answered, or refused with a status that blames the wrong side."""

from dataclasses import replace

from conformance.mock.defects.chat.building.refusals import ANSWER, said_of, web_page, where
from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import ApiError
from conformance.mock.server.refusal import Refusal
from conformance.mock.surfaces.chat.defect import ChatDefect

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
AT_ONCE = {"retry-after": "0"}


def answered_by_default(refusal: Refusal) -> Refusal:
    """Return an answer of a default model in place of the refusal of a model that is not known."""
    if refusal.error.code != "model_not_found":
        return refusal
    message = {"role": "assistant", "content": "ready", "refusal": None}
    usage = {"prompt_tokens": 13, "completion_tokens": 1, "total_tokens": 14}
    head = {"id": "chatcmpl-default", "object": "chat.completion", "created": 1_767_225_600, "model": DEFAULT_MODEL}
    choices = [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}]
    return refusal.saying({**head, "choices": choices, "usage": usage}, 200)


def of_missing_model(refusal: Refusal) -> bool:
    """Return whether no model was named."""
    return refusal.error.message.startswith("You must provide a model")


def of_unknown_model(refusal: Refusal) -> bool:
    """Return whether a model was asked that is not served."""
    return refusal.error.code == "model_not_found" and bool(refusal.sent)


def of_no_messages(refusal: Refusal) -> bool:
    """Return whether the messages as a whole were missing or of another type."""
    return refusal.error.param == "messages" and refusal.error.code in ("missing_required_parameter", "invalid_type")


def of_long_prompt(refusal: Refusal) -> bool:
    """Return whether the prompt was longer than the context."""
    return refusal.error.code == "context_length_exceeded"


def broken_by_message_keys(body: Json) -> Json:
    """Return the body, unless a message has a key that is not known."""
    messages = body.get("messages")
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, dict) and message.keys() - MESSAGE_KEYS:
            raise ApiError("Internal server error.", status=500, type="server_error")
    return body


DEFECTS = (
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
        refusal=lambda it: it.saying(ANSWER, 200) if of_missing_model(it) else it,
    ),
    ChatDefect(
        "unknown_model_is_unavailable",
        "An unknown model is answered with status 503, which clients retry.",
        claims=("chat.error.unknown_model",),
        reports=("D254",),
        refusal=lambda it: replace(it, status=503) if of_unknown_model(it) else it,
    ),
    ChatDefect(
        "missing_messages_are_not_found",
        "A request without messages gets a 404 that says the model was not found.",
        claims=("chat.error.status",),
        reports=("D256",),
        refusal=lambda it: (
            it.saying({"error": said_of(it, code="model_not_found", param="model")}, 404) if of_no_messages(it) else it
        ),
    ),
    ChatDefect(
        "breaks_on_message_keys",
        "An unknown key in a message is answered with status 500.",
        claims=("chat.error.unknown_message_key",),
        reports=("D260",),
        body=broken_by_message_keys,
    ),
    ChatDefect(
        "refuses_long_prompts_with_200",
        "A prompt longer than the context is answered with an error and status 200.",
        claims=("chat.error.too_long",),
        reports=("D250",),
        refusal=lambda it: replace(it, status=200) if of_long_prompt(it) else it,
    ),
    ChatDefect(
        "long_prompts_are_unavailable",
        "A prompt longer than the context is answered with a web page and status 503, which clients retry.",
        claims=("chat.error.too_long",),
        reports=("D243",),
        refusal=where(of_long_prompt, web_page(503, **AT_ONCE)),
    ),
)
