"""Reading a reply of content generation, streamed or not, into one form.

Readers are lenient: what is missing or has the wrong type reads as absent.  Whether that is a fault is decided by claims.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from conformance.base.observation import Observation, mishandled, unanswered
from conformance.surfaces.asked import Asked
from conformance.surfaces.errors import Envelope, envelope, read_refusal
from conformance.surfaces.gemini import asked
from conformance.surfaces.surface import Alternative, Call, Counts, End, Reply

GENERATE, STREAM_GENERATE, COUNT = "generateContent", "streamGenerateContent", "countTokens"
_ENDS = {"STOP": End.STOP, "MAX_TOKENS": End.LENGTH}
_FILTERS = (
    *("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "MODEL_ARMOR"),
    *("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"),
)
_ENDS |= dict.fromkeys(_FILTERS, End.FILTER)
FINISH_REASONS = frozenset(_ENDS) | {
    *("OTHER", "MALFORMED_FUNCTION_CALL", "IMAGE_OTHER", "NO_IMAGE", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"),
    *("MISSING_THOUGHT_SIGNATURE", "MALFORMED_RESPONSE", "ESCALATION", "PUP_LIMITED_DISABLED", "CONTINUATION"),
}
"""The finish reasons that Google's client knows."""

_FINISHED = re.compile(rb'"finish_?reason"\s*:\s*"', re.IGNORECASE)


def ends(tail: bytes) -> bool:
    """Return whether a body ends with a complete event that says why the answer ended."""
    body = tail.replace(b"\r\n", b"\n")
    if not body.endswith(b"\n\n"):
        return False
    return bool(_FINISHED.search(body.rstrip(b"\n").rpartition(b"\n\n")[2]))


