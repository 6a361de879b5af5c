"""POST /v1/responses and what is stored of it: from the bytes of a request to a reply, through the seams of defects."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from conformance.mock.defects.defect import Defects, apply, apply_to
from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.messages import text_of
from conformance.mock.engine.request import RequestCounts, digest
from conformance.mock.engine.tokens import count_prompt, split
from conformance.mock.server.body import parse
from conformance.mock.server.models import Models
from conformance.mock.server.wire import Wire, json_bytes
from conformance.mock.surfaces import seams
from conformance.mock.surfaces.responses import reply
from conformance.mock.surfaces.responses.columns import profile as profile_of
from conformance.mock.surfaces.responses.defect import ResponsesDefect
from conformance.mock.surfaces.responses.request import ResponsesRequest, model_named, read
from conformance.mock.surfaces.responses.store import Store
from conformance.mock.surfaces.responses.stream import MEDIA_TYPE, events, frames, numbered

Json = dict[str, Any]
LISTED, MOST_LISTED = 20, 100  # items of a page of input items: the default and the most


def own(defects: Defects) -> tuple[ResponsesDefect, ...]:
    """Return the defects with the seams of this surface."""
    return tuple(defect for defect in defects if isinstance(defect, ResponsesDefect))


def read_body(
    raw: bytes, models: Models, request_counts: RequestCounts, store: Store, defects: Defects
) -> tuple[ResponsesRequest, Defects]:
    """Return the request in the bytes of a body and the defects that concern its model; raise ApiError to refuse it."""
    try:
        body = parse(raw)
        model = models.find(model_named(body))
        active = tuple(defect for defect in defects if defect.concerns(model.model_class.kind, body))
        profile = apply(profile_of(model.contract, model.model_class), (defect.profile for defect in own(active)))
        request = read(model.id, profile, apply(body, (defect.body for defect in own(active))), store)
    except RecursionError:
        raise ApiError("The body of the request is nested too deeply.") from None
    key = digest(request.body)
    request_counts[key] += 1
    request = replace(request, repetition=request_counts[key] - 1)
    return apply(request, (defect.request for defect in active)), active


def respond(request: ResponsesRequest, request_counts: RequestCounts, store: Store, defects: Defects) -> Json:
    """Return the whole response to a request, which is stored unless the request forbids it."""
    cached = apply(cached_tokens(request, request_counts), (defect.cached for defect in own(defects)))
    finished = reply.response_to(request, seams.choice(request, 0, defects), cached)
    response: Json = apply_to(request, finished, (defect.object for defect in own(defects)))
    if request.store:
        begun = {**response, "status": "queued", "output": [], "usage": None, "completed_at": None}
        store.keep(begun if request.background else response, input_items(request), request.conversation)
        if request.background:
            store.responses[response["id"]].pending = response
            return response if request.stream else begun
    return response


def cached_tokens(request: ResponsesRequest, request_counts: RequestCounts) -> int:
    """Return how many tokens of a prompt were cached: the beginning of one that is long and came before."""
    text = "\n".join(text_of(message) for message in request.messages)
    start = split(text)[: reply.CACHED_FROM]
    if len(start) < reply.CACHED_FROM:
        return 0
    key = digest(["cached", request.model, start])
    before = request_counts[key]
    request_counts[key] += 1
    if not before:
        return 0
    return count_prompt(request.messages) // reply.CACHED_STEP * reply.CACHED_STEP


def input_items(request: ResponsesRequest) -> list[Json]:
    """Return the items of a request's input as they are stored, each with an id."""
    sent = request.body["input"]
    items = [{"type": "message", "role": "user", "content": sent}] if isinstance(sent, str) else sent
    return [stored_item(item) for item in items]


def stored_item(item: Json) -> Json:
    """Return an item of an input as it is stored: with an id, and a text as a part."""
    kind = item.get("type", "message")
    prefix = {"message": "msg", "function_call": "fc", "function_call_output": "fco"}.get(kind, "item")
    content = item.get("content")
    if kind == "message" and isinstance(content, str):
        part = "output_text" if item["role"] == "assistant" else "input_text"
        item = {**item, "content": [{"type": part, "text": content}]}
    return {"id": reply.new_id(prefix), "type": kind, **item}


def wire(request: ResponsesRequest, response: Json, defects: Defects) -> Wire:
    """Return a response as it is sent, streamed or not."""
    if request.stream:
        return seams.sent(request, Wire(stream(request, response, defects), media_type=MEDIA_TYPE), defects)
    whole = apply_to(request, response, (defect.whole for defect in own(defects)))
    return seams.sent(request, Wire((json_bytes(whole),)), defects)


def stream(request: ResponsesRequest, response: Json, defects: Defects) -> Iterator[bytes]:
    """Return the events of a response as bytes, each to be written by itself."""
    unnumbered: Iterator[Json] = apply_to(
        request, events(request, response), (defect.events for defect in own(defects))
    )
    finished: Iterator[Json] = apply_to(request, numbered(unnumbered), (defect.numbered for defect in own(defects)))
    return frames(finished)


def retrieved(store: Store, response_id: str) -> Json:
    """Return a stored response; one in the background is finished when it is asked for."""
    stored = store.find(response_id)
    if stored.pending is not None:
        store.finish(stored, stored.pending)
    return stored.response


def deleted(store: Store, response_id: str) -> Json:
    """Delete a stored response."""
    store.forget(response_id)
    return {"id": response_id, "object": "response", "deleted": True}


def cancelled(store: Store, response_id: str) -> Json:
    """Cancel a response in the background, and return it; one that is over stays as it is.  Raise ApiError for any other."""
    stored = store.find(response_id)
    if not stored.response["background"]:
        raise ApiError("Only a response in the background can be cancelled.", param="response_id")
    if stored.pending is not None:
        stored.response, stored.pending = {**stored.response, "status": "cancelled"}, None
    return stored.response


def listed(store: Store, response_id: str, query: dict[str, str]) -> Json:
    """Return a page of the input items of a stored response: the latest first, unless the query says otherwise."""
    items = store.find(response_id).input_items
    size, order = query.get("limit", str(LISTED)), query.get("order", "desc")
    if not size.isdecimal() or not 1 <= int(size) <= MOST_LISTED:
        raise ApiError(f"'limit' must be between 1 and {MOST_LISTED}.", param="limit")
    items = items if order == "asc" else items[::-1]
    names = [item["id"] for item in items]
    start = names.index(query["after"]) + 1 if query.get("after") in names else 0
    page = items[start : start + int(size)]
    ends = {"first_id": page[0]["id"], "last_id": page[-1]["id"]} if page else {"first_id": None, "last_id": None}
    return {"object": "list", "data": page, **ends, "has_more": len(items) > start + len(page)}


def counted(request: ResponsesRequest) -> Json:
    """Return the input tokens of a request."""
    return {"object": "response.input_tokens", "input_tokens": count_prompt(request.messages)}
