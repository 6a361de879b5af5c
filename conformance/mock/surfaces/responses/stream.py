"""A response as a stream: its events as JSON objects, then the bytes of server-sent events.

Every event is derived from the finished response, so that ids, texts and counts agree.  The suite has a reader of its own and
must not share code with this writer, so that neither can hide a mistake of the other.
"""

from collections.abc import Iterable, Iterator

from conformance.mock.server.wire import json_bytes
from conformance.mock.surfaces.responses.reply import Json, pieces
from conformance.mock.surfaces.responses.request import ResponsesRequest

MEDIA_TYPE = "text/event-stream; charset=utf-8"
PADDED_TO = 16  # characters of a delta and its padding together, which hides how long the delta is
EMPTY = {"text": "", "refusal": "", "arguments": "", "input": "", "logprobs": []}


def events(request: ResponsesRequest, response: Json) -> Iterator[Json]:
    """Yield the events of a response in order, without their numbers."""
    begun = {**response, "status": "in_progress", "output": [], "usage": None}
    begun |= {"completed_at": None, "incomplete_details": None}
    if request.background:
        yield {"type": "response.created", "response": {**begun, "status": "queued"}}
        yield {"type": "response.queued", "response": {**begun, "status": "queued"}}
    else:
        yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(response["output"]):
        yield from item_events(request, index, item)
    yield {"type": f"response.{response['status']}", "response": response}


def item_events(request: ResponsesRequest, index: int, item: Json) -> Iterator[Json]:
    """Yield the events of one item: that it begins, its content in pieces, and the whole item at its end."""
    yield {"type": "response.output_item.added", "output_index": index, "item": opened(item)}
    place = {"item_id": item["id"], "output_index": index}
    if item["type"] == "message":
        for number, part in enumerate(item["content"]):
            yield from part_events(request, {**place, "content_index": number}, part)
    elif item["type"] == "reasoning":
        for number, part in enumerate(item["summary"]):
            yield from summary_events(request, {**place, "summary_index": number}, part)
        for number, part in enumerate(item.get("content", ())):
            at = {**place, "content_index": number}
            yield from deltas(request, "response.reasoning_text", at, part["text"])
            yield {"type": "response.reasoning_text.done", **at, "text": part["text"]}
    elif item["type"] == "function_call":
        yield from deltas(request, "response.function_call_arguments", place, item["arguments"])
        done = {"name": item["name"], "arguments": item["arguments"]}
        yield {"type": "response.function_call_arguments.done", **place, **done}
    elif item["type"] == "custom_tool_call":
        yield from deltas(request, "response.custom_tool_call_input", place, item["input"])
        yield {"type": "response.custom_tool_call_input.done", **place, "input": item["input"]}
    else:
        for state in ("in_progress", "completed"):
            yield {"type": f"response.{item['type']}.{state}", **place}
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def opened(item: Json) -> Json:
    """Return an item as it begins: without content, and in progress if it has a status."""
    begun = {**item, **{key: value for key, value in EMPTY.items() if key in item}}
    if "status" in item:
        begun["status"] = "in_progress"
    if item["type"] == "message":
        begun["content"] = []
    if item["type"] == "reasoning":
        begun = {"id": item["id"], "type": "reasoning", "summary": []}
    return begun


def part_events(request: ResponsesRequest, place: Json, part: Json) -> Iterator[Json]:
    """Yield the events of one part of a message."""
    empty = {key: EMPTY.get(key, value) for key, value in part.items()}
    yield {"type": "response.content_part.added", **place, "part": empty}
    if part["type"] == "refusal":
        yield from deltas(request, "response.refusal", place, part["refusal"])
        yield {"type": "response.refusal.done", **place, "refusal": part["refusal"]}
    else:
        entries = part["logprobs"]
        for number, delta in enumerate(deltas(request, "response.output_text", place, part["text"])):
            yield {**delta, "logprobs": entries[number : number + 1]}
        yield {"type": "response.output_text.done", **place, "text": part["text"], "logprobs": entries}
    yield {"type": "response.content_part.done", **place, "part": part}


def summary_events(request: ResponsesRequest, place: Json, part: Json) -> Iterator[Json]:
    """Yield the events of one part of a summary of reasoning."""
    yield {"type": "response.reasoning_summary_part.added", **place, "part": {**part, "text": ""}}
    yield from deltas(request, "response.reasoning_summary_text", place, part["text"])
    yield {"type": "response.reasoning_summary_text.done", **place, "text": part["text"]}
    yield {"type": "response.reasoning_summary_part.done", **place, "part": part}


def deltas(request: ResponsesRequest, kind: str, place: Json, text: str) -> Iterator[Json]:
    """Yield a text in pieces, each padded unless the request asks for no padding."""
    for piece in pieces(text):
        padding = {"obfuscation": "x" * (PADDED_TO - len(piece) % PADDED_TO)} if request.obfuscated else {}
        yield {"type": f"{kind}.delta", **place, "delta": piece, **padding}


def numbered(unnumbered: Iterable[Json]) -> Iterator[Json]:
    """Yield events with their numbers, from 0."""
    for number, event in enumerate(unnumbered):
        yield {**event, "sequence_number": number}


def frames(finished: Iterable[Json]) -> Iterator[bytes]:
    """Yield events as bytes, each named by its type."""
    for event in finished:
        yield b"event: " + str(event.get("type")).encode() + b"\ndata: " + json_bytes(event) + b"\n\n"
