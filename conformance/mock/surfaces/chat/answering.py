"""POST /v1/chat/completions: from the bytes of a request to a reply, through the seams where defects act."""

from collections.abc import Iterator
from dataclasses import replace

from conformance.mock.defects.defect import Defects, apply, apply_to
from conformance.mock.engine.answer import Choice
from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.logprobs import Entry, entry
from conformance.mock.engine.request import Seen, digest
from conformance.mock.server.body import parse
from conformance.mock.server.models import Models
from conformance.mock.server.wire import Wire, json_bytes
from conformance.mock.surfaces import seams
from conformance.mock.surfaces.chat.columns import profiles
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.reply import Answer, Json, Reply, as_json, call_ids, reply_to
from conformance.mock.surfaces.chat.request import ChatRequest, read
from conformance.mock.surfaces.chat.stream import MEDIA_TYPE, events, frames


def complete(raw: bytes, models: Models, seen: Seen, defects: Defects) -> tuple[Reply, Defects]:
    """Return the reply to a request, and the defects that concern its model; an ApiError refuses it."""
    try:
        return understood(parse(raw), models, seen, defects)
    except RecursionError:
        raise ApiError("The body of the request is nested too deeply.") from None


def understood(body: Json, models: Models, seen: Seen, defects: Defects) -> tuple[Reply, Defects]:
    """Return the reply to the JSON of a request, and the defects that concern its model."""
    model = models.find(body.get("model"))
    active = tuple(defect for defect in defects if defect.concerns(model.model_class.kind, body))
    profile = apply(profiles()[model.model_class.name], (defect.profile for defect in own(active)))
    request = read(model.id, profile, apply(body, (defect.body for defect in own(active))))
    request = apply(counted(request, seen), (defect.request for defect in active))
    return reply_to(request, tuple(answer(request, index, active) for index in range(request.n))), active


def own(defects: Defects) -> tuple[ChatDefect, ...]:
    """Return the defects that have the seams of this surface."""
    return tuple(defect for defect in defects if isinstance(defect, ChatDefect))


def counted(request: ChatRequest, seen: Seen) -> ChatRequest:
    """Return the request, knowing how often the same body came before."""
    key = digest(request.body)
    seen[key] += 1
    return replace(request, seen=seen[key] - 1)


def answer(request: ChatRequest, index: int, defects: Defects) -> Answer:
    """Return one choice with all that belongs to it."""
    choice = seams.choice(request, index, defects)
    ids = apply_to(request, call_ids(choice), (defect.ids for defect in own(defects)))
    return Answer(choice, logprobs(request, choice, defects), ids)


def logprobs(request: ChatRequest, choice: Choice, defects: Defects) -> tuple[Entry, ...] | None:
    """Return the log probabilities of a choice, where they are asked for."""
    if not request.logprobs:
        return None
    entries = tuple(entry(token, request.top_logprobs) for token in choice.tokens)
    return apply_to(request, entries, (defect.logprobs for defect in own(defects)))


def whole(reply: Reply, defects: Defects) -> Json:
    """Return the body of a reply that is not streamed."""
    return apply_to(reply.request, as_json(reply), (defect.whole for defect in own(defects)))


def stream(reply: Reply, defects: Defects) -> Iterator[bytes]:
    """Return the events of a reply as bytes, one write each."""
    chunks: Iterator[Json] = apply_to(reply.request, events(reply), (defect.events for defect in own(defects)))
    return frames(chunks)


def wire(reply: Reply, defects: Defects) -> Wire:
    """Return a reply as it is sent, streamed or not."""
    if reply.request.stream:
        return seams.sent(reply.request, Wire(stream(reply, defects), media_type=MEDIA_TYPE), defects)
    return seams.sent(reply.request, Wire((json_bytes(whole(reply, defects)),)), defects)
