"""Reading a stream for its own sake: what its events, chunks and choices show."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from conformance.base.observation import Observation, honoured, mishandled, unanswered
from conformance.suite.chat import Ask
from conformance.suite.chat.controls import ask_streamed_control
from conformance.surfaces.chat.reply import DONE, ChatReply
from conformance.surfaces.chat.request import ChatCase


async def look(
    case: ChatCase, ask: Ask, fault: Callable[[ChatReply], str | None], good: str, **more: Any
) -> Observation:
    """What the stream shows, given what would be wrong with it."""
    return shown(await ask_streamed_control(case, ask, **more), fault, good)


def shown(reply: ChatReply, fault: Callable[[ChatReply], str | None], good: str) -> Observation:
    """What a reply shows, given what would be wrong with it; one that is no stream shows nothing about streams."""
    if not reply.ok:
        return reply.refusal()
    if not reply.streamed:
        return unanswered(str(reply.stream_failure))
    wrong = fault(reply)
    return mishandled(wrong) if wrong else honoured(good)


def grammar_fault(reply: ChatReply) -> str | None:
    """The first thing that breaks the grammar of events, or is neither JSON nor the end."""
    if reply.stream.problems:
        return reply.stream.problems[0]
    for event in reply.stream.events:
        if event.data.strip() != DONE and not _is_object(event.data):
            return f"line {event.line} carries no JSON object: {event.data[:80]!r}"
    return None


def done_fault(reply: ChatReply) -> str | None:
    """What is wrong with the end of the stream."""
    ends = [number for number, event in enumerate(reply.stream.events) if event.data.strip() == DONE]
    if not ends:
        return "the stream ends without [DONE]"
    if len(ends) > 1:
        return f"[DONE] comes {len(ends)} times"
    after = len(reply.stream.events) - 1 - ends[0]
    return f"{after} events come after [DONE]" if after else None


def constant_fault(
    reply: ChatReply, name: str, good: Callable[[Any], bool], wanted: str, carried: bool = False
) -> str | None:
    """The first chunk that does not carry `name` as the others do, or of those that carry it at all."""
    chunks = [(number, chunk) for number, chunk in enumerate(reply.chunks, 1) if name in chunk or not carried]
    odd = next(((number, chunk.get(name)) for number, chunk in chunks if not good(chunk.get(name))), None)
    if odd is not None:
        return f"{name} of chunk {odd[0]} is {str(odd[1])[:60]!r}, not {wanted}"
    distinct = list(dict.fromkeys(json.dumps(chunk[name]) for _, chunk in chunks))
    return None if len(distinct) <= 1 else f"{name} changes from {distinct[0][:60]} to {distinct[1][:60]}"


def delta_fault(reply: ChatReply) -> str | None:
    """The first choice of a chunk that has no delta, or a whole message."""
    for number, chunk in enumerate(reply.chunks, 1):
        for part in parts(chunk):
            if not isinstance(part.get("delta"), dict):
                return f"a choice in chunk {number} has no delta"
            if "message" in part:
                return f"a choice in chunk {number} has a message beside its delta"
    return None


def finish_fault(reply: ChatReply, indexes: list[int], documented: tuple[str, ...]) -> str | None:
    """What is wrong with the finish_reasons: one per index, on its last chunk, documented.

    All parts belong to a choice that is alone, whatever their index.
    """
    for index in indexes:
        sent = [part for chunk in reply.chunks for part in parts(chunk)]
        mine = sent if len(indexes) == 1 else [part for part in sent if part.get("index") == index]
        reasons = [part.get("finish_reason") for part in mine]
        given = [reason for reason in reasons if reason is not None]
        if len(given) != 1:
            return f"index {index} has {len(given)} finish_reasons: {given[:4]}"
        if reasons[-1] is None:
            return f"index {index} goes on after its finish_reason"
        if given[0] not in documented:
            return f"finish_reason {given[0]!r}"
    return None


def parts(chunk: dict[str, Any]) -> list[dict[str, Any]]:
    """The choices of a chunk that are objects."""
    choices = chunk.get("choices")
    return [each for each in choices if isinstance(each, dict)] if isinstance(choices, list) else []


def _is_object(data: str) -> bool:
    try:
        return isinstance(json.loads(data), dict)
    except (ValueError, RecursionError):
        return False