class GeminiReply(Reply):
    """An exchange read as a GenerateContentResponse; a stream is joined into the form of a reply without streaming."""

    error_schema = "wire/gemini-error"

    def _problem(self) -> str | None:
        if self.broken_off:
            return self.broken_off
        if self.exchange.failure or self.exchange.status != 200:
            return f"status {self.exchange.status}"
        if self.operator not in (GENERATE, STREAM_GENERATE):
            return None if isinstance(self.exchange.json, dict) and "error" not in self.exchange.json else "no answer"
        if self.unreadable_event:
            return self.unreadable_event
        if error := next((envelope(chunk) for chunk in self.chunks if chunk.get("error")), None):
            return f"an error in the answer: {error}"
        if self.blocked:
            return f"the prompt was blocked: {self.blocked}"
        return None if self.candidates else "no candidates"

    def refusal(self) -> Observation:
        """Return what a reply that is not an answer shows; a blocked prompt shows nothing about the endpoint."""
        if self.stream_failure:
            return unanswered(self.stream_failure)
        if self.exchange.status == 200 and not self.exchange.failure:
            if self.blocked:
                return unanswered(str(self.problem))
            if self.streamed:
                return mishandled(f"expected an answer in the stream, got {self.problem}", suspect=True)
        return read_refusal(self.exchange)

    @cached_property
    def operator(self) -> str:
        """The operator in the path of the request; empty if there is none."""
        path = unquote(self.exchange.request.path.partition("?")[0])
        return path.rpartition(":")[2] if ":" in path else ""

    @property
    def asked_stream(self) -> bool:
        """Whether the request asks for server-sent events."""
        return self.operator == STREAM_GENERATE and "alt=sse" in self.exchange.request.path

    @cached_property
    def asked(self) -> Asked:
        if self.operator not in (GENERATE, STREAM_GENERATE):
            return Asked()
        path = unquote(self.exchange.request.path.partition("?")[0])
        # A stream without alt=sse comes as an array, which is neither a plain answer nor events.
        streamed = None if self.operator == STREAM_GENERATE and not self.asked_stream else self.asked_stream
        return asked.read(path.rpartition(":")[0].rpartition("/models/")[2], self.request_body, streamed=streamed)

    @cached_property
    def streamed(self) -> bool:
        """Whether a stream was requested and an event stream came, also in place of an array of responses."""
        return self.operator == STREAM_GENERATE and "event-stream" in (self.exchange.header("content-type") or "")

    @cached_property
    def stream_failure(self) -> str | None:
        """Why a requested stream did not arrive as a stream; None if it did or none was requested."""
        if self.broken_off:
            return self.broken_off
        if self.exchange.status != 200 or self.exchange.failure or not self.asked_stream:
            return None
        if self.streamed:
            empty = None if self.stream.events else "the stream is empty"
            return self.unreadable_event or self.stream_error or empty
        kind, begin = self.exchange.header("content-type"), self.exchange.text.lstrip()[:5]
        like_answer = begin == "data:" or any("candidates" in chunk for chunk in self.chunks)
        return f"content type {kind}, expected text/event-stream" if like_answer else None

    @cached_property
    def broken_off(self) -> str | None:
        """How a stream broke off: its connection was lost, or it stopped without an end; None if it did not."""
        if not self.streamed or self.exchange.status != 200:
            return None
        if self.exchange.failure:
            broken = self.exchange.failure in ("connection", "protocol")
            return f"the stream breaks off: {self.exchange.failure_detail}" if broken else None
        ended = any(finish_of(part) for chunk in self.chunks for part in dicts(chunk.get("candidates")))
        if not self.begun or ended or self.blocked or any(chunk.get("error") for chunk in self.chunks):
            return None
        return "the stream breaks off without a finishReason"

    @cached_property
    def begun(self) -> bool:
        """Whether a stream has a candidate."""
        return any("candidates" in chunk for chunk in self.chunks)

    @cached_property
    def finished(self) -> bool:
        """Whether the last response of a stream says why the answer ended."""
        last = self.chunks[-1] if self.streamed and self.chunks else {}
        return any(finish_of(candidate) for candidate in dicts(last.get("candidates")))

    @cached_property
    def stream_error(self) -> str | None:
        """An error sent after the answer began, which is an outage; None if there is none."""
        begun = False
        for chunk in self.chunks:
            if chunk.get("error") and begun:
                return f"the stream ends with an error: {json.dumps(chunk['error'], ensure_ascii=False)[:80]}"
            begun = begun or bool(dicts(chunk.get("candidates")))
        return None

    @cached_property
    def chunks(self) -> tuple[dict[str, Any], ...]:
        """The responses that the reply consists of: those of its events, the items of an array, or the one of a plain reply."""
        if self.streamed:
            return self.events
        return tuple(dicts(self.exchange.json if isinstance(self.exchange.json, list) else [self.exchange.json]))

    @cached_property
    def body(self) -> dict[str, Any]:
        """The reply as one response: of fields that several responses have, the last one counts."""
        whole: dict[str, Any] = {}
        for chunk in self.chunks:
            whole.update({name: value for name, value in chunk.items() if name != "candidates" and value is not None})
        return {**whole, "candidates": self.candidates}

    @cached_property
    def candidates(self) -> list[dict[str, Any]]:
        """The candidates that are JSON objects, each with the parts of all responses."""
        if len(self.chunks) == 1:
            return dicts(self.chunks[0].get("candidates"))
        joined: dict[str, dict[str, Any]] = {}
        for chunk in self.chunks:
            for part in dicts(chunk.get("candidates")):
                known = joined.setdefault(json.dumps(part.get("index") or 0), {"content": {"parts": []}})
                content = as_dict(part.get("content"))
                known["content"]["parts"].extend(dicts(content.get("parts")))
                known["content"].setdefault("role", content.get("role"))
                known.update({key: value for key, value in part.items() if key != "content" and value is not None})
        return [joined[key] for key in sorted(joined)]

    @cached_property
    def blocked(self) -> str | None:
        """Why the prompt was blocked; None if it was not."""
        reasons = (as_dict(chunk.get("promptFeedback")).get("blockReason") for chunk in self.chunks)
        return next((str(reason) for reason in reasons if reason), None)

    @cached_property
    def alternatives(self) -> list[Alternative]:
        return [_alternative(candidate) for candidate in self.candidates]

    @property
    def call_ids(self) -> list[list[Any]]:
        """The ids of the calls of each candidate; none where no call has one, since they are optional."""
        found = [
            [part["functionCall"].get("id") for part in calls_of(candidate)]
            for candidate in self.candidates
            if calls_of(candidate)
        ]
        return found if any(name for names in found for name in names) else []

    @property
    def ids(self) -> list[str]:
        return list(dict.fromkeys(name for chunk in self.chunks if (name := _text(chunk.get("responseId")))))

    @property
    def lacks_answer(self) -> bool:
        body = as_dict(self.exchange.json)
        formed = {"candidates", "promptFeedback", "usageMetadata"} & body.keys()
        return bool(formed) and "error" not in body and not self.candidates

    @property
    def error(self) -> Envelope | None:
        return next((envelope(chunk) for chunk in self.chunks if chunk.get("error")), None)

    @property
    def content(self) -> dict[str, Any]:
        """The first candidate's content, as the endpoint wrote it; empty if there is none."""
        return as_dict(self.candidates[0].get("content")) if self.candidates else {}

    @property
    def parts(self) -> list[dict[str, Any]]:
        """The parts of the first candidate that are JSON objects."""
        return dicts(self.content.get("parts"))

    @property
    def text(self) -> str:
        """The first candidate's text without its thoughts."""
        return text_of(self.parts)

    @property
    def thoughts(self) -> str:
        return "".join(thoughts_of(self.parts))

    @property
    def finish_reason(self) -> Any:
        """The first candidate's finishReason, as sent."""
        return self.candidates[0].get("finishReason") if self.candidates else None

    @property
    def end(self) -> End | None:
        """Why the first candidate ended; calls have no finishReason of their own, they end with STOP."""
        return end_of(self.candidates[0]) if self.candidates else None

    @property
    def end_as_sent(self) -> str:
        return f"finishReason {self.finish_reason!r}"

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The parts of the first candidate that are calls."""
        return calls_of(self.candidates[0]) if self.candidates else []

    @property
    def made(self) -> list[Call]:
        return [_call(part) for part in self.calls]

    @property
    def pieces(self) -> list[str]:
        if not self.streamed:
            return []
        contents = [as_dict(part.get("content")) for chunk in self.chunks for part in dicts(chunk.get("candidates"))]
        return [text for content in contents if (text := text_of(dicts(content.get("parts"))))]

    @property
    def usage(self) -> dict[str, Any]:
        """The usageMetadata; empty if there is none."""
        return as_dict(self.body.get("usageMetadata"))

    @property
    def counts(self) -> Counts:
        """The tokens that the reply reports; a count of 0 may be left out, as in all JSON of Google's APIs."""
        used = self.usage
        prompt, total = count(used.get("promptTokenCount")), count(used.get("totalTokenCount"))
        if prompt is not None:
            prompt += count(used.get("toolUsePromptTokenCount")) or 0
        visible, thought = count(used.get("candidatesTokenCount")), count(used.get("thoughtsTokenCount"))
        known = prompt is not None or visible is not None or thought is not None
        answer = (visible or 0) + (thought or 0) if known else None
        return Counts(prompt, answer, total, thought, count(used.get("cachedContentTokenCount")))

    @property
    def usage_as_sent(self) -> dict[str, Any]:
        return self.usage

    @property
    def answer_tokens(self) -> int | None:
        return self.counts.answer

    @property
    def echoed_model(self) -> str | None:
        return _text(self.body.get("modelVersion"))


