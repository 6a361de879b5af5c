"""Records of the Messages API to test with: cases, streams as events, exchanges, and what an invariant says of them."""

import json
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any

from conformance import suite
from conformance.base.observation import Observation
from conformance.contract.claims import Case
from conformance.http.exchange import Exchange, Request
from conformance.surfaces.messages.reply import MessagesReply
from conformance.surfaces.messages.request import MessagesCase
from conformance.trial.invariants import SILENT, invariant_of
from tests.support.making import contract, exchange, surface_context

Event = dict[str, Any]
MODELS = {"claude": "claude-haiku-4-5", "claude-without-sampling": "claude-opus-4-7"}
USAGE = {"input_tokens": 9, "output_tokens": 1, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}


@cache
def case(
    claim_id: str, value: Any = None, kind: str = "claude", mode: str = "plain", version: str = ""
) -> MessagesCase:
    """A case of a claim for a model of this class and version."""
    model = contract().classify("claude", MODELS[kind], version=version)
    claim = contract().claim(claim_id)
    parameter = contract().parameter("messages", claim.parameter, model)
    row = Case(claim, model, contract().rule(claim, model), parameter, value, mode=mode)
    return MessagesCase(row, surface_context("messages"))


def asked(**body: Any) -> Request:
    """A request for a message with this body."""
    return Request.post("/messages", body, surface="messages", model="claude:m")


def message(*blocks: Event, **fields: Any) -> Event:
    """A plain answer with these blocks."""
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": list(blocks)}
    return {**head, "stop_reason": "end_turn", "stop_sequence": None, "usage": {**USAGE, "output_tokens": 7}, **fields}


def text(said: str) -> Event:
    """A text block."""
    return {"type": "text", "text": said}


def start(**fields: Any) -> Event:
    """The event that starts a message."""
    return {"type": "message_start", "message": {**message(), "stop_reason": None, "usage": USAGE, **fields}}


def opened(index: Any, block: Event) -> Event:
    """The event that starts a block."""
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: Any, kind: str, **fields: Any) -> Event:
    """The event that adds to a block."""
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **fields}}


def closed(index: Any) -> Event:
    """The event that ends a block."""
    return {"type": "content_block_stop", "index": index}


def ending(reason: str | None = "end_turn", **usage: Any) -> Event:
    """The event that says why a message ends."""
    counted = usage or {"output_tokens": 7}
    return {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": counted}


STOP: Event = {"type": "message_stop"}
PING: Event = {"type": "ping"}
TEXT = [start(), opened(0, text("")), PING, delta(0, "text_delta", text="Hi"), delta(0, "text_delta", text=" there")]
TEXT += [closed(0), ending(), STOP]
CALL = [
    start(),
    opened(0, {"type": "thinking", "thinking": "", "signature": ""}),
    delta(0, "thinking_delta", thinking="hm"),
    delta(0, "signature_delta", signature="SIG"),
    closed(0),
    opened(1, {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}),
    delta(1, "input_json_delta", partial_json=""),
    delta(1, "input_json_delta", partial_json='{"a":'),
    delta(1, "input_json_delta", partial_json="1}"),
    closed(1),
    ending("tool_use"),
    STOP,
]


def written(events: Iterable[Event], *, names: bool = True) -> str:
    """Events as the text of a stream, each under the name of its type."""
    lines = (([f"event: {event.get('type')}"] if names else []) + [f"data: {json.dumps(event)}"] for event in events)
    return "".join("\n".join(parts) + "\n\n" for parts in lines)


def streamed(events: Iterable[Event] | str, **sent: Any) -> MessagesReply:
    """The reply that these events, or this text, make."""
    body = events if isinstance(events, str) else written(events)
    headers = {"content-type": "text/event-stream"}
    return MessagesReply(exchange(text=body, headers=headers, sent=asked(model="m", stream=True, **sent)))


def plain(body: Any, status: int = 200, **sent: Any) -> MessagesReply:
    """The reply with this body."""
    return MessagesReply(exchange(status, body, sent=asked(model="m", **sent)))


def after(reply: MessagesReply, **fields: Any) -> MessagesReply:
    """The reply with other fields of its exchange."""
    changed: Exchange = replace(reply.exchange, **fields)
    return MessagesReply(changed)


def found(name: str, reply: MessagesReply) -> str | None:
    """What the invariant of a claim says of a reply: None if it is in order, SILENT if it shows nothing, else a sentence."""
    invariant = invariant_of(suite.tests(contract())[f"messages.{name}"])
    assert invariant is not None
    seen = invariant.start(case(f"messages.{name}"))(reply)
    if seen is SILENT:
        return "silent"
    return seen.detail if isinstance(seen, Observation) else seen


def bound(claim_id: str) -> list[MessagesCase]:
    """All cases of a claim for the mock's model, bound to the surface."""
    model = contract().classify("claude", "mock-claude")
    return [MessagesCase(row, surface_context("messages")) for row in contract().cases([claim_id], [model])]
