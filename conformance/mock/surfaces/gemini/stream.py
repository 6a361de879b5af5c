"""A reply as a stream: responses as JSON objects, then their bytes as server-sent events or as the items of an array.

The suite has a reader of its own and must not share code with this writer, so that neither can hide a mistake of the other.
"""

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from conformance.mock.engine.answer import Choice
from conformance.mock.engine.tokens import split
from conformance.mock.server.wire import json_bytes
from conformance.mock.surfaces.gemini.conversation import signature
from conformance.mock.surfaces.gemini.reply import (
    FINISH,
    Json,
    Reply,
    before_text,
    call_parts,
    head,
    said,
    sources,
    usage,
)
from conformance.mock.surfaces.gemini.request import GeminiRequest

MEDIA_TYPE = "text/event-stream"
TOKENS_PER_CHUNK = 3  # few, so that a short answer comes in several pieces too


def events(reply: Reply) -> Iterator[Json]:
    """Yield all responses in order: the candidates take turns, and each response has the usage so far."""
    sent = 0
    turns = [list(pieces(reply.request, choice)) for choice in reply.choices]
    left = sum(len(turn) for turn in turns)
    for items in zip_longest(*turns):
        for item in items:
            if item is not None:
                left -= 1
                sent += TOKENS_PER_CHUNK
                yield {"candidates": [item], "usageMetadata": usage(reply, sent if left else None), **head(reply)}


def pieces(request: GeminiRequest, choice: Choice) -> Iterator[Json]:
    """Yield the candidates of one choice: its thoughts, its text in pieces, its calls; the last one says why it ended."""
    parts = [[part] for part in before_text(request, choice)]
    tokens = split(said(request, choice))
    signed = {"thoughtSignature": signature(said(request, choice))} if choice.reasoning_tokens else {}
    for start in range(0, len(tokens), TOKENS_PER_CHUNK):
        last = start + TOKENS_PER_CHUNK >= len(tokens)
        text = "".join(tokens[start : start + TOKENS_PER_CHUNK])
        parts.append([{"text": text, **(signed if last and not choice.calls else {})}])
    parts += [[part] for part in call_parts(choice)]
    end = {"finishReason": FINISH[choice.finish_reason], "index": choice.index, **sources(request)}
    for items in parts[:-1]:
        yield {"content": {"parts": items, "role": "model"}, "index": choice.index}
    content = {"content": {"parts": parts[-1], "role": "model"}} if parts else {"content": {"role": "model"}}
    yield {**content, **end}


def frames(chunks: Iterable[Json]) -> Iterator[bytes]:
    """Yield one event per response as bytes; nothing marks the end but the end of the body."""
    for chunk in chunks:
        yield b"data: " + json_bytes(chunk) + b"\r\n\r\n"


def items(chunks: Iterable[Json]) -> Iterator[bytes]:
    """Yield the responses as the items of one array."""
    begin = b"["
    for chunk in chunks:
        yield begin + json_bytes(chunk)
        begin = b",\n"
    yield b"]"
