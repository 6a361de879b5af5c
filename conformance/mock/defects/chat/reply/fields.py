"""Defects of single fields of plain answers."""

import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.mock.defects.chat.building.answers import change_choices, change_messages, without_logprobs
from conformance.mock.defects.defect import Json, Mutation
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

HOUR = 3_600  # seconds
ONE_IN = 4  # prompts of which one gets a wrong time
UPSTREAM_MODEL = "gpt-oss-20b-fp8"
CONSTANT_ID = "chatcmpl-0"


def change_field(name: str, change: Callable[[Any], Any]) -> Mutation[Json]:
    """Return a mutation that changes the value of one key of a body."""
    return lambda request, body: {**body, name: change(body[name])}


def with_extra_choice(request: ChatRequest, body: Json) -> Json:
    """Return the body with its first choice twice if the request has no n."""
    if "n" in request.body:
        return body
    first, *rest = body["choices"]
    return {**body, "choices": [first, {**first, "index": len(rest) + 1}, *rest]}


def an_hour_early(request: ChatRequest, body: Json) -> Json:
    """Return the body of one in some requests with a creation time of an hour before."""
    chosen = zlib.crc32(request.prompt.encode("utf-8", "surrogatepass")) % ONE_IN == 0
    return {**body, "created": body["created"] - HOUR} if chosen else body


def without_refusal(message: Json) -> Json:
    """Return a message without the key refusal."""
    return {name: value for name, value in message.items() if name != "refusal"}


DEFECTS = (
    ChatDefect(
        "leaves_out_refusal",
        "The message of an answer lacks the key refusal.",
        claims=("chat.reply.required_keys",),
        reports=("D064",),
        whole=change_messages(without_refusal),
    ),
    ChatDefect(
        "leaves_out_null_logprobs",
        "The choices of a non-streamed answer lack the key logprobs when logprobs were not requested.",
        claims=("chat.reply.required_keys",),
        reports=("D029",),
        whole=change_choices(lambda choice: choice if choice["logprobs"] else without_logprobs(choice)),
    ),
    ChatDefect(
        "names_plain_answers_chunks",
        "The object of a non-streamed answer is chat.completion.chunk.",
        claims=("chat.reply.object", "chat.reply.schema"),
        whole=change_field("object", lambda kind: f"{kind}.chunk"),
    ),
    ChatDefect(
        "leaves_id_empty",
        "The id of an answer is an empty string.",
        claims=("chat.reply.id", "chat.reply.schema"),
        whole=change_field("id", lambda reply_id: ""),
    ),
    ChatDefect(
        "repeats_id",
        "All answers have the same id.",
        claims=("chat.reply.id_unique",),
        whole=change_field("id", lambda reply_id: CONSTANT_ID),
    ),
    ChatDefect(
        "created_has_fractions",
        "created has a fraction of a second.",
        claims=("chat.reply.created", "chat.reply.schema"),
        reports=("D009",),
        whole=change_field("created", lambda seconds: seconds + 0.56789),
    ),
    ChatDefect(
        "created_in_milliseconds",
        "created is in milliseconds instead of seconds.",
        claims=("chat.reply.created", "chat.reply.schema"),
        whole=change_field("created", lambda seconds: seconds * 1000),
    ),
    ChatDefect(
        "created_jumps",
        "The created of an answer is now and then an hour early.",
        claims=("chat.reply.created_steady",),
        whole=an_hour_early,
    ),
    ChatDefect(
        "new_fingerprint_for_each_answer",
        "Every answer has a system_fingerprint of its own.",
        claims=("chat.reply.fingerprint",),
        whole=lambda request, body: {**body, "system_fingerprint": f"fp_{body['id'][-10:]}"},
    ),
    ChatDefect(
        "answers_as_plain_text",
        "The content type of an answer without streaming is text/plain.",
        claims=("chat.reply.content_type", "chat.stream.off"),
        answered=lambda request, wire: replace(wire, media_type="text/plain"),
    ),
    ChatDefect(
        "answers_in_latin_1",
        "The content type of an answer names the charset ISO-8859-1, though it is in UTF-8.",
        claims=("chat.reply.charset",),
        answered=lambda request, wire: replace(wire, media_type="application/json; charset=ISO-8859-1"),
    ),
    ChatDefect(
        "leaves_model_empty",
        "The model of an answer is an empty string.",
        claims=("chat.reply.model", "chat.reply.model_echo", "chat.reply.schema"),
        whole=change_field("model", lambda name: ""),
    ),
    ChatDefect(
        "names_upstream_model",
        "An answer names the upstream's model instead of the one that was requested.",
        claims=("chat.reply.model_echo",),
        reports=("D051",),
        whole=change_field("model", lambda name: UPSTREAM_MODEL),
    ),
    ChatDefect(
        "adds_a_choice",
        "A request without n gets two choices.",
        claims=("chat.reply.choices",),
        whole=with_extra_choice,
    ),
    ChatDefect(
        "answers_as_model",
        "The role of an answer is model instead of assistant.",
        claims=("chat.reply.role", "chat.reply.schema", "chat.messages.sent_back"),
        whole=change_messages(lambda message: {**message, "role": "model"}),
    ),
    ChatDefect(
        "compresses_unasked",
        "Plain answers are in the encoding gzip, whatever the request accepts.",
        claims=("chat.reply.encoding", "chat.http.gzip"),
        reports=("B43",),
        answered=lambda request, wire: wire.in_gzip(),
    ),
    ChatDefect(
        "has_an_error_beside_answers",
        "A plain answer has an empty error of the upstream beside it.",
        claims=("chat.reply.no_error",),
        reports=("C16",),
        kinds=("gemini",),
        whole=lambda request, body: {**body, "error": {"message": "", "code": 0}},
    ),
)
