"""A reply as a stream: chunks as JSON objects, then the bytes of server-sent events.

The suite's reader is written apart from this writer, so that neither can hide the other's mistake.
"""

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from conformance.mock.engine.logprobs import Entry
from conformance.mock.engine.tokens import split
from conformance.mock.server.wire import json_bytes
from conformance.mock.surfaces.chat.reply import Answer, Json, Reply, head, logprobs_json, usage

MEDIA_TYPE = "text/event-stream; charset=utf-8"
DONE = b"data: [DONE]\n\n"


def events(reply: Reply) -> Iterator[Json]:
    """Yield all chunks in order: the choices' chunks take turns, and the usage comes last where it was asked for."""
    frame = head(reply, "chat.completion.chunk")
    tail: Json = {"usage": None} if reply.request.include_usage else {}
    for turn in zip_longest(*(deltas(answer) for answer in reply.answers)):
        for choice in turn:
            if choice is not None:
                yield {**frame, "choices": [choice], **tail}
    if reply.request.include_usage:
        yield {**frame, "choices": [], "usage": usage(reply)}


def deltas(answer: Answer) -> Iterator[Json]:
    """Yield the items of `choices` that one choice sends: its role, its pieces, its end."""
    choice, entries = answer.choice, answer.logprobs
    yield item(answer, {"role": "assistant", "content": None if choice.calls else ""})
    for place, token in enumerate(choice.tokens):
        yield item(answer, {"content": token}, None if entries is None else entries[place : place + 1])
    for delta in call_deltas(answer):
        yield item(answer, delta)
    left = entries[len(choice.tokens) :] if entries else ()
    yield item(answer, {}, left or None, choice.finish_reason)


def call_deltas(answer: Answer) -> Iterator[Json]:
    """Yield every call: first its id, type and name, then its arguments in pieces."""
    for index, (call_id, call) in enumerate(zip(answer.call_ids, answer.choice.calls, strict=True)):
        first = {"index": index, "id": call_id, "type": "function", "function": {"name": call.name, "arguments": ""}}
        yield {"tool_calls": [first]}
        for piece in split(call.arguments):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def item(answer: Answer, delta: Json, entries: tuple[Entry, ...] | None = None, finish: str | None = None) -> Json:
    """Return one item of a chunk's `choices`."""
    return {
        "index": answer.choice.index,
        "delta": delta,
        "logprobs": logprobs_json(entries),
        "finish_reason": finish,
    }


def frames(chunks: Iterable[Json]) -> Iterator[bytes]:
    """Yield the bytes on the wire, one event each, and the end mark."""
    for chunk in chunks:
        yield b"data: " + json_bytes(chunk) + b"\n\n"
    yield DONE
