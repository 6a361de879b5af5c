"""A reply of an API, as the rest of the package sees it, and the words of all APIs for what is in it.

Everything has a default, which is that of a reply that shows nothing; each API reads its replies in its own folder.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, ClassVar

from conformance.base.observation import Observation, accepted
from conformance.http import sse
from conformance.http.exchange import Exchange, parse_json
from conformance.surfaces import errors
from conformance.surfaces.asked import Asked
from conformance.surfaces.errors import Envelope

# Characters of an answer that a detail quotes: enough to recognise the answer in a table of details.  The whole answer is in the
# evidence.
_LONGEST_QUOTE = 40


class End(StrEnum):
    """Why an answer ended, in the same words for all surfaces; a reply's `end_as_sent` has the API's own word."""

    STOP = "stop"
    LENGTH = "length"
    CALLS = "calls"
    FILTER = "filter"
    OTHER = "other"


@dataclass(frozen=True)
class Call:
    """A call of a tool, in the same words for all surfaces.

    `arguments` are its arguments as JSON text, or None if the reply has none that can be read; an API that sends an object has it
    here as text.  `id` is empty where the API or the reply has none.  `as_sent` is the call in the API's own form.
    """

    name: str
    arguments: str | None = None
    id: str = ""
    as_sent: Any = field(default=None, compare=False)


@dataclass(frozen=True)
class Alternative:
    """One of the answers of a reply, in the same words for all surfaces; most requests ask for one.

    `end` and `cut` are those of the answer, `thoughts` is the reasoning that it shows, and `index` is its number as sent.
    """

    text: str = ""
    calls: tuple[Call, ...] = ()
    end: End | None = None
    cut: bool = False
    thoughts: tuple[str, ...] = ()
    index: Any = 0


@dataclass(frozen=True)
class Counts:
    """The tokens that a reply reports, in the same words for all surfaces; None for each that it does not report.

    `prompt` is the whole prompt, cached tokens included; `answer` is everything that is billed as answer, reasoning included.
    `prompt_parts` and `answer_parts` are all the counts that are reported as parts of these, by the API's own names.
    """

    prompt: int | None = None
    answer: int | None = None
    total: int | None = None
    reasoning: int | None = None
    cached: int | None = None
    prompt_parts: Mapping[str, int] = field(default_factory=dict)
    answer_parts: Mapping[str, int] = field(default_factory=dict)


def _arguments(answer: Alternative) -> list[str]:
    return [call.arguments for call in answer.calls if call.arguments is not None]


class Reply(ABC):
    """An exchange read as a reply of the surface; a stream is joined into the form of a reply without streaming.

    Properties are lenient: what is missing or has the wrong type reads as absent.  Whether that is a fault is decided by claims.
    `error_schema` is the schema of the API's error envelope, `reports_total` says that its counts have a total, and
    `end_marker` is the text of an event that ends every stream, if the API has one.
    """

    error_schema: ClassVar[str] = "wire/error"
    reports_total: ClassVar[bool] = True
    end_marker: ClassVar[str] = ""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    @cached_property
    def problem(self) -> str | None:
        """Why the reply is not an answer; None if it is one."""
        return self._problem()

    @abstractmethod
    def _problem(self) -> str | None:
        """Return why the reply is not an answer, or None; `problem` caches it."""

    @property
    def ok(self) -> bool:
        """Whether this is an answer, rather than a refusal, an outage or a malformed body."""
        return self.problem is None

    @cached_property
    def request_body(self) -> dict[str, Any]:
        """The body of the request; empty if it is not a JSON object."""
        body = self.exchange.request.json
        return body if isinstance(body, dict) else {}

    @cached_property
    def asked(self) -> Asked:
        """What the request asks for."""
        return Asked()

    @cached_property
    def streamed(self) -> bool:
        """Whether the reply came as a stream."""
        return False

    @cached_property
    def stream(self) -> sse.Stream:
        """The events of the reply, with the faults of their format."""
        return sse.parse(self.exchange.text)

    @cached_property
    def events(self) -> tuple[dict[str, Any], ...]:
        """The JSON objects of the stream's events in order; events with anything else are left out."""
        values = (parse_json(event.data) for event in self.stream.events)
        return tuple(value for value in values if isinstance(value, dict))

    @cached_property
    def stream_failure(self) -> str | None:
        """Why a requested stream did not arrive as a stream; None if it did or none was requested."""
        return None

    def refusal(self) -> Observation:
        """Return what the reply shows; call it only for a reply that is not an answer."""
        return errors.read_refusal(self.exchange)

    def acceptance(self) -> Observation:
        """Return accepted for an answer, else what the refusal shows: all that a single reply shows of most parameters."""
        return accepted(f"answered {self.quoted_text()}") if self.ok else self.refusal()

    def quoted_text(self) -> str:
        """Return the beginning of the answer's text, quoted."""
        text = self.text
        return repr(text if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 3]}...")

    @property
    def text(self) -> str:
        """The text of the answer; empty if there is none."""
        return ""

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The tool calls of the answer, in the API's own form."""
        return []

    @property
    def made(self) -> list[Call]:
        """The tool calls of the answer, in the same words for all surfaces."""
        return []

    @property
    def mixed_calls(self) -> str | None:
        """Why a client cannot tell the calls of the answer apart; None if it can."""
        return None

    @property
    def thoughts(self) -> str:
        """The reasoning that the reply shows; empty if it shows none."""
        return ""

    @property
    def pieces(self) -> list[str]:
        """The pieces of text that a stream brought, in order, empty ones left out; none for a reply that is no stream."""
        return []

    @property
    def end(self) -> End | None:
        """Why the answer ended; None if it does not say."""
        return None

    @property
    def cut(self) -> bool:
        """Whether the answer ended before the model was done: at a cap, by a filter, or by a refusal of the model."""
        return self.end in (End.LENGTH, End.FILTER)

    @cached_property
    def alternatives(self) -> list[Alternative]:
        """The answers of the reply: as many as were asked for."""
        thoughts = (self.thoughts,) if self.thoughts else ()
        return [Alternative(self.text, tuple(self.made), self.end, self.cut, thoughts)] if self.ok else []

    @property
    def ids(self) -> list[str]:
        """The ids of the answer, which no other answer has; a stream may have several, which is a fault."""
        return []

    @property
    def call_ids(self) -> list[list[Any]]:
        """The ids of the calls of each answer that has any, as sent; None for a call without one."""
        return [[call.id or None for call in answer.calls] for answer in self.alternatives if answer.calls]

    @property
    def said(self) -> list[str]:
        """Every text of the reply: of its answers, or all of a reply without any."""
        if not self.ok:
            return [self.exchange.text]
        texts = ([answer.text, *answer.thoughts, *_arguments(answer)] for answer in self.alternatives)
        return [text for answer in texts for text in answer]

    @property
    def lacks_answer(self) -> bool:
        """Whether the body has the form of an answer, and nothing in the place of its content."""
        return False

    @property
    def counts(self) -> Counts:
        """The tokens that the reply reports."""
        return Counts()

    @property
    def usage_as_sent(self) -> dict[str, Any]:
        """The object in which the reply reports its tokens; empty if there is none."""
        return {}

    @property
    def error(self) -> Envelope | None:
        """The error in the body of the reply; None if there is none that can be read."""
        return errors.envelope(self.exchange.json)

    @property
    def error_as_sent(self) -> dict[str, Any]:
        """The object of the API's own envelope that has the error; empty if there is none."""
        body = self.exchange.json
        error = body.get("error") if isinstance(body, dict) else None
        return error if isinstance(error, dict) else {}

    @cached_property
    def unreadable_event(self) -> str | None:
        """The first event of a stream with a brace in it that is not one JSON object; None if there is none."""
        for event in self.stream.events:
            if ("{" in event.data or "}" in event.data) and not isinstance(parse_json(event.data), dict):
                return f"the event on line {event.line} must be a JSON object, got {event.data[:80]!r}"
        return None

    @cached_property
    def empty_stream(self) -> bool:
        """Whether a stream has no event except its end."""
        return self.streamed and all(event.data.strip() == self.end_marker for event in self.stream.events)

    @cached_property
    def finished(self) -> bool:
        """Whether a stream came to the event that the API ends it with."""
        events = self.stream.events
        return bool(self.end_marker and events) and events[-1].data.strip() == self.end_marker

    @cached_property
    def deltas(self) -> list[str]:
        """What the events of a stream add to the answer, as JSON: whole events, unless the surface knows better."""
        return [json.dumps(event, ensure_ascii=False) for event in self.events]

    @cached_property
    def begun(self) -> bool:
        """Whether a stream has some of an answer, whatever follows it."""
        return bool(self.pieces)

    @cached_property
    def errors_in_stream(self) -> list[str]:
        """The texts of all errors in a stream, and of its events that are no JSON objects."""
        found = [json.dumps(event["error"], ensure_ascii=False) for event in self.events if event.get("error")]
        return found + [event.data for event in self.stream.events if not isinstance(parse_json(event.data), dict)]

    @cached_property
    def stream_error(self) -> str | None:
        """An error sent in a stream after the answer began; None if there is none."""
        return None

    @cached_property
    def blocked(self) -> str | None:
        """Why the prompt was blocked in place of an answer; None if it was not."""
        return None

    @cached_property
    def broken_off(self) -> str | None:
        """How a stream broke off, which shows nothing about its content; None if it did not."""
        return None

    @property
    def end_as_sent(self) -> str:
        """The field that says why the answer ended, with its value."""
        return ""

    @property
    def answer_tokens(self) -> int | None:
        """The number of tokens that the answer is billed for; None if the reply does not say."""
        return None

    @property
    def echoed_model(self) -> str | None:
        """The model that the reply names; None if it names none."""
        return None

    @property
    def fingerprint(self) -> str | None:
        """The reply's identifier of the configuration that produced it; None if it has none."""
        return None
