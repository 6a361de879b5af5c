"""POST /v1/chat/completions: from the bytes of a request to a reply, through the seams of defects."""

from collections.abc import Iterator
from dataclasses import replace

from conformance.mock.defects.defect import Defects, apply, apply_to
from conformance.mock.engine.answer import Choice
from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.logprobs import Entry, entry
from conformance.mock.engine.request import RequestCounts, digest
from conformance.mock.server.body import parse
from conformance.mock.server.models import Models
from conformance.mock.server.wire import Wire, json_bytes
from conformance.mock.surfaces import seams
from conformance.mock.surfaces.chat import extras
from conformance.mock.surfaces.chat.columns import profile as profile_of
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.reply import Answer, Json, Reply, as_json, call_ids, reply_to
from conformance.mock.surfaces.chat.request import ChatRequest, read
from conformance.mock.surfaces.chat.stream import MEDIA_TYPE, events, frames


def complete(raw: bytes, models: Models, request_counts: RequestCounts, defects: Defects) -> tuple[Reply, Defects]:
    """Return the reply to a request and the defects that concern its model; raise ApiError to refuse it."""
    try:
        return reply_to_body(parse(raw), models, request_counts, defects)
    except RecursionError:
        raise ApiError("The body of the request is nested too deeply.") from None


def reply_to_body(body: Json, models: Models, request_counts: RequestCounts, defects: Defects) -> tuple[Reply, Defects]:
    """Return the reply to the JSON body of a request and the defects that concern its model."""
    model = models.find(body.get("model"))
    active = tuple(defect for defect in defects if defect.concerns(model.model_class.kind, body))
    profile = apply(profile_of(model.contract, model.model_class), (defect.profile for defect in chat_defects(active)))
    request = read(model.id, profile, apply(body, (defect.body for defect in chat_defects(active))))
    request = apply(with_repetition(request, request_counts), (defect.request for defect in active))
    return reply_to(request, tuple(answer(request, index, active) for index in range(request.n))), active


def chat_defects(defects: Defects) -> tuple[ChatDefect, ...]:
    """Return the defects with the seams of this surface."""
    return tuple(defect for defect in defects if isinstance(defect, ChatDefect))


def with_repetition(request: ChatRequest, request_counts: RequestCounts) -> ChatRequest:
    """Return the request with the number of earlier requests with the same body, and count it."""
    key = digest(request.body)
    request_counts[key] += 1
    return replace(request, repetition=request_counts[key] - 1)


def answer(request: ChatRequest, index: int, defects: Defects) -> Answer:
    """Return one choice with its log probabilities and the ids of its calls."""
    choice = seams.choice(request, index, defects)
    ids = apply_to(request, call_ids(choice), (defect.ids for defect in chat_defects(defects)))
    native_reason = extras.NATIVE_REASON in request.profile.extras
    return Answer(choice, logprobs(request, choice, defects), ids, request.older_calls, native_reason)


def logprobs(request: ChatRequest, choice: Choice, defects: Defects) -> tuple[Entry, ...] | None:
    """Return the log probabilities of a choice, or None if the request does not ask for them."""
    if not request.logprobs:
        return None
    entries = tuple(entry(token, request.top_logprobs) for token in choice.tokens)
    return apply_to(request, entries, (defect.logprobs for defect in chat_defects(defects)))


def plain_body(reply: Reply, defects: Defects) -> Json:
    """Return the body of a reply that is not streamed."""
    return apply_to(reply.request, as_json(reply), (defect.whole for defect in chat_defects(defects)))


def stream(reply: Reply, defects: Defects) -> Iterator[bytes]:
    """Return the events of a reply as bytes, each to be written by itself."""
    chunks: Iterator[Json] = apply_to(reply.request, events(reply), (defect.events for defect in chat_defects(defects)))
    return frames(chunks)


def wire(reply: Reply, defects: Defects) -> Wire:
    """Return a reply as it is sent, streamed or not."""
    headers = {"X-Generation-Id": reply.id} if extras.GENERATION_ID in reply.request.profile.extras else {}
    if reply.request.stream:
        return seams.sent(reply.request, Wire(stream(reply, defects), headers=headers, media_type=MEDIA_TYPE), defects)
    return seams.sent(reply.request, Wire((json_bytes(plain_body(reply, defects)),), headers=headers), defects)
