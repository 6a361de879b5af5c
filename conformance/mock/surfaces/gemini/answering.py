"""From the bytes of a request for content to a reply, through the seams of defects."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from conformance.mock.defects.defect import Defects, apply, apply_to
from conformance.mock.engine.answer import Choice
from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.request import RequestCounts, digest
from conformance.mock.engine.tokens import count_prompt
from conformance.mock.server.body import parse
from conformance.mock.server.models import Model, Models
from conformance.mock.server.wire import JSON, Wire, json_bytes
from conformance.mock.surfaces import seams
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.fields import fields
from conformance.mock.surfaces.gemini.profiles import OTHERS, PROFILES, Profile
from conformance.mock.surfaces.gemini.reply import Json, Reply, as_json, head, reply_to
from conformance.mock.surfaces.gemini.request import GeminiRequest, read
from conformance.mock.surfaces.gemini.stream import MEDIA_TYPE, events, frames, items

# What a model can do, as lists of models say.
METHODS = ("generateContent", "streamGenerateContent", "countTokens")
LIMITS = {"inputTokenLimit": 16_384, "outputTokenLimit": 8_192}


def own(defects: Defects) -> tuple[GeminiDefect, ...]:
    """Return the defects with the seams of this surface."""
    return tuple(defect for defect in defects if isinstance(defect, GeminiDefect))


def generate(
    raw: bytes, model: Model, request_counts: RequestCounts, defects: Defects, **how: Any
) -> tuple[Wire, GeminiRequest | None]:
    """Return the answer to a request; raise ApiError to refuse it.  `how` says how it is to be answered: stream, as_events."""
    try:
        body = parse(raw)
        active = tuple(defect for defect in defects if defect.concerns(model.model_class.kind, body))
        request = asked(body, model, active, **how)
        request_counts[digest(request.body)] += 1
        request = replace(request, repetition=request_counts[digest(request.body)] - 1)
    except RecursionError:
        raise ApiError("The body of the request is nested too deeply.") from None
    try:
        request = apply(request, (defect.request for defect in active))
    except ApiError as error:
        if error.code != "content_filter":
            raise
        return Wire((json_bytes(blocked(reply_to(request, ()))),)), request
    reply = reply_to(request, tuple(answer(request, index, active) for index in range(request.n)))
    return seams.sent(request, written(reply, active), active), request


def answer(request: GeminiRequest, index: int, defects: Defects) -> Choice:
    """Return one choice; an answer that the model declines has no text in this API, and ends for safety."""
    choice = seams.choice(request, index, defects)
    return replace(choice, tokens=(), calls=(), finish_reason="content_filter") if choice.declined else choice


def asked(body: Json, model: Model, defects: Defects, **how: Any) -> GeminiRequest:
    """Return the request in a body, after the defects of profiles and bodies."""
    profile: Profile = PROFILES.get(model.model_class.name, OTHERS)
    profile = apply(profile, (defect.profile for defect in own(defects)))
    return read(model.id, profile, apply(body, (defect.body for defect in own(defects))), **how)


def written(reply: Reply, defects: Defects) -> Wire:
    """Return a reply as it is written: one response, events, or the items of an array."""
    request = reply.request
    if not request.stream:
        return Wire((json_bytes(apply_to(request, as_json(reply), (defect.whole for defect in own(defects)))),))
    chunks: Iterator[Json] = apply_to(request, events(reply), (defect.events for defect in own(defects)))
    return Wire(frames(chunks), media_type=MEDIA_TYPE) if request.as_events else Wire(items(chunks), media_type=JSON)


def blocked(reply: Reply) -> Json:
    """Return the response to a prompt that a filter stopped."""
    prompt = count_prompt(reply.request.messages)
    counts = {"promptTokenCount": prompt, "totalTokenCount": prompt}
    return {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": counts, **head(reply)}


def count_tokens(raw: bytes, model: Model, defects: Defects) -> Json:
    """Return the number of tokens of a prompt, given as contents or as a whole request; raise ApiError to refuse it."""
    body = parse(raw)
    known = fields("", body, ("contents", "generateContentRequest", "model"))
    given = known.get("generateContentRequest", {"contents": known.get("contents")})
    active = tuple(defect for defect in defects if defect.concerns(model.model_class.kind, body))
    number = count_prompt(asked(given, model, active).messages)
    answer = {"totalTokens": number, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": number}]}
    return apply(answer, (defect.counted for defect in own(active)))


def listed(model: Model) -> Json:
    """Return a model as lists have it."""
    return {
        "name": f"models/{model.id}",
        "displayName": model.id,
        "supportedGenerationMethods": list(METHODS),
        **LIMITS,
    }


def models(known: Models, defects: Defects) -> Json:
    """Return the list of models."""
    answer = {"models": [listed(model) for model in known.by_id.values()]}
    return apply(answer, (defect.listing for defect in own(defects)))
