"""What holds for every error, whatever mistake it answers: its envelope, and what it must not show.

Each is an invariant: a function of one error, applied to every error of a model.
"""

import json
import re
from collections.abc import Iterator

from conformance.base.observation import Observation, Seen, mishandled
from conformance.base.validation import own_problem
from conformance.http.exchange import parse_json
from conformance.suite.chat.baselines import refusals
from conformance.suite.chat.leaks import leak
from conformance.suite.chat.mistakes import NOT_IMPLEMENTED, is_server_fault
from conformance.suite.invariants import invariant
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import CAPS, ChatCase
from conformance.surfaces.errors import NOT_ABOUT_THE_REQUEST, envelope, is_transient
from conformance.trial.invariants import SILENT, Finding, Subject

# How programs print their objects where a sentence was meant: Python's dicts, classes and exceptions, JavaScript's [object
# Object], Go's maps and pointers, and the list of errors that pydantic prints.  A sentence may quote a small dict: more than half
# of the message is text then.
_DUMP = re.compile(
    r"""(?P<dict>\{'\w+':|\[\{')|\bObject\b\]|<class '|\bmap\[\w+:|&\{|\b\w+(?:Error|Exception)\(|validation errors? for \w+\n"""
)
_BRACES = re.compile(r"[\[{].*[}\]]", re.DOTALL)
NOTHING = ("", "None", "null")  # how servers write that no parameter is at fault
_WORD = re.compile(r"\w+")


@invariant("chat.error.envelope", about=Subject.REFUSAL, good="message and type", asks=refusals)
def test_envelope(case: ChatCase, reply: ChatReply) -> Finding:
    """The body has a key error, whose object has a message and a type."""
    return _look(reply, own_problem(reply.exchange.json, "wire/error"))


@invariant("chat.error.envelope_keys", about=Subject.REFUSAL, good="message, type, param and code", asks=refusals)
def test_envelope_keys(case: ChatCase, reply: ChatReply) -> Finding:
    """The error has all four keys; their values may be empty or null."""
    error = _error(reply)
    missing = [name for name in ("message", "type", "param", "code") if name not in error]
    fault = f"the error must have the keys message, type, param and code, it lacks {', '.join(missing)}"
    return _look(reply, fault if missing else None) if error else SILENT


@invariant("chat.error.envelope_code", about=Subject.REFUSAL, good="every code is a word or null", asks=refusals)
def test_envelope_code(case: ChatCase, reply: ChatReply) -> Finding:
    """The code, where there is one, is a word or null, and not a number as text."""
    error = _error(reply)
    code = error.get("code")
    right = code is None or (isinstance(code, str) and not code.strip().isdigit())
    return _look(reply, None if right else f"code must be a word or null, got {code!r}") if error else SILENT


@invariant("chat.error.param", about=Subject.REFUSAL, good="every param is the one refused", asks=refusals)
def test_param(case: ChatCase, reply: ChatReply) -> Finding:
    """The param, where there is one, names the parameter that the request is about."""
    about, sent, param = reply.exchange.request.about, reply.request_body, _error(reply).get("param")
    if about not in sent or _is_nested(sent[about]) or reply.refusal().seen is Seen.UNANSWERED:
        return SILENT
    if not isinstance(param, str) or param in NOTHING:
        return SILENT
    named, message = set(_WORD.findall(param)), set(_WORD.findall(str(_error(reply).get("message"))))
    same = CAPS if about in CAPS else {about}
    if named & same:
        return _look(reply, None)
    # Another one of the request may have been refused instead, unless the message names the right one only.
    if named & sent.keys() and not (same & message and not named & message):
        return SILENT
    return _look(reply, f"param must name {about}, the parameter that is refused, got {param!r}")


@invariant(
    "chat.error.retry_after",
    about=Subject.REPLY,
    good="no rate limit without a time to wait",
    asks=refusals,
    absence=True,
)
def test_retry_after(case: ChatCase, reply: ChatReply) -> Finding:
    """Each rate limit that was met on the way to a reply says how long to wait."""
    hinted = reply.exchange.hinted
    if not hinted:
        return None if reply.ok else SILENT
    silent = hinted.count(False)
    fault = f"a 429 must say how long to wait, {silent} of {len(hinted)} have neither Retry-After nor a time of reset"
    return fault if silent else None


