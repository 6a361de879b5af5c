"""Reading a Chat Completions reply, streamed or not, into one form.

Readers are lenient: what is missing or has the wrong type reads as absent.  Whether that is a fault is decided by claims.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from conformance.http.exchange import parse_json
from conformance.surfaces.asked import Asked
from conformance.surfaces.chat import asked
from conformance.surfaces.chat.joining import REASONING_FIELDS, joined
from conformance.surfaces.errors import envelope
from conformance.surfaces.reply import Alternative, Call, Counts, End
from conformance.surfaces.streamable import StreamableReply
from conformance.surfaces.values import as_dict, as_dicts, as_integer, as_text

DONE = "[DONE]"
_ENDS = {
    "stop": End.STOP,
    "length": End.LENGTH,
    "tool_calls": End.CALLS,
    "function_call": End.CALLS,
    "content_filter": End.FILTER,
}


class ChatReply(StreamableReply):
    """An exchange read as a Chat Completion; a stream is joined into the form of a reply without streaming."""

    end_marker = DONE
    last_event = "a finish_reason or [DONE]"

    def _content_problem(self) -> str | None:
        if self.streamed:
            return self._stream_problem()
        body = self.exchange.json
        if not isinstance(body, dict) or not self.choices:
            return "no choices"
        complete = all(isinstance(choice.get("message"), dict) for choice in self.choices)
        return None if complete else "a choice without message"

    @cached_property
    def begun(self) -> bool:
        return any(chunk.get("choices") for chunk in self.chunks)

    def _steps(self) -> Iterator[tuple[Any, bool]]:
        return ((chunk.get("error"), bool(as_dicts(chunk.get("choices")))) for chunk in self.chunks)

    def _is_ended(self) -> bool:
        done = any(event.data.strip() == DONE for event in self.stream.events)
        ended = (part.get("finish_reason") for chunk in self.chunks for part in as_dicts(chunk.get("choices")))
        return done or any(ended) or any(chunk.get("error") for chunk in self.chunks)

    def _is_like_an_answer(self) -> bool:
        """Return whether a text begins like an event, or is an answer or chunks in JSON, one per line."""
        text = self.exchange.text.lstrip()
        return text.startswith("data:") or any(
            "choices" in as_dict(parse_json(part)) for part in (text, text.partition("\n")[0])
        )

    @cached_property
    def deltas(self) -> list[str]:
        """The deltas alone, because the token of a log probability may be a part of a character."""
        parts = (part for chunk in self.chunks for part in as_dicts(chunk.get("choices")))
        return [json.dumps(part.get("delta"), ensure_ascii=False) for part in parts]

    @property
    def chunks(self) -> tuple[dict[str, Any], ...]:
        """The JSON objects of the stream's events in order; [DONE] and everything else is left out."""
        return self.events

    @cached_property
    def body(self) -> dict[str, Any]:
        """The reply as one object; a stream has the top-level fields of its first chunk."""
        if not self.streamed:
            return self.exchange.json if isinstance(self.exchange.json, dict) else {}
        usage = [chunk["usage"] for chunk in self.chunks if chunk.get("usage")]
        head = self.chunks[0] if self.chunks else {}
        return {**head, "choices": joined(self.chunks, self._single), "usage": usage[-1] if usage else None}

    @property
    def _single(self) -> bool:
        """Whether one choice was asked for, to which all deltas of a stream belong, whatever index they have."""
        return self.request_body.get("n") in (None, 1)

    @cached_property
    def choices(self) -> list[dict[str, Any]]:
        """The choices that are JSON objects."""
        return as_dicts(self.body.get("choices"))

    @property
    def indexes(self) -> list[Any]:
        """The index of each choice, as sent."""
        return [choice.get("index") for choice in self.choices]

    @property
    def message(self) -> dict[str, Any]:
        """The first choice's message; empty if there is none."""
        return as_dict(self.choices[0].get("message")) if self.choices else {}

    @property
    def text(self) -> str:
        """The first choice's content; text parts are joined."""
        return _content(self.message)

    @property
    def finish_reason(self) -> Any:
        """The first choice's finish_reason, as sent."""
        return self.choices[0].get("finish_reason") if self.choices else None

    @property
    def end(self) -> End | None:
        """Why the first choice ended."""
        return _end(self.finish_reason)

    @property
    def end_as_sent(self) -> str:
        return f"finish_reason {self.finish_reason!r}"

    @property
    def cut(self) -> bool:
        """Whether the answer ended before the model was done: at a cap, by a filter, an error or a refusal."""
        return bool(self.choices) and _is_cut(self.choices[0])

    @property
    def calls(self) -> list[dict[str, Any]]:
        return self.tool_calls

    @property
    def made(self) -> list[Call]:
        return [_call(call) for call in self.tool_calls]

    @property
    def mixed_calls(self) -> str | None:
        ids: dict[tuple[str, str], set[str]] = {}
        for choice, call in self._fragments():
            if name := as_text(call.get("id")):
                ids.setdefault((choice, json.dumps(call.get("index"))), set()).add(name)
        shared = next((index for (_, index), sent in ids.items() if len(sent) > 1), None)
        return None if shared is None else f"two calls share the index {shared}"

    def _fragments(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the fragments of a stream's calls, each with its choice; a single choice has all, whatever index they have."""
        for chunk in self.chunks if self.streamed else ():
            for part in as_dicts(chunk.get("choices")):
                choice = "0" if self._single else json.dumps(part.get("index"))
                yield from ((choice, call) for call in as_dicts(as_dict(part.get("delta")).get("tool_calls")))

    @property
    def thoughts(self) -> str:
        return "".join(text for name in REASONING_FIELDS if isinstance(text := self.message.get(name), str))

    @property
    def pieces(self) -> list[str]:
        parts = (as_dict(part.get("delta")) for chunk in self.chunks for part in as_dicts(chunk.get("choices")))
        return [text for part in parts if isinstance(text := part.get("content"), str) and text]

    @cached_property
    def asked(self) -> Asked:
        return asked.read(self.request_body)

    @cached_property
    def alternatives(self) -> list[Alternative]:
        return [_alternative(choice) for choice in self.choices]

    @property
    def ids(self) -> list[str]:
        heads = self.chunks if self.streamed else (self.body,)
        return list(dict.fromkeys(value for head in heads if (value := as_text(head.get("id")))))

    @property
    def call_ids(self) -> list[list[Any]]:
        if not self.streamed:
            return [[call.get("id") for call in calls] for choice in self.choices if (calls := _calls(choice))]
        by_choice: dict[str, dict[str, dict[str, Any]]] = {}
        for choice, call in self._fragments():
            ids = by_choice.setdefault(choice, {}).setdefault(json.dumps(call.get("index")), {})
            if call.get("id") is not None:
                ids[json.dumps(call["id"])] = call["id"]
        return [[each for ids in calls.values() for each in (ids.values() or [None])] for calls in by_choice.values()]

    @property
    def said(self) -> list[str]:
        """Every text of the messages, joined over the chunks of a stream, or all of a reply without any.

        Log probabilities are left out: alternatives that nobody chose may come to any word.
        """
        if not self.streamed:
            messages = [text for choice in self.choices for _, text in _texts(choice.get("message"), "")]
            return messages if self.choices else [self.exchange.text]
        joined: dict[str, list[str]] = {}
        for chunk in self.chunks:
            for part in as_dicts(chunk.get("choices")):
                for place, text in _texts(part.get("delta"), str(part.get("index"))):
                    joined.setdefault(place, []).append(text)
        errors = [str(chunk["error"]) for chunk in self.chunks if chunk.get("error")]
        return ["".join(pieces) for pieces in joined.values()] + errors

    @property
    def lacks_answer(self) -> bool:
        body = self.exchange.json
        return not self.streamed and isinstance(body, dict) and not self.choices and not body.get("error")

    @property
    def counts(self) -> Counts:
        prompt, total = (as_integer(self.usage.get(name)) for name in ("prompt_tokens", "total_tokens"))
        of_prompt, of_answer = (
            {name: value for name, value in as_dict(self.usage.get(key)).items() if isinstance(value, int)}
            for key in ("prompt_tokens_details", "completion_tokens_details")
        )
        cached = as_integer(of_prompt.get("cached_tokens"))
        return Counts(prompt, self.completion_tokens, total, self.reasoning_tokens, cached, of_prompt, of_answer)

    @property
    def usage_as_sent(self) -> dict[str, Any]:
        return self.usage

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        """The first choice's tool calls that are JSON objects."""
        return as_dicts(self.message.get("tool_calls"))

    @property
    def logprobs(self) -> list[dict[str, Any]] | None:
        """The first choice's log probabilities, one entry per token; None if there are none."""
        content = as_dict(self.choices[0].get("logprobs") if self.choices else None).get("content")
        return as_dicts(content) if isinstance(content, list) else None

    @property
    def has_logprobs(self) -> bool:
        """Whether any choice has a log probability of any token."""
        return any(as_dict(choice.get("logprobs")).get("content") for choice in self.choices)

    @property
    def usage(self) -> dict[str, Any]:
        """The usage; empty if there is none."""
        return as_dict(self.body.get("usage"))

    @property
    def completion_tokens(self) -> int | None:
        """The usage's completion_tokens; None unless it is an integer."""
        return as_integer(self.usage.get("completion_tokens"))

    @property
    def answer_tokens(self) -> int | None:
        return self.completion_tokens

    @property
    def echoed_model(self) -> str | None:
        return as_text(self.body.get("model"))

    @property
    def fingerprint(self) -> str | None:
        return as_text(self.body.get("system_fingerprint"))

    @property
    def reasoning_tokens(self) -> int | None:
        """The usage's reasoning_tokens; None unless it is an integer."""
        return as_integer(as_dict(self.usage.get("completion_tokens_details")).get("reasoning_tokens"))

    def _stream_problem(self) -> str | None:
        if self.unreadable_event:
            return self.unreadable_event
        if not any(as_dicts(chunk.get("choices")) for chunk in self.chunks):
            error = next((envelope(chunk) for chunk in self.chunks if chunk.get("error")), None)
            return f"an error in the stream: {error}" if error else "no chunk with choices"
        error = next((envelope(chunk) for chunk in self.chunks if chunk.get("error")), None)
        return f"an error in the stream: {error}" if error else None


def _alternative(choice: dict[str, Any]) -> Alternative:
    """Return a choice in the words of all surfaces; claims of their own judge calls in the older form, which it leaves out."""
    message, reason = as_dict(choice.get("message")), choice.get("finish_reason")
    thoughts = tuple(text for name in REASONING_FIELDS if isinstance(text := message.get(name), str))
    end = End.OTHER if reason == "function_call" else _end(reason)
    calls = tuple(map(_call, _calls(choice)))
    return Alternative(_content(message), calls, end, _is_cut(choice), thoughts, choice.get("index"))


def _content(message: Mapping[str, Any]) -> str:
    """Return the text of a message; text parts are joined."""
    content = message.get("content")
    if isinstance(content, list):
        texts = (part.get("text") for part in as_dicts(content))
        return "".join(text for text in texts if isinstance(text, str))
    return content if isinstance(content, str) else ""


def _calls(choice: Mapping[str, Any]) -> list[dict[str, Any]]:
    return as_dicts(as_dict(choice.get("message")).get("tool_calls"))


def _is_cut(choice: Mapping[str, Any]) -> bool:
    """Return whether a choice ended before the model had finished it, or the model declined to answer."""
    declined = bool(as_dict(choice.get("message")).get("refusal"))
    return choice.get("finish_reason") in ("length", "content_filter", "error") or declined


def _end(reason: Any) -> End | None:
    if reason is None:
        return None
    return _ENDS.get(reason, End.OTHER) if isinstance(reason, str) else End.OTHER


def _texts(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """Yield the strings in a value, each with its place; the place of an item of a list is its index, if it names one."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(item, f"{place}.{name}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            index = item.get("index", number) if isinstance(item, dict) else number
            yield from _texts(item, f"{place}[{index}]")


def _call(call: dict[str, Any]) -> Call:
    """Return a call of the message in the words of all surfaces."""
    function = as_dict(call.get("function"))
    arguments = function.get("arguments")
    return Call(
        as_text(function.get("name")) or "",
        arguments if isinstance(arguments, str) else None,
        as_text(call.get("id")) or "",
        call,
    )
