"""What holds for every stream of any API: the format of its events, their time, their letters and their end.

Each is an invariant: a function of one stream, applied to every stream of a model.
"""

import json
import re

from conformance.base.observation import Observation, mishandled
from conformance.suite.baselines import streams
from conformance.suite.invariants import invariant
from conformance.surfaces.dialogue import DialogueCase
from conformance.surfaces.reply import Reply
from conformance.trial.invariants import SILENT, Compared, Finding, Subject

MANY = 20  # events of an answer that takes a while to make
WAITED = 1.0  # seconds without an event after which it is striking if all come at once
AT_ONCE = 0.02  # share of that time: an answer is not made fifty times as fast as a model thinks before it
LONG = 48  # characters: some 15 tokens, which no server that sends tokens waits for
PIECES = 5  # of other texts as long: providers that send a sentence at a time may send a short one whole
LATE = 2.0  # seconds: a client that waits for the end of the body notices, and no network delays one packet so long

# A surrogate in the text of an event is a byte that is not UTF-8 (the text was decoded with surrogateescape); in parsed JSON it
# is half of an escaped pair.
_SURROGATE = re.compile("[\ud800-\udfff]")

# The end of a stream of Chat Completions.  Whether another API may send it is a claim of its own, since most clients ignore it.
DONE = "[DONE]"


@invariant(
    probe="stream.grammar", about=Subject.REPLY, good="every event carries a JSON object or the end", asks=streams
)
def test_grammar(case: DialogueCase, reply: Reply) -> Finding:
    """Every line belongs to an event, every event is closed and carries JSON or the end."""
    if reply.stream_failure and reply.stream_failure == reply.unreadable_event:
        return reply.unreadable_event  # such a stream is no answer, and this is the one claim that is about why
    if not reply.streamed or reply.exchange.status != 200 or reply.exchange.failure or reply.broken_off:
        return SILENT
    fault = _grammar_fault(reply)
    if reply.ok or fault is None:
        return fault if reply.ok else SILENT
    return mishandled(fault, suspect=True)  # an error that a client cannot read, though it may be one of an outage


@invariant(probe="stream.no_error", about=Subject.REPLY, good="no stream ends with an error", asks=streams)
def test_no_error(case: DialogueCase, reply: Reply) -> Finding:
    """No error takes the place of the rest of a stream; it may be an outage, so it counts only if it repeats."""
    if reply.stream_error:
        return mishandled(reply.stream_error, suspect=True)
    return None if reply.ok and reply.streamed else SILENT


@invariant(probe="stream.closed", about=Subject.EVENTS, good="every body ends soon after its last event", asks=streams)
def test_closed(case: DialogueCase, reply: Reply) -> Finding:
    """The body of a stream ends within two seconds of its last event."""
    last = reply.exchange.last_byte
    if last is None or not reply.finished:
        return SILENT
    late = reply.exchange.seconds - last
    fault = f"the body must end within {LATE:g} s of its last event, it was open {late:.1f} s later"
    # A machine under load may be late, so it counts only if it comes again each time that the request is sent alone.
    return mishandled(fault, suspect=True) if late > LATE else None


@invariant(
    probe="stream.paced", about=Subject.STREAM, good="no stream comes at once after a wait", asks=streams, absence=True
)
def test_paced(case: DialogueCase, reply: Reply) -> Finding:
    """The events after the first come while the answer is made, and not all at once after a wait."""
    first, last = reply.exchange.first_byte, reply.exchange.last_byte
    if first is None or last is None or len(reply.events) < MANY:
        return SILENT
    if first < WAITED or last - first > AT_ONCE * first:
        return None
    fault = f"{len(reply.events)} events come within {last - first:.2f} s, after {first:.1f} s in which none came"
    # A machine under load may be late, as above.
    return mishandled(fault, suspect=True)


@invariant(
    probe="stream.pieces",
    about=Subject.STREAM,
    good="no text comes whole where others come in pieces",
    asks=streams,
    compares=True,
    absence=True,
)
def test_pieces(case: DialogueCase, reply: Reply) -> Finding:
    """A longer text comes in pieces where others come in many, whatever else is asked for, such as tools."""
    if len(reply.text) < LONG or len(reply.alternatives) != 1 or reply.made:
        return SILENT
    number = len(reply.pieces)
    size = "whole" if number == 1 else "many" if number >= PIECES else "few"
    return Compared("", size, _whole)


@invariant(probe="stream.unicode", about=Subject.STREAM, good="every event is valid Unicode", asks=streams)
def test_unicode(case: DialogueCase, reply: Reply) -> Finding:
    """No event splits a character, or has U+FFFD in place of one."""
    for event in reply.stream.events:
        if _SURROGATE.search(event.data):
            return f"the event on line {event.line} holds bytes that are not UTF-8: {event.data[:80]!r}"
    replaced = "\ufffd" in str(reply.request_body)
    for number, delta in enumerate(reply.deltas, 1):
        if _SURROGATE.search(delta):
            return f"delta {number} of {len(reply.deltas)} holds half a character: {delta[:80]}"
        if "\ufffd" in delta and not replaced and not (reply.cut and reply.text.endswith("\ufffd")):
            return f"delta {number} of {len(reply.deltas)} holds a replaced character: {delta[:80]}"
    return None


def _whole(got: str, usual: str) -> Observation | None:
    if got != "whole" or usual != "many":
        return None
    return mishandled(f"a text must come in pieces, as others come in {PIECES} or more", suspect=True)


def _grammar_fault(reply: Reply) -> str | None:
    """Return the first violation of the event format, or the first event that is neither a JSON object nor the end."""
    if reply.stream.problems:
        return reply.stream.problems[0]
    for event in reply.stream.events:
        if event.data.strip() not in (reply.end_marker, DONE) and not _is_object(event.data):
            return f"the event on line {event.line} must be a JSON object, got {event.data[:80]!r}"
    return None


def _is_object(data: str) -> bool:
    try:
        return isinstance(json.loads(data), dict)
    except (ValueError, RecursionError):
        return False
