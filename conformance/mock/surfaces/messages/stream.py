"""A message as a stream: events as JSON objects, then the bytes of server-sent events.

The suite has a reader of its own and must not share code with this writer, so that neither can hide a mistake of the other.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from conformance.mock.engine.answer import Call
from conformance.mock.engine.tokens import split
from conformance.mock.server.wire import json_bytes

Json = dict[str, Any]
MEDIA_TYPE = "text/event-stream; charset=utf-8"
AT_THE_END = ("stop_reason", "stop_sequence", "stop_details")  # what message_delta brings


def events(message: Json, calls: Sequence[Call]) -> Iterator[Json]:
    """Yield all events in order; `calls` have the arguments as the model wrote them, which the cap may have cut."""
    started = {**message, "content": [], **dict.fromkeys(AT_THE_END), "usage": {**message["usage"], "output_tokens": 1}}
    yield {"type": "message_start", "message": started}
    arguments = iter([call.arguments for call in calls])
    for index, block in enumerate(message["content"]):
        yield {"type": "content_block_start", "index": index, "content_block": stub(block)}
        if index == 0:
            yield {"type": "ping"}
        written = next(arguments, json.dumps(block["input"])) if block["type"] == "tool_use" else ""
        for delta in deltas(block, written):
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    ending = {name: message[name] for name in AT_THE_END if name in message}
    yield {"type": "message_delta", "delta": ending, "usage": message["usage"]}
    yield {"type": "message_stop"}


def stub(block: Json) -> Json:
    """Return the block as it is when nothing of it has come."""
    if block["type"] == "text":
        return {**{name: [] for name in block if name == "citations"}, "type": "text", "text": ""}
    if block["type"] == "thinking":
        return {"type": "thinking", "thinking": "", "signature": ""}
    return {**block, "input": {}} if block["type"] == "tool_use" else block


def deltas(block: Json, arguments: str) -> Iterator[Json]:
    """Yield what is added to a block, piece by piece; the signature comes whole, after the thinking."""
    if block["type"] == "text":
        for citation in block.get("citations", ()):
            yield {"type": "citations_delta", "citation": citation}
        yield from ({"type": "text_delta", "text": piece} for piece in split(block["text"]))
    if block["type"] == "thinking":
        yield from ({"type": "thinking_delta", "thinking": piece} for piece in split(block["thinking"]))
        yield {"type": "signature_delta", "signature": block["signature"]}
    if block["type"] == "tool_use":
        yield from ({"type": "input_json_delta", "partial_json": piece} for piece in ("", *split(arguments)))


def frames(chunks: Iterable[Json]) -> Iterator[bytes]:
    """Yield each event as bytes, under the name of its type."""
    for chunk in chunks:
        yield frame(chunk.get("type"), chunk)


def frame(name: object, chunk: Json) -> bytes:
    """Return one event as bytes under a name."""
    return b"event: " + str(name).encode() + b"\ndata: " + json_bytes(chunk) + b"\n\n"
