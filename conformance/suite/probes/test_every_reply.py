"""What holds for every reply, answer or error: what its status and its content type promise, and that it belongs to its request.

Each is an invariant: a function of one reply, applied to every reply of a model.
"""

import re

from conformance.base.observation import mishandled
from conformance.suite.baselines import answers, plain, streams
from conformance.suite.belonging import foreign_word
from conformance.suite.invariants import invariant
from conformance.surfaces.dialogue import DialogueCase
from conformance.surfaces.reply import Reply
from conformance.trial.invariants import SILENT, Finding, Subject

IDENTITY = "identity"  # the only coding that the client accepts, unless the request says otherwise
SHOWN = 120  # characters of a body that is no answer
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s\";]+)", re.IGNORECASE)


@invariant(probe="reply.no_error", about=Subject.REPLY, good="status 200 comes with an answer", asks=plain)
def test_no_error(case: DialogueCase, reply: Reply) -> Finding:
    """No reply with status 200 has an error in place of an answer; an error inside a stream has claims of its own."""
    if not is_complete(case, reply) or reply.streamed or reply.lacks_answer:
        return SILENT
    if reply.ok:
        beside = reply.exchange.json.get("error") if isinstance(reply.exchange.json, dict) else None
        return f"an answer must have no error beside it, got {str(beside)[:SHOWN]}" if beside else None
    content = reply.error or " ".join(reply.exchange.text.split())[:SHOWN] or "an empty body"
    return mishandled(f"a reply with status 200 must be an answer, got {content}", suspect=True)


@invariant(probe="reply.content_type", about=Subject.ANSWER, good="answers say that they are JSON", asks=plain)
def test_content_type(case: DialogueCase, reply: Reply) -> Finding:
    """The content type of an answer without streaming is one of JSON, since clients hand out anything else as text."""
    if reply.streamed:
        return SILENT
    kind = reply.exchange.header("content-type") or ""
    if _media_type(kind).endswith("json"):
        return None
    return f"content type of an answer must be application/json, got {kind!r}"


@invariant(probe="reply.charset", about=Subject.REPLY, good="every charset is UTF-8", asks=answers, absence=True)
def test_charset(case: DialogueCase, reply: Reply) -> Finding:
    """The content type of no reply names a charset other than UTF-8."""
    if reply.exchange.failure or not (reply.ok or (reply.exchange.status or 0) >= 400):
        return SILENT
    named = _CHARSET.search(reply.exchange.header("content-type") or "")
    if named is None or named[1].lower() in ("utf-8", "utf8"):
        return None if reply.ok else SILENT
    return f"charset must be UTF-8 or left out, got {named[1]!r}"


@invariant(
    probe="reply.encoding", about=Subject.REPLY, good="no reply is compressed unasked", asks=answers, absence=True
)
def test_encoding(case: DialogueCase, reply: Reply) -> Finding:
    """No reply has a content coding that its request does not accept: the suite accepts none unless a claim is about one."""
    accepted = dict(reply.exchange.request.headers).get("Accept-Encoding", IDENTITY)
    if accepted != IDENTITY or reply.exchange.failure:
        return SILENT
    coding = (reply.exchange.header("content-encoding") or IDENTITY).strip().lower()
    if coding == IDENTITY:
        return None if reply.ok else SILENT
    return f"a reply must not be encoded where Accept-Encoding is {IDENTITY}, got content-encoding {coding[:40]!r}"


@invariant(probe="reply.own_words", about=Subject.REPLY, good="no word of another prompt", asks=answers, proves=True)
def test_own_words(case: DialogueCase, reply: Reply) -> Finding:
    """No reply holds a word that only the prompt of another request asks for: no answer, reasoning, call or error."""
    called = (call.name for answer in reply.alternatives for call in answer.calls)
    word = foreign_word("\n".join(reply.said), called, reply.exchange.request.body or "")
    if word:
        return f"the {'answer' if reply.ok else 'reply'} holds {word!r}, which another request asked for"
    return None if reply.ok else SILENT


@invariant(probe="stream.media_type", about=Subject.REPLY, good="text/event-stream", asks=streams)
def test_stream_media_type(case: DialogueCase, reply: Reply) -> Finding:
    """Every answer to a request with stream true is an event stream."""
    if not is_complete(case, reply) or not reply.asked.streamed:
        return SILENT
    if reply.streamed:
        return None
    return reply.stream_failure or SILENT


@invariant(probe="stream.answered", about=Subject.REPLY, good="every stream has an answer", asks=streams)
def test_stream_answered(case: DialogueCase, reply: Reply) -> Finding:
    """No event stream has an error, or nothing, in place of an answer; one that breaks off later may be an outage."""
    if not is_complete(case, reply) or not reply.streamed or reply.broken_off or reply.unreadable_event:
        return SILENT
    if reply.ok:
        return None
    if reply.begun or reply.blocked:
        return SILENT
    return mishandled(f"a stream must have an answer, got {reply.problem or 'none'}", suspect=True)


def is_complete(case: DialogueCase, reply: Reply) -> bool:
    """Return whether a reply came whole, with status 200, to a request for an answer, or to one for a stream."""
    request, plain = reply.exchange.request, case.plain()
    asked = request.method == "POST" and request.path in (plain.path, case.as_stream(plain).path)
    sound = reply.asked.streamed is not None
    return sound and asked and reply.exchange.status == 200 and not reply.exchange.failure


def _media_type(kind: str) -> str:
    return kind.partition(";")[0].strip().lower()
