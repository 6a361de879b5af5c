"""Reading a reply of content generation, streamed or not, into one form.

Readers are lenient: what is missing or has the wrong type reads as absent.  Whether that is a fault is decided by claims.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from conformance.base.observation import Observation, unanswered
from conformance.surfaces.asked import Asked
from conformance.surfaces.errors import Envelope, envelope
from conformance.surfaces.gemini import asked
from conformance.surfaces.reply import Alternative, Call, Counts, End
from conformance.surfaces.streamable import StreamableReply
from conformance.surfaces.values import as_dict, as_dicts, as_integer, as_text

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


class GeminiReply(StreamableReply):
    """An exchange read as a GenerateContentResponse; a stream is joined into the form of a reply without streaming."""

    error_schema = "wire/gemini-error"
    last_event = "a finishReason"

    def _content_problem(self) -> str | None:
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
        if self.blocked and self.exchange.status == 200 and not self.stream_failure and not self.exchange.failure:
            return unanswered(str(self.problem))
        return super().refusal()

    @cached_property
    def operator(self) -> str:
        """The operator in the path of the request; empty if there is none."""
        path = unquote(self.exchange.request.path.partition("?")[0])
        return path.rpartition(":")[2] if ":" in path else ""

    @property
    def asks_stream(self) -> bool:
        """Whether the request asks for server-sent events."""
        return self.operator == STREAM_GENERATE and "alt=sse" in self.exchange.request.path

    @cached_property
    def asked(self) -> Asked:
        if self.operator not in (GENERATE, STREAM_GENERATE):
            return Asked()
        path = unquote(self.exchange.request.path.partition("?")[0])
        # A stream without alt=sse comes as an array, which is neither a plain answer nor events.
        streamed = None if self.operator == STREAM_GENERATE and not self.asks_stream else self.asks_stream
        return asked.read(path.rpartition(":")[0].rpartition("/models/")[2], self.request_body, streamed=streamed)

    @cached_property
    def streamed(self) -> bool:
        """Whether a stream was requested and an event stream came, also in place of an array of responses."""
        return self.operator == STREAM_GENERATE and self._is_event_stream

    @cached_property
    def begun(self) -> bool:
        """Whether a stream has a candidate."""
        return any("candidates" in chunk for chunk in self.chunks)

    @cached_property
    def finished(self) -> bool:
        """Whether the last response of a stream says why the answer ended."""
        last = self.chunks[-1] if self.streamed and self.chunks else {}
        return any(finish_of(candidate) for candidate in as_dicts(last.get("candidates")))

    def _steps(self) -> Iterator[tuple[Any, bool]]:
        return ((chunk.get("error"), bool(as_dicts(chunk.get("candidates")))) for chunk in self.chunks)

    def _is_ended(self) -> bool:
        ended = any(finish_of(part) for chunk in self.chunks for part in as_dicts(chunk.get("candidates")))
        return not self.begun or ended or bool(self.blocked) or any(chunk.get("error") for chunk in self.chunks)

    def _is_like_an_answer(self) -> bool:
        return self.exchange.text.lstrip().startswith("data:") or any("candidates" in chunk for chunk in self.chunks)

    @cached_property
    def chunks(self) -> tuple[dict[str, Any], ...]:
        """The responses that the reply consists of: those of its events, the items of an array, or the one of a plain reply."""
        if self.streamed:
            return self.events
        return tuple(as_dicts(self.exchange.json if isinstance(self.exchange.json, list) else [self.exchange.json]))

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
            return as_dicts(self.chunks[0].get("candidates"))
        joined: dict[str, dict[str, Any]] = {}
        for chunk in self.chunks:
            for part in as_dicts(chunk.get("candidates")):
                known = joined.setdefault(json.dumps(part.get("index") or 0), {"content": {"parts": []}})
                content = as_dict(part.get("content"))
                known["content"]["parts"].extend(as_dicts(content.get("parts")))
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
        return list(dict.fromkeys(name for chunk in self.chunks if (name := as_text(chunk.get("responseId")))))

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
        return as_dicts(self.content.get("parts"))

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
        contents = [as_dict(part.get("content")) for chunk in self.chunks for part in as_dicts(chunk.get("candidates"))]
        return [text for content in contents if (text := text_of(as_dicts(content.get("parts"))))]

    @property
    def usage(self) -> dict[str, Any]:
        """The usageMetadata; empty if there is none."""
        return as_dict(self.body.get("usageMetadata"))

    @property
    def counts(self) -> Counts:
        """The tokens that the reply reports; a count of 0 may be left out, as in all JSON of Google's APIs."""
        used = self.usage
        prompt, total = as_integer(used.get("promptTokenCount")), as_integer(used.get("totalTokenCount"))
        if prompt is not None:
            prompt += as_integer(used.get("toolUsePromptTokenCount")) or 0
        visible, thought = as_integer(used.get("candidatesTokenCount")), as_integer(used.get("thoughtsTokenCount"))
        known = prompt is not None or visible is not None or thought is not None
        answer = (visible or 0) + (thought or 0) if known else None
        return Counts(prompt, answer, total, thought, as_integer(used.get("cachedContentTokenCount")))

    @property
    def usage_as_sent(self) -> dict[str, Any]:
        return self.usage

    @property
    def answer_tokens(self) -> int | None:
        return self.counts.answer

    @property
    def echoed_model(self) -> str | None:
        return as_text(self.body.get("modelVersion"))


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
    return as_dicts(as_dict(candidate.get("content")).get("parts"))


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
    return Call(as_text(call.get("name")) or "", arguments, as_text(call.get("id")) or "", part)
