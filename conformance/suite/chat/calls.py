"""Reading the calls of an answer for their own sake: ids, and the fragments that a stream sends them in."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from conformance.suite.chat.toolbox import function_of
from conformance.surfaces.chat.reply import ChatReply

_MARKUP = re.compile(r"""<\W*(tool|function)|\[TOOL_CALLS?\]|"name"\s*:""", re.IGNORECASE)
NO_IDS = frozenset({"", "null", "none", "undefined"})

Fragment = dict[str, Any]


def fragments(reply: ChatReply) -> dict[str, list[Fragment]]:
    """The fragments of a stream's calls in order, by the index that each carries, spelt as JSON."""
    found: dict[str, list[Fragment]] = {}
    for chunk in reply.chunks:
        for part in _dicts(chunk.get("choices")):
            delta = part.get("delta")
            for call in _dicts(delta.get("tool_calls")) if isinstance(delta, dict) else []:
                found.setdefault(json.dumps(call.get("index")), []).append(call)
    return found


def id_fault(reply: ChatReply) -> str | None:
    """The first thing that is wrong with the ids of an answer's calls; None if nothing is."""
    if reply.streamed:
        calls = [[each["id"] for each in sent if each.get("id") is not None] for sent in fragments(reply).values()]
        ids = [one for call in calls for one in dict.fromkeys(map(json.dumps, call)) or ["null"]]
    else:
        ids = [json.dumps(call.get("id")) for call in reply.tool_calls]
    for one in ids:
        value = json.loads(one)
        if not isinstance(value, str) or value.strip().lower() in NO_IDS:
            return f"a call has the id {value!r}"
    twice = next((one for one, count in Counter(ids).items() if count > 1), None)
    return f"two calls share the id {json.loads(twice)!r}" if twice else None


def index_fault(reply: ChatReply) -> str | None:
    """The first thing that is wrong with the indexes of a stream's fragments; None if nothing is."""
    indexes = [json.loads(spelt) for spelt in fragments(reply)]
    for index in indexes:
        if not isinstance(index, int) or isinstance(index, bool):
            return f"a fragment of a call has the index {index!r}"
    wanted = list(range(len(indexes)))
    return None if indexes == wanted else f"the calls of the stream have the indexes {indexes}"


def first_fault(reply: ChatReply) -> str | None:
    """What the first fragment of some call lacks; None if nothing."""
    for sent in fragments(reply).values():
        first = sent[0]
        lacking = [name for name in ("id", "type") if not first.get(name)]
        lacking += [] if function_of(first).get("name") else ["name"]
        if lacking:
            return f"the first fragment of a call has no {', no '.join(lacking)}"
    return None


def repeated(reply: ChatReply) -> list[str]:
    """Which of id and name later fragments of some call carry as well."""
    later = [each for sent in fragments(reply).values() for each in sent[1:]]
    names = ["id"] if any("id" in each for each in later) else []
    return names + (["name"] if any("name" in function_of(each) for each in later) else [])


def shared_index(reply: ChatReply) -> str | None:
    """The index under which a stream sends two calls, told apart by their ids; None if there is none."""
    for index, sent in fragments(reply).items():
        if len({each["id"] for each in sent if isinstance(each.get("id"), str) and each["id"]}) > 1:
            return index
    return None


def twins(reply: ChatReply) -> str | None:
    """The name of a function that an answer calls twice with the same arguments; None if there is none."""
    calls = Counter(json.dumps(function_of(call), sort_keys=True) for call in reply.tool_calls)
    twice = next((spelt for spelt, count in calls.items() if count > 1), None)
    return str(json.loads(twice).get("name")) if twice else None


def markup(reply: ChatReply) -> str | None:
    """The text beside calls that spells one of them as models do before a server reads it; None if there is none."""
    names = [str(function_of(call).get("name")) for call in reply.tool_calls]
    spelt = _MARKUP.search(reply.text) and any(name in reply.text for name in names)
    return reply.text if spelt else None


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
