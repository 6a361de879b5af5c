"""A reply as a stream: chunks as JSON objects, then the bytes of server-sent events.

The suite has a reader of its own and must not share code with this writer, so that neither can hide a mistake of the other.
"""

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from conformance.mock.engine.logprobs import Entry
from conformance.mock.engine.tokens import split
from conformance.mock.server.wire import json_bytes
from conformance.mock.surfaces.chat.reply import (
    Answer,
    Json,
    Reply,
    finish_reason,
    head,
    logprobs_json,
    native_reason,
    usage,
)

MEDIA_TYPE = "text/event-stream; charset=utf-8"
DONE = b"data: [DONE]\n\n"


def events(reply: Reply) -> Iterator[Json]:
    """Yield all chunks in order: the choices take turns, and the usage comes last if it was requested."""
    frame = head(reply, "chat.completion.chunk")
    tail: Json = {"usage": None} if reply.request.include_usage else {}
    for turn in zip_longest(*(deltas(answer) for answer in reply.answers)):
        for choice in turn:
            if choice is not None:
                yield {**frame, "choices": [choice], **tail}
    if reply.request.include_usage:
        yield {**frame, "choices": [], "usage": usage(reply)}


def deltas(answer: Answer) -> Iterator[Json]:
    """Yield the items of choices for one choice: its role, its pieces, its end."""
    choice, entries = answer.choice, answer.logprobs
    bare = choice.declined or (choice.calls and not choice.tokens)
    yield choice_item(answer, {"role": "assistant", "content": None if bare else ""})
    if choice.thoughts:
        yield choice_item(answer, {"reasoning_content": choice.thoughts})
    field = "refusal" if choice.declined else "content"
    for position, token in enumerate(choice.tokens):
        yield choice_item(answer, {field: token}, None if entries is None else entries[position : position + 1])
    for delta in call_deltas(answer):
        yield choice_item(answer, delta)
    left = entries[len(choice.tokens) :] if entries else ()
    yield choice_item(answer, {}, left or None, finish_reason(answer))


def call_deltas(answer: Answer) -> Iterator[Json]:
    """Yield the deltas of every call: first its id, type and name, then its arguments in pieces."""
    if answer.older_calls:
        for call in answer.choice.calls[:1]:
            yield {"function_call": {"name": call.name, "arguments": ""}}
            yield from ({"function_call": {"arguments": piece}} for piece in split(call.arguments))
        return
    for index, (call_id, call) in enumerate(zip(answer.call_ids, answer.choice.calls, strict=True)):
        first = {"index": index, "id": call_id, "type": "function", "function": {"name": call.name, "arguments": ""}}
        yield {"tool_calls": [first]}
        for piece in split(call.arguments):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def choice_item(
    answer: Answer, delta: Json, entries: tuple[Entry, ...] | None = None, finish: str | None = None
) -> Json:
    """Return an item of the choices of a chunk."""
    return {
        "index": answer.choice.index,
        "delta": delta,
        "logprobs": logprobs_json(entries, declined=answer.choice.declined),
        "finish_reason": finish,
        **native_reason(answer, finish),
    }


def frames(chunks: Iterable[Json]) -> Iterator[bytes]:
    """Yield one event per chunk as bytes, and [DONE] at the end."""
    for chunk in chunks:
        yield b"data: " + json_bytes(chunk) + b"\n\n"
    yield DONE
