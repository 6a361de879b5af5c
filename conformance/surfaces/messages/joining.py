"""Joining the events of a stream into the message that they make, as official clients do.

What a client loses is lost here as well, so that a claim about an answer judges what its user gets; what a client refuses is
read leniently, since the claims about streams name it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from conformance.http.exchange import parse_json
from conformance.surfaces.values import as_text


class StreamEvent(Protocol):
    """What joining reads of an event."""

    @property
    def type(self) -> str: ...
    @property
    def data(self) -> Mapping[str, Any]: ...
    def part(self, name: str) -> dict[str, Any]: ...


# The field of a block that a kind of delta adds to.
_TEXTS = {"text_delta": ("text", "text"), "thinking_delta": ("thinking", "thinking")}
_OF_DELTA = {**{kind: block for kind, (block, _) in _TEXTS.items()}, "signature_delta": "thinking"}


def joined(events: Iterable[StreamEvent]) -> dict[str, Any]:
    """Return the message that the events of a stream add up to."""
    message: dict[str, Any] = {}
    usage: dict[str, Any] = {}
    blocks: dict[str, _Block] = {}
    for event in events:
        index = json.dumps(event.data.get("index"))
        if event.type == "message_start" and not message:
            message = dict(event.part("message"))
            counted = message.get("usage")
            usage.update(counted if isinstance(counted, dict) else {})
        elif event.type == "content_block_start":
            blocks[index if index not in blocks else f"{index} again {len(blocks)}"] = _Block(
                event.part("content_block")
            )
        elif event.type == "content_block_delta":
            delta = event.part("delta")
            kind = _OF_DELTA.get(str(delta.get("type")), "tool_use")
            blocks.setdefault(index, _Block({"type": kind})).add(delta)
        elif event.type == "message_delta":
            changes = {name: value for name, value in event.part("delta").items() if value is not None}
            message.update(changes)
            usage.update({name: value for name, value in event.part("usage").items() if value is not None})
    content = [block.whole() for block in blocks.values()]
    return {**message, "content": content, "usage": usage} if message or blocks else {}


class _Block:
    """One block, built from its deltas; texts are joined once, since joining at every delta takes quadratic time."""

    def __init__(self, stub: Mapping[str, Any]) -> None:
        self._block = dict(stub)
        self._texts: dict[str, list[str]] = {}
        self._json: list[str] = []

    def add(self, delta: Mapping[str, Any]) -> None:
        """Add one delta; a signature replaces the one before."""
        kind = as_text(delta.get("type"))
        if kind in _TEXTS:
            _, field = _TEXTS[kind]
            if isinstance(delta.get(field), str):
                self._texts.setdefault(field, []).append(delta[field])
        elif kind == "signature_delta":
            self._block["signature"] = delta.get("signature")
        elif kind == "input_json_delta" and isinstance(delta.get("partial_json"), str):
            self._json.append(delta["partial_json"])
        elif kind == "citations_delta":
            before = self._block.get("citations")
            self._block["citations"] = [*(before if isinstance(before, list) else []), delta.get("citation")]

    def whole(self) -> dict[str, Any]:
        """Return the block as in a reply without streaming; arguments that are no JSON object stay a text."""
        block = dict(self._block)
        for field, pieces in self._texts.items():
            begun = block.get(field)
            block[field] = "".join([begun if isinstance(begun, str) else "", *pieces])
        text = "".join(self._json)
        if text:
            value = parse_json(text)
            block["input"] = value if isinstance(value, dict) else text
        return block
