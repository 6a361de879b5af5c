"""POST /v1/chat/completions: from the bytes of a request to a reply, through the seams where defects act."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from conformance.mock.defects.defect import Defects, bent, told
from conformance.mock.engine.answer import Choice, draft, finish
from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.logprobs import Entry, entry
from conformance.mock.server.models import Models
from conformance.mock.server.wire import Wire, json_bytes
from conformance.mock.surfaces.chat.reply import Answer, Json, Reply, as_json, call_ids, reply_to
from conformance.mock.surfaces.chat.request import ChatRequest, digest, parse, read
from conformance.mock.surfaces.chat.stream import MEDIA_TYPE, events, frames

Seen = Counter[bytes]  # how often a server was sent a body


def complete(raw: bytes, models: Models, seen: Seen, defects: Defects) -> tuple[Reply, Defects]:
    """The reply to a request, and the defects that concern its model; an ApiError refuses it."""
    try:
        return understood(parse(raw), models, seen, defects)
    except RecursionError:
        raise ApiError("The body of the request is nested too deeply.") from None


def understood(body: Json, models: Models, seen: Seen, defects: Defects) -> tuple[Reply, Defects]:
    """The reply to the JSON of a request, and the defects that concern its model."""
    model = models.find(body.get("model"))
    active = tuple(defect for defect in defects if defect.concerns(model.profile.kind, body))
    profile = bent(model.profile, (defect.profile for defect in active))
    request = read(model.id, profile, bent(body, (defect.body for defect in active)))
    request = bent(counted(request, seen), (defect.request for defect in active))
    return reply_to(request, tuple(answer(request, index, active) for index in range(request.n))), active


def counted(request: ChatRequest, seen: Seen) -> ChatRequest:
    """The request, knowing how often the same body came before."""
    key = digest(request.body)
    seen[key] += 1
    return replace(request, seen=seen[key] - 1)


def answer(request: ChatRequest, index: int, defects: Defects) -> Answer:
    """One choice with all that belongs to it."""
    whole = bent(draft(request, index), told(request, (defect.draft for defect in defects)))
    choice = bent(finish(request, index, whole), told(request, (defect.choice for defect in defects)))
    ids = bent(call_ids(choice), told(request, (defect.ids for defect in defects)))
    return Answer(choice, logprobs(request, choice, defects), ids)


def logprobs(request: ChatRequest, choice: Choice, defects: Defects) -> tuple[Entry, ...] | None:
    """The log probabilities of a choice, where they are asked for."""
    if not request.logprobs:
        return None
    entries = tuple(entry(token, request.top_logprobs) for token in choice.tokens)
    return bent(entries, told(request, (defect.logprobs for defect in defects)))


def whole(reply: Reply, defects: Defects) -> Json:
    """The body of a reply that is not streamed."""
    return bent(as_json(reply), told(reply.request, (defect.whole for defect in defects)))


def stream(reply: Reply, defects: Defects) -> Iterator[bytes]:
    """The events of a reply as bytes, one write each."""
    chunks: Iterator[Json] = bent(events(reply), told(reply.request, (defect.events for defect in defects)))
    return frames(chunks)


def wire(reply: Reply, defects: Defects) -> Wire:
    """A reply as it is sent, streamed or not."""
    if reply.request.stream:
        sent = Wire(stream(reply, defects), media_type=MEDIA_TYPE)
        return bent(sent, told(reply.request, (defect.streamed for defect in defects)))
    sent = Wire((json_bytes(whole(reply, defects)),))
    return bent(sent, told(reply.request, (defect.answered for defect in defects)))
