"""Reading a message, streamed or not, into one form.

Readers are lenient: what is missing or has the wrong type reads as absent.  Whether that is a fault is decided by claims.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from conformance.http.exchange import parse_json
from conformance.surfaces.asked import Asked
from conformance.surfaces.errors import Envelope, envelope
from conformance.surfaces.messages import asked
from conformance.surfaces.messages.joining import joined
from conformance.surfaces.messages.words import WORDS
from conformance.surfaces.reply import Call, Counts, End
from conformance.surfaces.streamable import StreamableReply
from conformance.surfaces.values import as_count, as_dict, as_dicts

COUNT_PATH = "/count_tokens"
# Events of a stream whose data begins a message, goes on with it or ends it.
EVENTS = (
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
)
_ENDS = {
    "end_turn": End.STOP,
    "stop_sequence": End.STOP,
    "max_tokens": End.LENGTH,
    "model_context_window_exceeded": End.LENGTH,
    "tool_use": End.CALLS,
    "refusal": End.FILTER,
}


@dataclass(frozen=True)
class Event:
    """One event of a stream: its name, and its data if that is a JSON object, else an empty one; `line` is its first line."""

    name: str
    data: Mapping[str, Any]
    line: int

    @property
    def type(self) -> str:
        """The type that the data names; the name of the event if it names none."""
        kind = self.data.get("type")
        return kind if isinstance(kind, str) else self.name

    def part(self, name: str) -> dict[str, Any]:
        """Return an object in the data; empty if there is none."""
        return as_dict(self.data.get(name))


class MessagesReply(StreamableReply):
    """An exchange read as a message; a stream is joined into the form of a reply without streaming."""

    error_schema = "wire/messages-error"
    error_words = WORDS
    reports_total = False
    last_event = "a stop_reason or message_stop"

    def _content_problem(self) -> str | None:
        if self.counted_path:
            return "no message, but an answer to count_tokens"
        if self.streamed:
            return self._stream_problem()
        body = self.exchange.json
        if not isinstance(body, dict) or body.get("type") == "error" or body.get("error"):
            return f"an error: {envelope(body)}" if isinstance(body, dict) else "no JSON object"
        return None if isinstance(body.get("content"), list) else "no content"

    @cached_property
    def asked(self) -> Asked:
        return Asked() if self.counted_path else asked.read(self.request_body)

    @property
    def ids(self) -> list[str]:
        if self.streamed:
            starts = (event.part("message") for event in self.sent_events if event.type == "message_start")
            return [name for start in starts if isinstance(name := start.get("id"), str) and name]
        name = self.body.get("id")
        return [name] if isinstance(name, str) and name else []

    @property
    def usage_as_sent(self) -> dict[str, Any]:
        return self.usage

    @cached_property
    def finished(self) -> bool:
        """Whether a stream came to message_stop."""
        return bool(self.sent_events) and self.sent_events[-1].type == "message_stop"

    @property
    def error(self) -> Envelope | None:
        if self.streamed:
            return next((envelope(event.data) for event in self.sent_events if event.type == "error"), None)
        return None if self.ok else envelope(self.exchange.json)

    @cached_property
    def counted_path(self) -> bool:
        """Whether the request asked for a count of tokens."""
        return self.exchange.request.path.partition("?")[0].endswith(COUNT_PATH)

    @property
    def count(self) -> int | None:
        """The input_tokens of an answer to count_tokens; None if there are none."""
        body = self.exchange.json if self.counted_path and self.exchange.status == 200 else None
        return as_count(as_dict(body).get("input_tokens"))

    @cached_property
    def begun(self) -> bool:
        """Whether a stream has an event of a message."""
        return any(event.type in EVENTS for event in self.sent_events)

    def _steps(self) -> Iterator[tuple[Any, bool]]:
        for event in self.sent_events:
            unnamed = event.type if event.type == "error" else None
            yield event.data.get("error") or unnamed, event.type in EVENTS

    def _is_ended(self) -> bool:
        ended = any(event.type in ("message_stop", "error") or event.data.get("error") for event in self.sent_events)
        reasons = (
            event.part("delta").get("stop_reason") for event in self.sent_events if event.type == "message_delta"
        )
        return ended or any(reasons) or not self.begun

    def _is_like_an_answer(self) -> bool:
        text = self.exchange.text.lstrip()
        return text.startswith(("data:", "event:")) or "content" in as_dict(parse_json(text))

    @cached_property
    def sent_events(self) -> tuple[Event, ...]:
        """All events of the stream in order, with their names."""
        return tuple(Event(event.event, as_dict(parse_json(event.data)), event.line) for event in self.stream.events)

    @cached_property
    def body(self) -> dict[str, Any]:
        """The reply as one object, a stream joined."""
        return joined(self.sent_events) if self.streamed else as_dict(self.exchange.json)

    @cached_property
    def blocks(self) -> list[dict[str, Any]]:
        """The blocks of the content that are JSON objects."""
        return as_dicts(self.body.get("content"))

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """Return the blocks of a type."""
        return [block for block in self.blocks if block.get("type") == kind]

    @property
    def text(self) -> str:
        """The text of all text blocks, joined."""
        return "".join(text for block in self.of_type("text") if isinstance(text := block.get("text"), str))

    @property
    def thoughts(self) -> str:
        return "".join(text for block in self.of_type("thinking") if isinstance(text := block.get("thinking"), str))

    @property
    def calls(self) -> list[dict[str, Any]]:
        return self.of_type("tool_use")

    @property
    def made(self) -> list[Call]:
        return [_call(block) for block in self.calls]

    @property
    def pieces(self) -> list[str]:
        deltas = (event.part("delta") for event in self.sent_events if event.type == "content_block_delta")
        return [text for delta in deltas if isinstance(text := delta.get("text"), str) and text]

    @property
    def stop_reason(self) -> Any:
        """The stop_reason, as sent."""
        return self.body.get("stop_reason")

    @property
    def end(self) -> End | None:
        reason = self.stop_reason
        if reason is None:
            return None
        return _ENDS.get(reason, End.OTHER) if isinstance(reason, str) else End.OTHER

    @property
    def end_as_sent(self) -> str:
        return f"stop_reason {self.stop_reason!r}"

    @property
    def usage(self) -> dict[str, Any]:
        """The usage; empty if there is none."""
        return as_dict(self.body.get("usage"))

    @property
    def counts(self) -> Counts:
        read, written = (as_count(self.usage.get(name)) for name in CACHE_COUNTS)
        fresh = as_count(self.usage.get("input_tokens"))
        prompt = None if fresh is None else fresh + (read or 0) + (written or 0)
        thought = as_count(as_dict(self.usage.get("output_tokens_details")).get("thinking_tokens"))
        return Counts(prompt, self.answer_tokens, None, thought, read)

    @property
    def answer_tokens(self) -> int | None:
        return as_count(self.usage.get("output_tokens"))

    @property
    def echoed_model(self) -> str | None:
        name = self.body.get("model")
        return name if isinstance(name, str) and name else None

    def _stream_problem(self) -> str | None:
        if self.unreadable_event:
            return self.unreadable_event
        error = next((event for event in self.sent_events if event.type == "error" or event.data.get("error")), None)
        if error is not None:
            return f"an error in the stream: {envelope(error.data)}"
        return None if self.begun else "no event of a message"


CACHE_COUNTS = ("cache_read_input_tokens", "cache_creation_input_tokens")


def _call(block: Mapping[str, Any]) -> Call:
    name, given = block.get("name"), block.get("id")
    arguments = block.get("input")
    text = arguments if isinstance(arguments, str) else None
    if isinstance(arguments, dict | list):
        text = json.dumps(arguments, ensure_ascii=False)
    return Call(
        name if isinstance(name, str) else "", text, given if isinstance(given, str) else "", as_sent=dict(block)
    )
