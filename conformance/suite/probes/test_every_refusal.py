"""What holds for every error, whatever mistake it answers: its envelope, and what it must not show.

Each is an invariant: a function of one error, applied to every error of a model.
"""

import re

from conformance.base.observation import Seen, mishandled
from conformance.base.validation import own_problem
from conformance.suite.baselines import refusals
from conformance.suite.invariants import invariant
from conformance.suite.leaks import leak
from conformance.suite.mistakes import NOT_IMPLEMENTED, of_error
from conformance.surfaces.dialogue import DialogueCase
from conformance.surfaces.errors import NOT_ABOUT_THE_REQUEST
from conformance.surfaces.reply import Reply
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


@invariant(probe="error.envelope", about=Subject.REFUSAL, good="every error is in the envelope", asks=refusals)
def test_envelope(case: DialogueCase, reply: Reply) -> Finding:
    """The body of an error is the envelope of the API, with all that it requires."""
    return of_error(reply, own_problem(reply.exchange.json, reply.error_schema))


@invariant(probe="error.param", about=Subject.REFUSAL, good="every param is the one refused", asks=refusals)
def test_param(case: DialogueCase, reply: Reply) -> Finding:
    """The param, where there is one, names the parameter that the request is about."""
    about, sent, param = reply.exchange.request.about, reply.request_body, reply.error_as_sent.get("param")
    if about not in sent or _is_nested(sent[about]) or reply.refusal().seen is Seen.UNANSWERED:
        return SILENT
    if not isinstance(param, str) or param in NOTHING:
        return SILENT
    named, message = set(_WORD.findall(param)), set(_WORD.findall(str(reply.error_as_sent.get("message"))))
    same = {about}.union(*(group for group in case.synonyms if about in group))
    if named & same:
        return of_error(reply, None)
    # Another one of the request may have been refused instead, unless the message names the right one only.
    if named & sent.keys() and not (same & message and not named & message):
        return SILENT
    return of_error(reply, f"param must name {about}, the parameter that is refused, got {param!r}")


@invariant(
    probe="error.retry_after",
    about=Subject.REPLY,
    good="no rate limit without a time to wait",
    asks=refusals,
    absence=True,
)
def test_retry_after(case: DialogueCase, reply: Reply) -> Finding:
    """Each rate limit that was met on the way to a reply says how long to wait."""
    hinted = reply.exchange.hinted
    if not hinted:
        return None if reply.ok else SILENT
    silent = hinted.count(False)
    fault = f"a 429 must say how long to wait, {silent} of {len(hinted)} have neither Retry-After nor a time of reset"
    return fault if silent else None


@invariant(probe="error.message_sentence", about=Subject.REFUSAL, good="every message is a sentence", asks=refusals)
def test_message(case: DialogueCase, reply: Reply) -> Finding:
    """The message is text for people, not a dump of a program's objects."""
    message = reply.error_as_sent.get("message")
    if not isinstance(message, str):
        return SILENT
    dump = _DUMP.search(message)
    if dump is None or (dump["dict"] and len(_BRACES.sub("", message)) > len(message) / 2):
        return of_error(reply, None)
    shown = message[max(0, dump.start() - 20) :][:120]
    return of_error(reply, f"the message must be a sentence, got a dump of an object: {shown!r}")


@invariant(probe="error.no_html", about=Subject.REFUSAL, good="no web page", asks=refusals)
def test_no_html(case: DialogueCase, reply: Reply) -> Finding:
    """The body of an error is not a web page."""
    kind = (reply.exchange.header("content-type") or "").lower()
    begins = reply.exchange.text.lstrip()[:15].lower()
    page = "text/html" in kind or begins.startswith(("<!doctype html", "<html"))
    return of_error(reply, f"the body must be JSON, got a web page ({kind or 'no content type'})" if page else None)


@invariant(probe="error.request_id", about=Subject.REFUSAL, good="every error has a request id", asks=refusals)
def test_request_id(case: DialogueCase, reply: Reply) -> Finding:
    """An error has a request id to report to the gateway's operators: in a header or in its message."""
    in_header = any(reply.exchange.header(name) for name in ("x-request-id", "request-id"))
    error = reply.error
    named = in_header or (error is not None and "request id" in error.message.lower())
    return of_error(reply, None if named else "no request id, neither in a header nor in the message")


@invariant(probe="error.no_leak", about=Subject.REPLY, good="no error shows the server's internals", asks=refusals)
def test_no_leak(case: DialogueCase, reply: Reply) -> Finding:
    """The text of an error shows no internals of the server, such as a path, an address or a key, inside a stream as well."""
    if (reply.exchange.status or 0) >= 400:
        return of_error(reply, leak(reply.exchange.text, case.host, case.shows_key))
    shown = leak("\n".join(_errors(reply)), case.host, case.shows_key)
    return mishandled(f"status {reply.exchange.status}: {shown}", suspect=True) if shown else SILENT


def _errors(reply: Reply) -> list[str]:
    """Return the texts of a reply with status 200 that are an error and not an answer."""
    if reply.streamed:
        return reply.errors_in_stream
    return [] if reply.ok else [reply.exchange.text]


def _is_nested(value: object) -> bool:
    """Return whether a value has keys of its own, any of which an error may name."""
    return any(isinstance(part, dict) for part in (value if isinstance(value, list) else [value]))


@invariant(probe="error.no_server_error", about=Subject.REPLY, good="no request makes the server fail", asks=refusals)
def test_no_server_error(case: DialogueCase, reply: Reply) -> Finding:
    """No request makes the server fail each time, be it a control; a failure that passes is an outage."""
    status = reply.exchange.status or 0
    if status in NOT_ABOUT_THE_REQUEST:
        return SILENT
    if status < 500 or status == NOT_IMPLEMENTED:
        return None
    seen = reply.refusal()
    return mishandled(seen.detail, suspect=True) if seen.suspect else SILENT
