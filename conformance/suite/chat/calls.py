"""Faults of the tool calls of an answer: their ids, and the fragments in which a stream sends them."""

from __future__ import annotations

import json
from typing import Any

from conformance.suite.chat.choices import number_asked
from conformance.suite.chat.toolbox import function_of
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.values import as_dicts

# Texts that servers send in place of a missing id.
NO_IDS = frozenset({"", "null", "none", "undefined"})

Fragment = dict[str, Any]


def fragments(reply: ChatReply) -> dict[tuple[str, str], list[Fragment]]:
    """Return the fragments of a stream's calls in order, by the indexes of choice and call in JSON (they may be of any type).

    A single choice has all fragments, whatever index they have.
    """
    single = number_asked(reply) == 1
    by_index: dict[tuple[str, str], list[Fragment]] = {}
    for chunk in reply.chunks:
        for part in as_dicts(chunk.get("choices")):
            delta, choice = part.get("delta"), "0" if single else json.dumps(part.get("index"))
            for call in as_dicts(delta.get("tool_calls")) if isinstance(delta, dict) else []:
                by_index.setdefault((choice, json.dumps(call.get("index"))), []).append(call)
    return by_index


def index_fault(reply: ChatReply) -> str | None:
    """Return the first fault of the indexes of a stream's fragments; None if there is none."""
    by_choice: dict[str, list[Any]] = {}
    for choice, text in fragments(reply):
        by_choice.setdefault(choice, []).append(json.loads(text))
    for indexes in by_choice.values():
        for index in indexes:
            if not isinstance(index, int) or isinstance(index, bool):
                return f"a fragment of a call must have an integer as its index, got {index!r}"
        if indexes != (wanted := list(range(len(indexes)))):
            return f"the calls of the stream must have the indexes {wanted}, got {indexes}"
    return None


def first_fault(reply: ChatReply) -> str | None:
    """Return what the first fragment of some call lacks; None if none lacks anything."""
    for sent in fragments(reply).values():
        first = sent[0]
        lacking = [name for name in ("id", "type") if not first.get(name)]
        lacking += [] if function_of(first).get("name") else ["name"]
        if lacking:
            return f"the first fragment of a call lacks {', '.join(lacking)}"
    return None


def repeated(reply: ChatReply) -> list[str]:
    """Return which of id and name later fragments of some call repeat."""
    later = [part for sent in fragments(reply).values() for part in sent[1:]]
    names = ["id"] if any("id" in part for part in later) else []
    return names + (["name"] if any("name" in function_of(part) for part in later) else [])
