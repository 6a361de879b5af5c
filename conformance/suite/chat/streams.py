"""Faults of a stream: its events, its chunks and its choices."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from conformance.surfaces.chat.reply import DONE, ChatReply


def done_fault(reply: ChatReply) -> str | None:
    """Return what is wrong with the end of a stream; None if nothing is."""
    ends = [number for number, event in enumerate(reply.stream.events) if event.data.strip() == DONE]
    if not ends:
        return "the stream ends without [DONE]"
    if len(ends) > 1:
        return f"[DONE] comes {len(ends)} times"
    after = len(reply.stream.events) - 1 - ends[0]
    return f"[DONE] must come last, {after} events come after it" if after else None


def constant_fault(
    reply: ChatReply, name: str, good: Callable[[Any], bool], wanted: str, optional: bool = False
) -> str | None:
    """Return the first chunk whose field is not `good` or changes; chunks without an `optional` field do not count."""
    chunks = [(number, chunk) for number, chunk in enumerate(reply.chunks, 1) if name in chunk or not optional]
    odd = next(((number, chunk.get(name)) for number, chunk in chunks if not good(chunk.get(name))), None)
    if odd is not None:
        return f"{name} of chunk {odd[0]} must be {wanted}, got {repr(odd[1])[:60]}"
    distinct = list(dict.fromkeys(json.dumps(chunk[name]) for _, chunk in chunks))
    return None if len(distinct) <= 1 else f"{name} changes from {distinct[0][:60]} to {distinct[1][:60]}"


def delta_fault(reply: ChatReply) -> str | None:
    """Return the first choice of a chunk that has no delta; None if there is none."""
    for number, chunk in enumerate(reply.chunks, 1):
        for part in parts(chunk):
            if not isinstance(part.get("delta"), dict):
                return f"a choice in chunk {number} has no delta"
    return None


def finish_fault(reply: ChatReply, indexes: list[int], documented: tuple[str, ...]) -> str | None:
    """Return what is wrong with the finish_reasons; None if each index has one, documented, on its last chunk.

    With a single index, all parts belong to it, whatever index they have.  What the chunk with the usage has in place of an empty
    list of choices is no part of a choice if it says nothing; the claim about that chunk reports it.
    """
    for index in indexes:
        sent = [part for chunk in reply.chunks for part in parts(chunk) if not (chunk.get("usage") and _is_empty(part))]
        of_index = sent if len(indexes) == 1 else [part for part in sent if part.get("index") == index]
        values = [part.get("finish_reason") for part in of_index]
        reasons = [value for value in values if value is not None]
        if len(reasons) != 1:
            return f"index {index} must have one finish_reason, got {len(reasons)}: {reasons[:4]}"
        if values[-1] is None:
            return f"index {index} goes on after its finish_reason"
        if reasons[0] not in documented:
            return f"finish_reason must be a documented one, got {reasons[0]!r}"
    return None


def parts(chunk: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the choices of a chunk that are objects."""
    choices = chunk.get("choices")
    return [part for part in choices if isinstance(part, dict)] if isinstance(choices, list) else []


def _is_empty(part: dict[str, Any]) -> bool:
    """Return whether a part of a chunk has neither a finish_reason nor anything in its delta."""
    delta = part.get("delta")
    return part.get("finish_reason") is None and not (any(delta.values()) if isinstance(delta, dict) else delta)
