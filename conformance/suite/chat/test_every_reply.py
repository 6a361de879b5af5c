"""What holds for every reply, answer or error: what its status and its content type promise, and that it belongs to its request.

Each is an invariant: a function of one reply, applied to every reply of a model.
"""

import re
from collections.abc import Iterator
from typing import Any

from conformance.base.observation import mishandled
from conformance.suite.baselines import answers, plain, streams
from conformance.suite.chat.belonging import foreign_word
from conformance.suite.chat.choices import calls_of
from conformance.suite.chat.streams import parts
from conformance.suite.chat.toolbox import function_of
from conformance.suite.invariants import invariant
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase
from conformance.surfaces.errors import envelope
from conformance.trial.invariants import SILENT, Finding, Subject

SHOWN = 120  # characters of a body that is no answer
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s\";]+)", re.IGNORECASE)


@invariant("chat.reply.no_error", about=Subject.REPLY, good="status 200 comes with an answer", asks=plain)
def test_no_error(case: ChatCase, reply: ChatReply) -> Finding:
    """No reply with status 200 has an error in place of an answer; an error inside a stream has claims of its own."""
    if not _is_complete(case, reply) or reply.streamed or _is_object_without_choices(reply):
        return SILENT
    if reply.ok:
        return None
    told = envelope(reply.exchange.json) or " ".join(reply.exchange.text.split())[:SHOWN] or "an empty body"
    return mishandled(f"a reply with status 200 must be an answer, got {told}", suspect=True)


@invariant("chat.reply.no_null", about=Subject.REPLY, good="status 200 comes with choices", asks=plain, proves=True)
def test_no_null(case: ChatCase, reply: ChatReply) -> Finding:
    """No reply with status 200 has null, or nothing, in the place of its choices or of their messages."""
    if not _is_complete(case, reply) or reply.streamed:
        return SILENT
    if _is_object_without_choices(reply):
        choices = reply.exchange.json.get("choices", "none")
        return f"a reply with status 200 must have choices, got {'null' if choices is None else choices}"
    if reply.choices and not reply.ok:
        return f"each choice of a reply with status 200 must have a message, got {str(reply.choices)[:80]}"
    return None if reply.ok else SILENT


@invariant("chat.reply.content_type", about=Subject.ANSWER, good="answers say that they are JSON", asks=plain)
def test_content_type(case: ChatCase, reply: ChatReply) -> Finding:
    """The content type of an answer without streaming is one of JSON, since clients hand out anything else as text."""
    if reply.streamed:
        return SILENT
    kind = reply.exchange.header("content-type") or ""
    if _media_type(kind).endswith("json"):
        return None
    return f"content type of an answer must be application/json, got {kind!r}"


@invariant("chat.reply.charset", about=Subject.REPLY, good="every charset is UTF-8", asks=answers, absence=True)
def test_charset(case: ChatCase, reply: ChatReply) -> Finding:
    """The content type of no reply names a charset other than UTF-8."""
    if reply.exchange.failure or not (reply.ok or (reply.exchange.status or 0) >= 400):
        return SILENT
    named = _CHARSET.search(reply.exchange.header("content-type") or "")
    if named is None or named[1].lower() in ("utf-8", "utf8"):
        return None if reply.ok else SILENT
    return f"charset must be UTF-8 or left out, got {named[1]!r}"


@invariant("chat.reply.own_words", about=Subject.REPLY, good="no word of another prompt", asks=answers, proves=True)
def test_own_words(case: ChatCase, reply: ChatReply) -> Finding:
    """No reply holds a word that only the prompt of another request asks for: no answer, reasoning, call or error."""
    called = (str(function_of(call).get("name")) for choice in reply.choices for call in calls_of(choice))
    word = foreign_word("\n".join(_said(reply)), called, reply.exchange.request.body or "")
    if word:
        return f"the {'answer' if reply.ok else 'reply'} holds {word!r}, which another request asked for"
    return None if reply.ok else SILENT


@invariant("chat.stream.media_type", about=Subject.REPLY, good="text/event-stream", asks=streams)
def test_stream_media_type(case: ChatCase, reply: ChatReply) -> Finding:
    """Every answer to a request with stream true is an event stream."""
    if not _is_complete(case, reply) or reply.request_body.get("stream") is not True:
        return SILENT
    if reply.streamed:
        return None
    return reply.stream_failure or SILENT


@invariant("chat.stream.answered", about=Subject.REPLY, good="every stream has an answer", asks=streams)
def test_stream_answered(case: ChatCase, reply: ChatReply) -> Finding:
    """No event stream has an error, or nothing, in place of an answer; one that breaks off later may be an outage."""
    if not _is_complete(case, reply) or not reply.streamed or reply.broken_off or reply.unreadable_event:
        return SILENT
    if reply.ok:
        return None
    if any(chunk.get("choices") for chunk in reply.chunks):
        return SILENT
    return mishandled(f"a stream must have an answer, got {reply.problem or 'none'}", suspect=True)


def _is_complete(case: ChatCase, reply: ChatReply) -> bool:
    """Return whether a reply came whole, with status 200, to a request for an answer, or to one for a stream."""
    request = reply.exchange.request
    asked = request.method == "POST" and request.path == case.context.path
    sound = isinstance(reply.request_body.get("stream"), bool | None)
    return sound and asked and reply.exchange.status == 200 and not reply.exchange.failure


def _is_object_without_choices(reply: ChatReply) -> bool:
    """Return whether a body is an object without a single choice, and without an error that would explain it."""
    body = reply.exchange.json
    return isinstance(body, dict) and not reply.choices and not body.get("error")


def _media_type(kind: str) -> str:
    return kind.partition(";")[0].strip().lower()


def _said(reply: ChatReply) -> Iterator[str]:
    """Yield every text of a reply: of its messages, joined over the chunks of a stream, or all of a reply without any.

    Log probabilities are left out: alternatives that nobody chose may come to any word.
    """
    if reply.streamed:
        joined: dict[str, list[str]] = {}
        for chunk in reply.chunks:
            for part in parts(chunk):
                for place, text in _texts(part.get("delta"), str(part.get("index"))):
                    joined.setdefault(place, []).append(text)
        yield from ("".join(pieces) for pieces in joined.values())
        yield from (str(chunk["error"]) for chunk in reply.chunks if chunk.get("error"))
    elif reply.choices:
        yield from (text for choice in reply.choices for _, text in _texts(choice.get("message"), ""))
    else:
        yield reply.exchange.text


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
