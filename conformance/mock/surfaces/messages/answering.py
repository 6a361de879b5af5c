"""POST /v1/messages and /v1/messages/count_tokens: from the bytes of a request to a reply, through the seams of defects."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from conformance.mock.defects.defect import Defects, apply, apply_to
from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.request import RequestCounts, digest
from conformance.mock.server.body import parse
from conformance.mock.server.models import Model, Models
from conformance.mock.server.wire import Wire, json_bytes
from conformance.mock.surfaces import seams
from conformance.mock.surfaces.messages import counting
from conformance.mock.surfaces.messages.defect import MessagesDefect
from conformance.mock.surfaces.messages.fields import refused
from conformance.mock.surfaces.messages.reply import Answer, message
from conformance.mock.surfaces.messages.request import FIRST, SECOND, MessagesRequest, check_count, read
from conformance.mock.surfaces.messages.stream import MEDIA_TYPE, events, frames

Json = dict[str, Any]
VERSION, BETA = "anthropic-version", "anthropic-beta"
# Tokens that a prompt may have.  Less than real models, so that a test of a prompt beyond the context needs only 33 kB.
CONTEXT = 16_384
# Features that a client may name in its beta header: those of the official clients and of Claude Code.
BETAS = frozenset(
    {
        "claude-code-20250219",
        "context-1m-2025-08-07",
        "context-management-2025-06-27",
        "effort-2025-11-24",
        "extended-cache-ttl-2025-04-11",
        "fine-grained-tool-streaming-2025-05-14",
        "interleaved-thinking-2025-05-14",
        "mid-conversation-system-2026-04-07",
        "oauth-2025-04-20",
        "output-128k-2025-02-19",
        "prompt-caching-2024-07-31",
        "prompt-caching-scope-2026-01-05",
        "structured-outputs-2025-11-13",
        "thinking-token-count-2026-05-13",
        "token-counting-2024-11-01",
        "token-efficient-tools-2025-02-19",
    }
)
# Fields that a feature of the beta header adds to a request.  They change nothing in answers of the mock.
ADDED = {"context_management": "context-management-2025-06-27"}


def complete(
    raw: bytes, headers: Mapping[str, str], models: Models, request_counts: RequestCounts, defects: Defects
) -> Wire:
    """Return the reply to a request as it is sent; raise ApiError to refuse it."""
    try:
        body = parse(raw)
        model, active = concerned(body, models, defects)
        version = check_headers(headers, active)
        changed = apply(body, (defect.body for defect in own(active)))
        request = with_repetition(check_size(read(without_added(changed, headers), version, model)), request_counts)
        request = apply(request, (defect.request for defect in active))
        return wire(request, request_counts, active)
    except RecursionError:
        raise ApiError("The body of the request is nested too deeply.") from None


def count(
    raw: bytes, headers: Mapping[str, str], models: Models, request_counts: RequestCounts, defects: Defects
) -> Wire:
    """Return the count of the tokens of a request; raise ApiError to refuse it."""
    try:
        body = parse(raw)
        _, active = concerned(body, models, defects)
        check_headers(headers, active)
        changed = apply(body, (defect.asked for defect in own(active)))
        check_count(changed)
        counted = apply({"input_tokens": counting.total(changed)}, (defect.count for defect in own(active)))
        return Wire((json_bytes(counted),))
    except RecursionError:
        raise ApiError("The body of the request is nested too deeply.") from None


def without_added(body: Json, headers: Mapping[str, str]) -> Json:
    """Return a body without the fields that the features of the beta header add to a request."""
    named = {name.strip() for name in headers.get(BETA, "").split(",")}
    return {name: value for name, value in body.items() if ADDED.get(name) not in named}


def concerned(body: Json, models: Models, defects: Defects) -> tuple[Model, Defects]:
    """Return the model that a body names and the defects that concern it."""
    if "model" not in body:
        raise refused("model", "Field required")
    model = models.find(body["model"])
    return model, tuple(defect for defect in defects if defect.concerns(model.model_class.kind, body))


def own(defects: Defects) -> tuple[MessagesDefect, ...]:
    """Return the defects with the seams of this surface."""
    return tuple(defect for defect in defects if isinstance(defect, MessagesDefect))


def check_headers(headers: Mapping[str, str], defects: Defects) -> str:
    """Return the version of the API that a request names; raise ApiError for none, an unknown one or an unknown feature."""
    named = apply(dict(headers), (defect.headers for defect in own(defects)))
    if VERSION not in named:
        raise refused(VERSION, "header is required")
    if named[VERSION] not in (FIRST, SECOND):
        raise refused(VERSION, f"{named[VERSION]!r} is not a version of this API")
    unknown = {name.strip() for name in named.get(BETA, "").split(",")} - BETAS - {""}
    if unknown:
        raise refused(BETA, f"unexpected value {min(unknown)!r}")
    return named[VERSION]


def check_size(request: MessagesRequest) -> MessagesRequest:
    """Return a request whose prompt the context holds; raise ApiError for a longer one."""
    size = counting.total(request.body)
    if size > CONTEXT:
        raise ApiError(f"prompt is too long: {size} tokens > {CONTEXT} maximum", param="messages")
    return request


def with_repetition(request: MessagesRequest, request_counts: RequestCounts) -> MessagesRequest:
    """Return the request with the number of earlier requests with the same body, and count it."""
    key = digest(request.body)
    request_counts[key] += 1
    return replace(request, repetition=request_counts[key] - 1)


def wire(request: MessagesRequest, request_counts: RequestCounts, defects: Defects) -> Wire:
    """Return the reply to a request as it is sent, streamed or not."""
    choice = seams.choice(request, 0, defects)
    answer = Answer(request, choice, counting.counted(request.body, request_counts))
    whole = apply_to(request, message(answer), (defect.message for defect in own(defects)))
    if request.stream:
        chunks: Iterator[Json] = apply_to(
            request, events(whole, choice.calls), (defect.events for defect in own(defects))
        )
        return seams.sent(request, Wire(frames(chunks), media_type=MEDIA_TYPE), defects)
    body = apply_to(request, whole, (defect.whole for defect in own(defects)))
    return seams.sent(request, Wire((json_bytes(body),)), defects)
