"""Streams to test with: one sound stream, changes that break it in one place, and what the suite says of it."""

import copy
from collections.abc import Callable
from typing import Any

from conformance.base.observation import Observation
from tests.support.making import as_mode, case, choice, completion, events, observe, suite_functions

TEXT = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20"
USAGE = {"prompt_tokens": 9, "completion_tokens": 39, "total_tokens": 48}
ERROR = {"error": {"message": "The upstream is gone.", "type": "server_error", "param": None, "code": None}}
Chunks = list[Any]
Change = Callable[[Chunks], Any]
Speak = Callable[[dict[str, Any], int, int], Any]


def chunk(*choices: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a chunk with these choices."""
    head = {"id": "c-1", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "m-1"}
    return {**head, "choices": list(choices), **more}


def part(delta: dict[str, Any], finish: Any = None, index: Any = 0) -> dict[str, Any]:
    """Return a choice of a chunk."""
    return {"index": index, "delta": delta, "finish_reason": finish}


def sound(with_usage: bool = False) -> Chunks:
    """Return the chunks of a stream without any fault."""
    pieces = [TEXT[:20], TEXT[20:40], TEXT[40:]]
    chunks = [chunk(part({"role": "assistant", "content": ""})), *(chunk(part({"content": piece})) for piece in pieces)]
    chunks.append(chunk(part({}, "stop")))
    return [*chunks, chunk(usage=USAGE)] if with_usage else chunks


def answer(change: Change | None = None, done: bool = True) -> Speak:
    """Return an endpoint that answers soundly without streaming, and with the changed chunks if it streams."""

    def speak(body: dict[str, Any], sample: int, attempt: int) -> Any:
        if not body.get("stream"):
            return completion(choice(TEXT), usage=USAGE)
        chunks = copy.deepcopy(sound(bool(body.get("stream_options"))))
        changed = change(chunks) if change else None
        return events(*(changed if isinstance(changed, list) else chunks), done=done)

    return speak


def put(path: list[Any], value: Any) -> Callable[[Chunks], None]:
    """Return a change that sets the value at a path of keys and indexes."""

    def change(chunks: Chunks) -> None:
        target: Any = chunks
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = value

    return change


def lost(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Speak:
    """Return an endpoint whose every stream is changed as a whole on its way."""

    def speak(body: dict[str, Any], sample: int, attempt: int) -> Any:
        whole = answer()(body, sample, attempt)
        return change(whole) if body.get("stream") else whole

    return speak


def too_late(text: str) -> Speak:
    """Return an endpoint whose streams end in a timeout after this text."""
    late = {"text": text, "failure": "timeout", "headers": {"content-type": "text/event-stream"}}
    return lambda body, sample, attempt: late if body.get("stream") else answer()(body, sample, attempt)


def failing_midway(done: bool) -> Speak:
    """Return an endpoint whose streams end in an error after two chunks."""

    def speak(body: dict[str, Any], sample: int, attempt: int) -> Any:
        if not body.get("stream"):
            return completion(choice(TEXT), usage=USAGE)
        return events(*sound(bool(body.get("stream_options")))[:2], ERROR, done=done)

    return speak


def without_temperature(refused: dict[str, Any]) -> Speak:
    """Return the sound endpoint, which refuses every temperature."""
    return lambda body, sample, attempt: refused if "temperature" in body else answer()(body, sample, attempt)


def see(claim_id: str, speak: Speak) -> Observation:
    """Return what the suite says of this endpoint for a claim about streams."""
    test = suite_functions()[claim_id]
    return observe(test, as_mode(case(claim_id), test), speak)


LEGAL: dict[str, Callable[[str], str]] = {
    "no space after the colon": lambda text: text.replace("data: ", "data:"),
    "lines that end in CRLF": lambda text: text.replace("\n", "\r\n"),
    "a ping before the first event, and ids": lambda text: ": ping\n\n" + text.replace("data: {", "id: 1\ndata: {"),
    "lines that end in CR": lambda text: text.replace("\n", "\r"),
    "named events, and a byte order mark": lambda text: "\ufeff" + text.replace("data: ", "event: message\ndata: "),
    "an object over two lines": lambda text: text.replace(', "choices"', ',\ndata: "choices"'),
    "no space after the colon of the end": lambda text: text.replace("data: [DONE]", "data:[DONE]"),
    "comments right before the end": lambda text: text.replace("data: [DONE]", ": a\n: b\ndata: [DONE]"),
}

LOST: dict[str, tuple[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    "lines of JSON": (
        "content_type",
        lambda whole: {"text": whole["text"].replace("data: ", "").replace("\n\n", "\n")},
    ),
    "an event in two halves": (
        "grammar",
        lambda whole: {**whole, "text": whole["text"].replace('"delta"', '"del\n\ndata: ta"', 1)},
    ),
    "two events without a line between": (
        "grammar",
        lambda whole: {**whole, "text": whole["text"].replace("}\n\n", "}\n", 1)},
    ),
    "no end of any kind": ("done", lambda whole: {**whole, "text": "\n\n".join(whole["text"].split("\n\n")[:2])}),
    "nothing but the end": ("joins", lambda whole: {**whole, "text": "data: [DONE]\n\n"}),
}
"""How a stream is lost, and the one claim that is about that."""


def spelt(spelling: str) -> Speak:
    """Return the sound endpoint, which spells its streams in another legal way."""
    return lost(lambda whole: {**whole, "text": LEGAL[spelling](whole["text"])})