@invariant("chat.error.message_sentence", about=Subject.REFUSAL, good="every message is a sentence", asks=refusals)
def test_message(case: ChatCase, reply: ChatReply) -> Finding:
    """The message is text for people, not a dump of a program's objects."""
    message = _error(reply).get("message")
    if not isinstance(message, str):
        return SILENT
    dump = _DUMP.search(message)
    if dump is None or (dump["dict"] and len(_BRACES.sub("", message)) > len(message) / 2):
        return _look(reply, None)
    shown = message[max(0, dump.start() - 20) :][:120]
    return _look(reply, f"the message must be a sentence, got a dump of an object: {shown!r}")


@invariant("chat.error.no_html", about=Subject.REFUSAL, good="no web page", asks=refusals)
def test_no_html(case: ChatCase, reply: ChatReply) -> Finding:
    """The body of an error is not a web page."""
    kind = (reply.exchange.header("content-type") or "").lower()
    begins = reply.exchange.text.lstrip()[:15].lower()
    page = "text/html" in kind or begins.startswith(("<!doctype html", "<html"))
    return _look(reply, f"the body must be JSON, got a web page ({kind or 'no content type'})" if page else None)


@invariant("chat.error.request_id", about=Subject.REFUSAL, good="every error has a request id", asks=refusals)
def test_request_id(case: ChatCase, reply: ChatReply) -> Finding:
    """An error has a request id to report to the gateway's operators: in a header or in its message."""
    in_header = any(reply.exchange.header(name) for name in ("x-request-id", "request-id"))
    error = envelope(reply.exchange.json)
    named = in_header or (error is not None and "request id" in error.message.lower())
    return _look(reply, None if named else "no request id, neither in a header nor in the message")


@invariant("chat.error.no_leak", about=Subject.REPLY, good="no error shows the server's internals", asks=refusals)
def test_no_leak(case: ChatCase, reply: ChatReply) -> Finding:
    """The text of an error shows no internals of the server, such as a path, an address or a key, inside a stream as well."""
    if (reply.exchange.status or 0) >= 400:
        return _look(reply, leak(reply.exchange.text, case.host, case.shows_key))
    shown = leak("\n".join(_errors(reply)), case.host, case.shows_key)
    return mishandled(f"status {reply.exchange.status}: {shown}", suspect=True) if shown else SILENT


def _errors(reply: ChatReply) -> Iterator[str]:
    """Yield the texts of a reply with status 200 that are an error and not an answer."""
    if not reply.streamed:
        yield from () if reply.ok else (reply.exchange.text,)
        return
    yield from (json.dumps(chunk["error"], ensure_ascii=False) for chunk in reply.chunks if chunk.get("error"))
    yield from (event.data for event in reply.stream.events if not isinstance(parse_json(event.data), dict))


def _is_nested(value: object) -> bool:
    """Return whether a value has keys of its own, any of which an error may name."""
    return any(isinstance(part, dict) for part in (value if isinstance(value, list) else [value]))


@invariant("chat.error.no_server_error", about=Subject.REPLY, good="no request makes the server fail", asks=refusals)
def test_no_server_error(case: ChatCase, reply: ChatReply) -> Finding:
    """No request makes the server fail each time, be it a control; a failure that passes is an outage."""
    status = reply.exchange.status or 0
    if status in NOT_ABOUT_THE_REQUEST:
        return SILENT
    if status < 500 or status == NOT_IMPLEMENTED:
        return None
    seen = reply.refusal()
    return mishandled(seen.detail, suspect=True) if seen.suspect else SILENT


def _look(reply: ChatReply, fault: str | None) -> Finding:
    """Return the observation for a fault of an error, suspect if the server failed; an outage shows nothing."""
    if is_transient(reply.exchange) or reply.exchange.status in NOT_ABOUT_THE_REQUEST:
        return SILENT
    if fault is None:
        return None
    observation: Observation = mishandled(f"status {reply.exchange.status}: {fault}", suspect=is_server_fault(reply))
    return observation


def _error(reply: ChatReply) -> dict[str, object]:
    """Return the object under the key error; empty if there is none, which only the claim about the envelope reports."""
    body = reply.exchange.json
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}
