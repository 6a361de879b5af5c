"""How a Chat Completions reply is read, streamed or not, into one shape.

Readers are lenient: what is missing or of the wrong type reads as absent, since whether that is a fault is for a claim to say.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from conformance.base.observation import Observation, mishandled, unanswered
from conformance.http import sse
from conformance.http.exchange import parse_json
from conformance.surfaces.errors import envelope, read_refusal
from conformance.surfaces.surface import End, Reply

DONE = "[DONE]"
_ENDS = {
    "stop": End.STOP,
    "length": End.LENGTH,
    "tool_calls": End.CALLS,
    "function_call": End.CALLS,
    "content_filter": End.FILTER,
}


class ChatReply(Reply):
    """What came back, read as a Chat Completion; a stream is joined into the shape of an answer that is not streamed."""

    def _problem(self) -> str | None:
        """What keeps the reply from being an answer; None if it is one."""
        if self.broken_off:
            return self.broken_off
        if self.exchange.failure or self.exchange.status != 200:
            return f"status {self.exchange.status}"
        if self.streamed:
            return self._stream_problem()
        body = self.exchange.json
        if not isinstance(body, dict) or not self.choices:
            return "no choices"
        return (
            None if all(isinstance(each.get("message"), dict) for each in self.choices) else "a choice without message"
        )

    def refusal(self) -> Observation:
        """What a reply that is no answer shows; a stream that got lost on its way shows nothing about what it carried."""
        if self.stream_failure:
            return unanswered(self.stream_failure)
        if self.streamed and self.exchange.status == 200 and not self.exchange.failure:
            return mishandled(f"a stream that is no answer: {self.problem}", suspect=True)
        return read_refusal(self.exchange)

    @cached_property
    def request_body(self) -> dict[str, Any]:
        """The body of the request."""
        return _dict(self.exchange.request.json)

    @cached_property
    def streamed(self) -> bool:
        return self.request_body.get("stream") is True and "event-stream" in (
            self.exchange.header("content-type") or ""
        )

    @cached_property
    def stream_failure(self) -> str | None:
        """What kept a stream that was asked for from arriving as one; None if nothing did."""
        if self.broken_off:
            return self.broken_off
        if self.exchange.status != 200 or self.exchange.failure or self.request_body.get("stream") is not True:
            return None
        if self.streamed:
            return self.unreadable_event or self.stream_error or ("the stream is empty" if self.empty_stream else None)
        kind = self.exchange.header("content-type")
        return f"no event stream but {kind}" if self._like_chunks(self.exchange.text) else None

    @cached_property
    def broken_off(self) -> str | None:
        """How a stream broke off: its connection was lost, or it stopped before any end; None if it did not."""
        if not self.streamed or self.exchange.status != 200:
            return None
        if self.exchange.failure:
            lost = self.exchange.failure in ("connection", "protocol")
            return f"the stream breaks off: {self.exchange.failure_detail}" if lost else None
        done = any(event.data.strip() == DONE for event in self.stream.events)
        ended = (part.get("finish_reason") for chunk in self.chunks for part in _dicts(chunk.get("choices")))
        if done or any(ended) or any(chunk.get("error") for chunk in self.chunks):
            return None
        return "the stream breaks off: neither a finish_reason nor [DONE] comes"

    @cached_property
    def unreadable_event(self) -> str | None:
        """The first event of a stream that holds JSON, but not one object of it; None if there is none."""
        for event in self.stream.events:
            if ("{" in event.data or "}" in event.data) and not isinstance(parse_json(event.data), dict):
                return f"the event on line {event.line} is no JSON object: {event.data[:80]!r}"
        return None

    @cached_property
    def stream_error(self) -> str | None:
        """The error that ended a stream which had begun to answer: an outage, whether [DONE] follows it or not."""
        begun = False
        for chunk in self.chunks:
            if chunk.get("error") and begun:
                return f"the stream ends with an error: {json.dumps(chunk['error'], ensure_ascii=False)[:80]}"
            begun = begun or bool(_dicts(chunk.get("choices")))
        return None

    @cached_property
    def empty_stream(self) -> bool:
        """Whether a stream consists of no event but its end."""
        return self.streamed and all(event.data.strip() == DONE for event in self.stream.events)

    @cached_property
    def stream(self) -> sse.Stream:
        return sse.parse(self.exchange.text)

    @cached_property
    def chunks(self) -> tuple[dict[str, Any], ...]:
        """The JSON objects of the stream's events in order; [DONE] and what is no object are left out."""
        found = (parse_json(event.data) for event in self.stream.events if event.data.strip() != DONE)
        return tuple(each for each in found if isinstance(each, dict))

    @cached_property
    def body(self) -> dict[str, Any]:
        """The reply as one object, with the top-level fields of the first chunk where it was streamed."""
        if not self.streamed:
            return self.exchange.json if isinstance(self.exchange.json, dict) else {}
        usage = [chunk["usage"] for chunk in self.chunks if chunk.get("usage")]
        head = self.chunks[0] if self.chunks else {}
        alone = self.request_body.get("n") in (None, 1)
        return {**head, "choices": _joined(self.chunks, alone), "usage": usage[-1] if usage else None}

    @cached_property
    def choices(self) -> list[dict[str, Any]]:
        return _dicts(self.body.get("choices"))

    @property
    def indexes(self) -> list[Any]:
        return [choice.get("index") for choice in self.choices]

    @property
    def message(self) -> dict[str, Any]:
        return _dict(self.choices[0].get("message")) if self.choices else {}

    @property
    def text(self) -> str:
        """The first choice's content as text; parts are joined."""
        content = self.message.get("content")
        if isinstance(content, list):
            texts = (part.get("text") for part in _dicts(content))
            return "".join(text for text in texts if isinstance(text, str))
        return content if isinstance(content, str) else ""

    @property
    def finish_reason(self) -> Any:
        return self.choices[0].get("finish_reason") if self.choices else None

    @property
    def end(self) -> End | None:
        """Why the first choice ended."""
        reason = self.finish_reason
        if reason is None:
            return None
        return _ENDS.get(reason, End.OTHER) if isinstance(reason, str) else End.OTHER

    @property
    def end_as_sent(self) -> str:
        return f"finish_reason {self.finish_reason!r}"

    @property
    def cut(self) -> bool:
        """Whether the answer ended for another reason than the model being done with it."""
        return self.finish_reason in ("length", "content_filter", "error") or bool(self.message.get("refusal"))

    @property
    def calls(self) -> list[dict[str, Any]]:
        return self.tool_calls

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        return _dicts(self.message.get("tool_calls"))

    @property
    def logprobs(self) -> list[dict[str, Any]] | None:
        """The first choice's token log probabilities; None where there are none."""
        content = _dict(self.choices[0].get("logprobs") if self.choices else None).get("content")
        return _dicts(content) if isinstance(content, list) else None

    @property
    def has_logprobs(self) -> bool:
        """Whether any choice carries a log probability of any token."""
        return any(_dict(choice.get("logprobs")).get("content") for choice in self.choices)

    @property
    def usage(self) -> dict[str, Any]:
        return _dict(self.body.get("usage"))

    @property
    def completion_tokens(self) -> int | None:
        return _count(self.usage.get("completion_tokens"))

    @property
    def answer_tokens(self) -> int | None:
        return self.completion_tokens

    @property
    def echoed_model(self) -> str | None:
        return _text(self.body.get("model"))

    @property
    def fingerprint(self) -> str | None:
        return _text(self.body.get("system_fingerprint"))

    @property
    def reasoning_tokens(self) -> int | None:
        return _count(_dict(self.usage.get("completion_tokens_details")).get("reasoning_tokens"))

    @staticmethod
    def _like_chunks(text: str) -> bool:
        """Whether a text begins as events do, or is an answer or chunks, one a line."""
        if text.lstrip().startswith("data:"):
            return True
        return any("choices" in _dict(parse_json(each)) for each in (text, text.lstrip().partition("\n")[0]))

    def _stream_problem(self) -> str | None:
        if self.unreadable_event:
            return self.unreadable_event
        if not any(_dicts(chunk.get("choices")) for chunk in self.chunks):
            error = next((envelope(chunk) for chunk in self.chunks if chunk.get("error")), None)
            return f"an error in the stream: {error}" if error else "no chunk with choices"
        error = next((envelope(chunk) for chunk in self.chunks if chunk.get("error")), None)
        return f"an error in the stream: {error}" if error else None


