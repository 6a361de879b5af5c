"""Reading a Responses reply, streamed or not, into one form.

Readers are lenient: what is missing or has the wrong type reads as absent.  Whether that is a fault is decided by claims.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from conformance.base.observation import Observation, mishandled
from conformance.http.exchange import Request, parse_json
from conformance.surfaces.asked import Asked
from conformance.surfaces.errors import Envelope, envelope
from conformance.surfaces.reply import Call, Counts, End
from conformance.surfaces.responses import asked
from conformance.surfaces.responses.joining import joined
from conformance.surfaces.streamable import StreamableReply
from conformance.surfaces.values import as_dict, as_dicts, as_integer, as_text

DONE = "[DONE]"
# The types of the event that ends a stream, each with the status of the response that it carries.
ENDINGS = {
    "response.completed": "completed",
    "response.incomplete": "incomplete",
    "response.failed": "failed",
    "response.cancelled": "cancelled",
}
_REASONS = {"max_output_tokens": End.LENGTH, "content_filter": End.FILTER}
_CALLS = ("function_call", "custom_tool_call")


class ResponsesReply(StreamableReply):
    """An exchange read as a response; a stream is joined into the form of a reply without streaming.

    Some gateways end a stream with [DONE], which clients take as well as none.
    """

    end_marker = DONE
    last_event = "a last event such as response.completed"

    def _content_problem(self) -> str | None:
        if not asks_for_response(self.exchange.request):
            return "no answer, but what is stored of one"
        if self.streamed:
            return self._stream_problem()
        if self.failed:
            return self.failed
        return None if isinstance(self.body.get("output"), list) else "no output"

    def refusal(self) -> Observation:
        """Return what a reply that is not an answer shows; a body with status 200 can be that of a response that failed."""
        if self.failed and self.exchange.status == 200 and not self.streamed and not self.exchange.failure:
            return mishandled(f"expected an answer, got {self.problem}", suspect=True)
        return super().refusal()

    def _steps(self) -> Iterator[tuple[Any, bool]]:
        for event in self.events:
            failed = is_error(event) or event.get("type") == "response.failed"
            yield event if failed else None, str(event.get("type")).endswith(".delta")

    def _is_ended(self) -> bool:
        done = any(event.data.strip() == DONE for event in self.stream.events)
        return done or bool(self.endings or self.stream_errors) or not self.events

    def _is_like_an_answer(self) -> bool:
        return "output" in as_dict(self.exchange.json) or self.exchange.text.lstrip().startswith(("event:", "data:"))

    @cached_property
    def named_events(self) -> tuple[tuple[str, dict[str, Any]], ...]:
        """The JSON objects of the stream's events in order, each with the name of its event."""
        values = ((event.event, parse_json(event.data)) for event in self.stream.events)
        return tuple((name, value) for name, value in values if isinstance(value, dict))

    @cached_property
    def endings(self) -> list[dict[str, Any]]:
        """The events that end a stream; a sound one has a single one."""
        return [event for event in self.events if as_text(event.get("type")) in ENDINGS]

    @cached_property
    def finished(self) -> bool:
        """Whether a stream came to an event that ends it."""
        return bool(self.endings)

    @cached_property
    def stream_errors(self) -> list[dict[str, Any]]:
        """The events that report an error."""
        return [event for event in self.events if is_error(event)]

    @cached_property
    def errors_in_stream(self) -> list[str]:
        """The texts of all errors in a stream, and of its events that are no JSON objects."""
        failed = (event for event in self.endings if event.get("type") == "response.failed")
        errors = [json.dumps(event, ensure_ascii=False) for event in (*self.stream_errors, *failed)]
        return errors + [event.data for event in self.stream.events if not isinstance(parse_json(event.data), dict)]

    @cached_property
    def body(self) -> dict[str, Any]:
        """The reply as one object; a stream has the fields of its last response, and the items that its events add up to."""
        if not self.streamed:
            return as_dict(self.exchange.json)
        said = [response for event in self.events if isinstance(response := event.get("response"), dict)]
        head: dict[str, Any] = {}
        for response in (said[0], said[-1]) if said else ():
            head.update(response)
        items = joined(self.events)
        return {**head, "output": items or as_dicts(head.get("output"))}

    @property
    def output(self) -> list[dict[str, Any]]:
        """The items of the output that are JSON objects."""
        return as_dicts(self.body.get("output"))

    def items(self, *types: str) -> list[dict[str, Any]]:
        """Return the items of the output of these types."""
        return [item for item in self.output if item.get("type") in types]

    @property
    def parts(self) -> list[dict[str, Any]]:
        """The parts of the content of all messages."""
        return [part for item in self.items("message") for part in as_dicts(item.get("content"))]

    @property
    def status(self) -> Any:
        """The status of the response, as sent."""
        return self.body.get("status")

    @property
    def reason(self) -> Any:
        """Why the response is incomplete, as sent."""
        return as_dict(self.body.get("incomplete_details")).get("reason")

    @property
    def failed(self) -> str | None:
        """The error of a response that failed, in a body with status 200; None if it did not fail."""
        if self.status != "failed":
            return None
        return f"a failed response: {envelope(self.body) or 'without an error'}"

    @property
    def text(self) -> str:
        """The text of all messages, parts joined."""
        texts = (part.get("text") for part in self.parts if part.get("type") in ("output_text", "text"))
        return "".join(text for text in texts if isinstance(text, str))

    @property
    def declined(self) -> str:
        """What the model says instead of an answer; empty if it answers."""
        texts = (part.get("refusal") for part in self.parts if part.get("type") == "refusal")
        return "".join(text for text in texts if isinstance(text, str))

    @property
    def end(self) -> End | None:
        """Why the answer ended."""
        if self.status == "incomplete":
            return _REASONS.get(str(self.reason), End.OTHER)
        if self.status == "completed":
            return End.CALLS if self.items(*_CALLS) else End.STOP
        return None if self.status is None else End.OTHER

    @property
    def end_as_sent(self) -> str:
        return f"status {self.status!r}" + (f" with reason {self.reason!r}" if self.reason is not None else "")

    @property
    def cut(self) -> bool:
        """Whether the answer ended before the model was done: at a cap, by a filter, an error or a refusal."""
        return self.status not in ("completed", None) or bool(self.declined)

    @property
    def calls(self) -> list[dict[str, Any]]:
        return self.items(*_CALLS)

    @property
    def made(self) -> list[Call]:
        return [_call(item) for item in self.items("function_call")]

    @cached_property
    def asked(self) -> Asked:
        return asked.read(self.request_body) if asks_for_response(self.exchange.request) else Asked()

    @property
    def ids(self) -> list[str]:
        return [self.response_id] if self.response_id else []

    @property
    def usage_as_sent(self) -> dict[str, Any]:
        return self.usage

    @property
    def lacks_answer(self) -> bool:
        """Whether the body is a response without a list of output, and without an error that would explain it."""
        body = self.exchange.json
        return isinstance(body, dict) and not isinstance(body.get("output"), list) and not body.get("error")

    @property
    def mixed_calls(self) -> str | None:
        added = [event for event in self.events if event.get("type") == "response.output_item.added"]
        indexes = [
            repr(event.get("output_index")) for event in added if as_dict(event.get("item")).get("type") in _CALLS
        ]
        shared = next((index for index in indexes if indexes.count(index) > 1), None)
        return None if shared is None else f"two calls share the output_index {shared}"

    @property
    def thoughts(self) -> str:
        parts = [
            part
            for item in self.items("reasoning")
            for name in ("summary", "content")
            for part in as_dicts(item.get(name))
        ]
        return "".join(text for part in parts if isinstance(text := part.get("text"), str))

    @property
    def pieces(self) -> list[str]:
        texts = (event.get("delta") for event in self.events if event.get("type") == "response.output_text.delta")
        return [text for text in texts if isinstance(text, str) and text]

    @property
    def usage(self) -> dict[str, Any]:
        """The usage; empty if there is none."""
        return as_dict(self.body.get("usage"))

    @property
    def counts(self) -> Counts:
        prompt, answer, total = (as_integer(self.usage.get(f"{name}_tokens")) for name in ("input", "output", "total"))
        reasoning = as_integer(as_dict(self.usage.get("output_tokens_details")).get("reasoning_tokens"))
        cached = as_integer(as_dict(self.usage.get("input_tokens_details")).get("cached_tokens"))
        return Counts(prompt, answer, total, reasoning, cached)

    @property
    def error(self) -> Envelope | None:
        """The error of the reply: in its body, in an event, or in a response that failed."""
        if not self.streamed:
            return envelope(self.exchange.json)
        failed = [as_dict(event.get("response")) for event in self.endings if event.get("type") == "response.failed"]
        return next((found for body in (*self.stream_errors, *failed) if (found := envelope(body))), None)

    @property
    def answer_tokens(self) -> int | None:
        return self.counts.answer

    @property
    def echoed_model(self) -> str | None:
        return as_text(self.body.get("model"))

    @property
    def response_id(self) -> str:
        """The id of the response; empty if it has none."""
        return as_text(self.body.get("id")) or ""

    def _stream_problem(self) -> str | None:
        if self.unreadable_event:
            return self.unreadable_event
        if self.stream_errors or self.failed:
            return f"an error in the stream: {self.error or json.dumps(self.stream_errors[:1])[:120]}"
        return None if self.output or self.endings else "no item of an output"


def asks_for_response(request: Request) -> bool:
    """Return whether a request asks for a response, and not for what is stored or counted of one."""
    counts = request.path.endswith("/input_tokens")
    return request.method == "POST" and request.body is not None and not counts


def is_error(event: Mapping[str, Any]) -> bool:
    """Return whether an event of a stream reports an error, in the documented form or in one that gateways send."""
    kind = event.get("type")
    return kind == "error" or (not isinstance(kind, str) and bool(event.get("error")))


def _call(item: dict[str, Any]) -> Call:
    """Return a call of a function in the words of all surfaces."""
    return Call(
        as_text(item.get("name")) or "", as_text(item.get("arguments")), as_text(item.get("call_id")) or "", item
    )
