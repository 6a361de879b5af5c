"""The grammar of a stream, as official clients need it: which event may follow which, and what each must hold.

A stream is walked once, as the state machine that it is; each rule that it breaks is one fault, under the name of the rule.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.http.exchange import parse_json
from conformance.surfaces.messages.reply import CACHE_COUNTS, EVENTS, Event, MessagesReply
from conformance.surfaces.values import as_count, as_dict

PING, ERROR = "ping", "error"
KNOWN = frozenset({*EVENTS, PING, ERROR})
# The deltas that each type of block takes; blocks of other types may take others.
DELTAS: Mapping[str, tuple[str, ...]] = {
    "text": ("text_delta", "citations_delta"),
    "thinking": ("thinking_delta", "signature_delta"),
    "tool_use": ("input_json_delta",),
    "server_tool_use": ("input_json_delta",),
}
# The one type of block in which clients look for what each of these deltas brings: in another one they drop it.
_PLACES = {delta: block for block in ("text", "thinking") for delta in DELTAS[block]}
_STUBS: Mapping[str, Mapping[str, Any]] = {"text": {"text": ""}, "thinking": {"thinking": ""}}


@dataclass
class Block:
    """One block of a stream: its index and stub as sent, and its deltas in order."""

    index: Any
    stub: Mapping[str, Any]
    deltas: list[dict[str, Any]] = field(default_factory=list)

    @property
    def type(self) -> str:
        """The type that the stub names."""
        return str(self.stub.get("type"))


class Walk:
    """A walk through the events of a stream: its blocks, and the first fault of each rule."""

    def __init__(self, events: Iterable[Event]) -> None:
        self.faults: dict[str, str] = {}
        self.blocks: list[Block] = []
        self._open: Block | None = None
        self._started = False
        self._reasons: list[Any] = []
        self._ends = 0
        for event in events:
            self._take(event)
        if not self._started:
            self._blame("first", "message_start must come first, and does not come")
        if not self._reasons:
            self._blame("message_delta", "message_delta must come before the end, and does not come")
        if self._ends == 0:
            self._blame("message_stop", "message_stop must end the stream, and does not come")
        if self._open is not None:
            self._blame("block_stop", f"block {self._open.index!r} is not closed")

    def _blame(self, rule: str, fault: str) -> None:
        self.faults.setdefault(rule, fault)

    def _take(self, event: Event) -> None:
        """Go on by one event."""
        if event.type == PING or not event.type:  # clients ignore an event without a name and a type, such as [DONE]
            return
        if self._ends and event.type != ERROR:
            self._blame("message_stop", f"message_stop must be the last event, {event.type or event.name!r} follows")
        if event.type == "message_start":
            self._start(event)
        elif event.type in EVENTS and not self._started:
            self._blame("first", f"message_start must come first, got {event.type}")
        if event.type == "content_block_start":
            self._begin(event)
        elif event.type == "content_block_delta":
            self._add(event)
        elif event.type == "content_block_stop":
            self._close(event)
        elif event.type == "message_delta":
            self._change(event)
        elif event.type == "message_stop":
            self._ends += 1

    def _start(self, event: Event) -> None:
        if self._started:
            self._blame("first", "message_start must come once, and comes again")
        self._started = True

    def _begin(self, event: Event) -> None:
        index, wanted = event.data.get("index"), len(self.blocks)
        if self._open is not None:
            self._blame("block_order", f"block {index!r} starts while block {self._open.index!r} is open")
        if index != wanted or isinstance(index, bool):
            self._blame("indexes", f"the index of block number {wanted + 1} must be {wanted}, got {index!r}")
        self._open = Block(index, event.part("content_block"))
        self.blocks.append(self._open)
        if fault := _stub_fault(self._open):
            self._blame("stubs", fault)

    def _add(self, event: Event) -> None:
        index, delta = event.data.get("index"), event.part("delta")
        block = self._open
        if block is None:
            self._blame("block_order", f"a delta comes for block {index!r} while none is open")
            return
        if index != block.index or isinstance(index, bool):
            self._blame("indexes", f"a delta names block {index!r} while block {block.index!r} is open")
            return
        block.deltas.append(delta)
        kind = delta.get("type")
        if kind not in DELTAS.get(block.type, (kind,)) or _PLACES.get(str(kind), block.type) != block.type:
            self._blame("delta_kinds", f"a {block.type} block gets a delta of type {kind!r}")
        if delta.get("partial_json") and block.stub.get("input"):
            shown = json.dumps(block.stub["input"])[:60]
            self._blame("stubs", f"input of a {block.type} block must start as {{}} where deltas bring it, got {shown}")

    def _close(self, event: Event) -> None:
        index = event.data.get("index")
        if self._open is None:
            self._blame("block_order", f"block {index!r} is closed while none is open")
        elif index != self._open.index or isinstance(index, bool):
            self._blame("indexes", f"block {index!r} is closed while block {self._open.index!r} is open")
        self._open = None

    def _change(self, event: Event) -> None:
        if self._open is not None:
            self._blame("block_stop", f"block {self._open.index!r} is open when message_delta comes")
            self._open = None
        reason = event.part("delta").get("stop_reason")
        if any(self._reasons) and not reason:
            self._blame("last_delta_complete", "a message_delta without stop_reason follows one that has it")
        self._reasons.append(reason)
        if not any(self._reasons):
            self._blame("message_delta", f"stop_reason of message_delta must be a word, got {reason!r}")
        else:
            self.faults.pop("message_delta", None)
        if as_count(event.part("usage").get("output_tokens")) is None:
            shown = json.dumps(event.data.get("usage"))[:80]
            self._blame("delta_usage", f"usage of message_delta must have output_tokens, got {shown}")


def _stub_fault(block: Block) -> str | None:
    """Return what is wrong with the block that content_block_start brings; None if nothing is."""
    for name, empty in _STUBS.get(block.type, {}).items():
        if block.stub.get(name) != empty:
            shown = json.dumps(block.stub.get(name, "nothing"))[:60]
            return f"{name} of a {block.type} block must start as {json.dumps(empty)}, got {shown}"
    if block.type == "tool_use":
        if not isinstance(block.stub.get("input", {}), dict):
            return f"input of a tool_use block must start as {{}}, got {json.dumps(block.stub['input'])[:60]}"
        for name in ("id", "name"):
            if not isinstance(block.stub.get(name), str) or not block.stub[name]:
                return f"a tool_use block must start with its {name}, got {block.stub.get(name)!r}"
    return None


def walk(reply: MessagesReply) -> Walk:
    """Return the walk through the stream of a reply."""
    return Walk(reply.sent_events)


def start_of(reply: MessagesReply) -> dict[str, Any]:
    """Return the message in message_start; empty if there is none."""
    return next((event.part("message") for event in reply.sent_events if event.type == "message_start"), {})


def start_fault(reply: MessagesReply) -> str | None:
    """Return what is wrong with the message in message_start; None if nothing is."""
    message = start_of(reply)
    if not message:
        return "message_start must hold a message"
    if message.get("content") != []:
        return f"content in message_start must be [], got {json.dumps(message.get('content'))[:60]}"
    if message.get("stop_reason") is not None:
        return f"stop_reason in message_start must be null, got {message['stop_reason']!r}"
    usage = as_dict(message.get("usage"))
    for name in ("input_tokens", "output_tokens"):
        if as_count(usage.get(name)) is None:
            return f"usage in message_start must have {name}, got {json.dumps(message.get('usage'))[:80]}"
    return None


def prompt_of(usage: Mapping[str, Any]) -> int:
    """Return the tokens of a prompt in a usage, cached ones included."""
    return sum(as_count(usage.get(name)) or 0 for name in ("input_tokens", *CACHE_COUNTS))


def erased(reply: MessagesReply) -> str | None:
    """Return which count of message_start a later message_delta sets to 0, so that clients lose it; None if none."""
    known = dict(as_dict(start_of(reply).get("usage")))
    before = prompt_of(known)
    for event in reply.sent_events:
        if event.type == "message_delta":
            known.update({name: value for name, value in event.part("usage").items() if value is not None})
    if before and not prompt_of(known):
        return f"message_start counts {before} tokens of the prompt, message_delta sets them to 0"
    return None


def input_fault(block: Block, *, cut: bool) -> str | None:
    """Return what is wrong with the arguments that the deltas of a call add up to; None if nothing is."""
    pieces = [delta.get("partial_json") for delta in block.deltas if delta.get("type") == "input_json_delta"]
    if odd := [piece for piece in pieces if not isinstance(piece, str)]:
        return f"partial_json must be a string, got {json.dumps(odd[0])[:60]}"
    texts = [str(piece) for piece in pieces if piece]
    text = "".join(texts)
    if not text or isinstance(parse_json(text), dict) or cut:
        return None
    if len(texts) > 1 and texts[-1].startswith(texts[0]) and isinstance(parse_json(texts[-1]), dict):
        return f"partial_json must bring what is new, got all of the arguments again: {texts[-1][:60]!r}"
    return f"the pieces of partial_json must add up to a JSON object, got {text[:80]!r}"


def signature_fault(block: Block) -> str | None:
    """Return what is wrong with the signature of a streamed thinking block; None if nothing is."""
    kinds = [str(delta.get("type")) for delta in block.deltas]
    signatures = [delta.get("signature") for delta in block.deltas if delta.get("type") == "signature_delta"]
    if len(signatures) != 1:
        return f"one signature_delta must come for a thinking block, got {len(signatures)}"
    if kinds[-1] != "signature_delta":
        return "the signature must come after all of the thinking"
    return None if isinstance(signatures[0], str) and signatures[0] else f"the signature is {signatures[0]!r}"