def _joined(chunks: tuple[dict[str, Any], ...], alone: bool) -> list[dict[str, Any]]:
    """The choices that the deltas of a stream add up to, in the order of their index, or the one if it is alone."""
    joined: dict[Any, _Joining] = {}
    for chunk in chunks:
        for part in _dicts(chunk.get("choices")):
            index = part.get("index")
            key = None if alone else json.dumps(index)
            joined.setdefault(key, _Joining(index)).add(part)
    whole = [each.choice() for each in joined.values()]
    return sorted(whole, key=lambda each: (not isinstance(each["index"], int), str(each["index"]).zfill(4)))


class _Joining:
    """One choice as its deltas come.  Texts are joined at the end: joining at each delta takes minutes for a long stream."""

    def __init__(self, index: Any) -> None:
        self._choice: dict[str, Any] = {"index": index, "message": {}, "finish_reason": None}
        self._texts: dict[str, list[str]] = {}
        self._calls: dict[str, _JoiningCall] = {}

    def add(self, part: Mapping[str, Any]) -> None:
        delta, message = _dict(part.get("delta")), self._choice["message"]
        for name in ("content", "refusal"):
            if isinstance(delta.get(name), str):
                message.setdefault(name, "")
                self._texts.setdefault(name, []).append(delta[name])
        if isinstance(delta.get("role"), str):
            message.setdefault("role", delta["role"])
        for call in _dicts(delta.get("tool_calls")):
            message.setdefault("tool_calls", [])
            self._calls.setdefault(json.dumps(call.get("index")), _JoiningCall(call)).add(call)
        found = _dict(part.get("logprobs")).get("content")
        if isinstance(found, list):
            self._choice.setdefault("logprobs", {"content": []})["content"].extend(found)
        self._choice["finish_reason"] = part.get("finish_reason") or self._choice["finish_reason"]

    def choice(self) -> dict[str, Any]:
        message = self._choice["message"]
        message.update({name: "".join(pieces) for name, pieces in self._texts.items()})
        if self._calls:
            message["tool_calls"] = [each.call() for each in self._calls.values()]
        return self._choice


class _JoiningCall:
    """One tool call as its deltas come."""

    def __init__(self, first: Mapping[str, Any]) -> None:
        self._known = {name: first.get(name) for name in ("index", "id", "type")}
        self._name = ""
        self._arguments: list[str] = []

    def add(self, part: Mapping[str, Any]) -> None:
        function = _dict(part.get("function"))
        name, arguments = function.get("name"), function.get("arguments")
        if isinstance(name, str) and name != self._name:  # some repeat it whole, others add to it
            self._name += name
        if isinstance(arguments, str):
            self._arguments.append(arguments)

    def call(self) -> dict[str, Any]:
        return {**self._known, "function": {"name": self._name, "arguments": "".join(self._arguments)}}


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