def text_of(parts: Iterable[Mapping[str, Any]]) -> str:
    """Return the text of parts, without thoughts."""
    texts = (part.get("text") for part in parts if part.get("thought") is not True)
    return "".join(text for text in texts if isinstance(text, str))


def thoughts_of(parts: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the texts of parts that are thoughts."""
    return [str(part.get("text") or "") for part in parts if part.get("thought") is True]


def calls_of(candidate: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the parts of a candidate that are calls."""
    return [part for part in parts_of(candidate) if isinstance(part.get("functionCall"), dict)]


def parts_of(candidate: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the parts of a candidate that are JSON objects."""
    return dicts(as_dict(candidate.get("content")).get("parts"))


def end_of(candidate: Mapping[str, Any]) -> End | None:
    """Return why a candidate ended; calls have no finishReason of their own, they end with STOP."""
    reason = candidate.get("finishReason")
    if reason is None:
        return None
    end = _ENDS.get(reason, End.OTHER) if isinstance(reason, str) else End.OTHER
    return End.CALLS if end is End.STOP and calls_of(candidate) else end


def finish_of(candidate: Mapping[str, Any]) -> Any:
    """Return the finish reason of a candidate in either spelling; None if it has none."""
    return candidate.get("finishReason") or candidate.get("finish_reason")


def as_dict(value: Any) -> dict[str, Any]:
    """Return a JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def dicts(value: Any) -> list[dict[str, Any]]:
    """Return the JSON objects of an array; none for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def count(value: Any) -> int | None:
    """Return an integer; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _alternative(candidate: Mapping[str, Any]) -> Alternative:
    parts, end = parts_of(candidate), end_of(candidate)
    calls = tuple(_call(part) for part in calls_of(candidate))
    thoughts = tuple(thought for thought in thoughts_of(parts) if thought)
    cut = end in (End.LENGTH, End.FILTER)
    return Alternative(text_of(parts), calls, end, cut, thoughts, candidate.get("index") or 0)


def _call(part: dict[str, Any]) -> Call:
    """Return a call in the words of all surfaces; arguments that are absent are none, as in all JSON of Google's APIs."""
    call = part["functionCall"]
    given = call.get("args")
    arguments = json.dumps({} if given is None else given, ensure_ascii=False)
    return Call(str(call.get("name")), arguments, _text(call.get("id")) or "", part)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
