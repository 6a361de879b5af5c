"""Counting the tokens of a request, and what of them is written to the cache of prompts or read from it."""

import json
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any

from conformance.mock.engine.request import digest
from conformance.mock.engine.tokens import (
    TOKENS_FOR_DETAIL,
    TOKENS_PER_ANSWER,
    TOKENS_PER_MESSAGE,
    TOKENS_PER_PART,
    split,
)
from conformance.mock.surfaces.messages.content import blocks_of
from conformance.mock.surfaces.messages.conversation import document_text

Json = dict[str, Any]
LEAST_CACHED = 1024  # tokens of the shortest prefix that is cached, as documented for most models


@dataclass(frozen=True)
class Counted:
    """The tokens of a prompt: read from the cache, written to it (for an hour if `hour`), and all others."""

    fresh: int
    written: int = 0
    read: int = 0
    hour: bool = False


def total(body: Json) -> int:
    """Return the tokens of everything that a request asks with."""
    return TOKENS_PER_ANSWER + sum(tokens for _, tokens in parts(body))


def counted(body: Json, seen: MutableMapping[bytes, int]) -> Counted:
    """Return the tokens of a request by what the cache does with them; `seen` counts the prefixes that came before."""
    whole, pieces = total(body), list(parts(body))
    marks = [place for place, (part, _) in enumerate(pieces) if control(part)]
    if body.get("cache_control"):
        marks = [len(pieces) - 1]
    if not marks:
        return Counted(whole)
    prefix = pieces[: marks[-1] + 1]
    size = sum(tokens for _, tokens in prefix)
    if size < LEAST_CACHED:
        return Counted(whole)
    key = digest(["cache", body["model"], [part for part, _ in prefix]])
    known = seen[key]
    seen[key] = known + 1
    asked = control(pieces[marks[-1]][0]) or body["cache_control"]
    return Counted(whole - size, read=size) if known else Counted(whole - size, size, hour=asked.get("ttl") == "1h")


def control(part: Any) -> Json:
    """Return the cache_control of a part; empty if it has none."""
    return part.get("cache_control", {}) if isinstance(part, dict) else {}


def parts(body: Json) -> Iterator[tuple[Any, int]]:
    """Yield the parts of a request in the order in which they are cached, each with its tokens."""
    for tool in body.get("tools", ()):
        yield tool, as_text(without_mark(tool))
    said = body.get("system", [])
    for part in [{"type": "text", "text": said}] if isinstance(said, str) else said:
        yield part, len(split(part["text"]))
    for message in body["messages"]:
        yield message["role"], TOKENS_PER_MESSAGE
        for block in blocks_of(message):
            yield block, block_tokens(block)
    if wanted := body.get("output_config", {}).get("format"):
        yield wanted, as_text(wanted)


def block_tokens(block: Json) -> int:
    """Return the tokens of one block."""
    if block["type"] == "text":
        return len(split(block["text"]))
    if block["type"] == "image":
        return TOKENS_PER_PART + TOKENS_FOR_DETAIL
    if block["type"] == "document":
        return TOKENS_PER_PART + len(split(document_text(block["source"])))
    held = block.get("content") if block["type"] == "tool_result" else None
    if isinstance(held, list):
        return TOKENS_PER_MESSAGE + sum(block_tokens(part) for part in held)
    return as_text(without_mark(block))


def without_mark(part: Json) -> Json:
    """Return a part without its cache_control, which costs no tokens."""
    return {name: value for name, value in part.items() if name not in ("cache_control", "signature")}


def as_text(value: Any) -> int:
    """Return the tokens of a value as JSON text."""
    return len(split(json.dumps(value, ensure_ascii=False)))
