"""What holds for every stream: its events, their order, and what official clients need of each.

Each is an invariant: a function of one stream, applied to every stream of a model.
"""

from conformance.base.observation import mishandled
from conformance.base.validation import own_problem
from conformance.suite.invariants import invariant
from conformance.suite.messages.baselines import streamed_blocks, streamed_calls, streams, thoughts
from conformance.suite.messages.grammar import (
    ERROR,
    KNOWN,
    erased,
    input_fault,
    signature_fault,
    walk,
)
from conformance.surfaces.messages.reply import MessagesReply
from conformance.surfaces.messages.request import MessagesCase
from conformance.surfaces.reply import End
from conformance.trial.invariants import SILENT, Finding, Subject

DONE = "[DONE]"


@invariant("messages.stream.grammar", about=Subject.EVENTS, good="every event is a JSON object", asks=streams)
def test_grammar(case: MessagesCase, reply: MessagesReply) -> Finding:
    """Every line belongs to an event, every event is closed by a blank line, and carries a JSON object."""
    if reply.unreadable_event:
        return reply.unreadable_event
    if reply.stream.problems:
        return mishandled(reply.stream.problems[0], suspect=not reply.ok)
    return None if reply.ok else SILENT


@invariant(
    "messages.stream.event_names", about=Subject.STREAM, good="every event has the name of its type", asks=streams
)
def test_event_names(case: MessagesCase, reply: MessagesReply) -> Finding:
    """Each event has a name, and its data names the same type; clients drop one without a name."""
    for event in reply.sent_events:
        if event.data and event.name != event.data.get("type"):
            return f"the event on line {event.line} is named {event.name!r}, its data {event.data.get('type')!r}"
    return None


@invariant("messages.stream.known_events", about=Subject.STREAM, good="only documented events", asks=streams)
def test_known_events(case: MessagesCase, reply: MessagesReply) -> Finding:
    """Each event is of a documented type."""
    odd = [event.type for event in reply.sent_events if event.data and event.type not in KNOWN]
    return f"no document knows the event {odd[0]!r}" if odd else None


@invariant("messages.stream.first", about=Subject.STREAM, good="message_start comes once and first", asks=streams)
def test_first(case: MessagesCase, reply: MessagesReply) -> Finding:
    """The event message_start comes first, and once."""
    return walk(reply).faults.get("first")


@invariant("messages.stream.block_order", about=Subject.STREAM, good="one block is open at a time", asks=streams)
def test_block_order(case: MessagesCase, reply: MessagesReply) -> Finding:
    """Each block starts, gets its deltas and stops before the next one starts."""
    return walk(reply).faults.get("block_order")


@invariant("messages.stream.indexes", about=Subject.STREAM, good="blocks are numbered from 0", asks=streams)
def test_indexes(case: MessagesCase, reply: MessagesReply) -> Finding:
    """The indexes of blocks are 0, 1, 2 and so on, and each delta names its block."""
    return walk(reply).faults.get("indexes")


@invariant("messages.stream.stubs", about=Subject.STREAM, good="every block starts empty", asks=streamed_blocks)
def test_stubs(case: MessagesCase, reply: MessagesReply) -> Finding:
    """A block starts with an empty text, thinking or input."""
    return walk(reply).faults.get("stubs")


@invariant("messages.stream.delta_kinds", about=Subject.STREAM, good="every delta fits its block", asks=streamed_blocks)
def test_delta_kinds(case: MessagesCase, reply: MessagesReply) -> Finding:
    """Each delta is of a type that its block takes."""
    return walk(reply).faults.get("delta_kinds")


@invariant("messages.stream.block_stop", about=Subject.STREAM, good="every block is closed", asks=streams)
def test_block_stop(case: MessagesCase, reply: MessagesReply) -> Finding:
    """Each block is closed before message_delta comes."""
    return walk(reply).faults.get("block_stop")


@invariant("messages.stream.message_delta", about=Subject.STREAM, good="message_delta has a stop_reason", asks=streams)
def test_message_delta(case: MessagesCase, reply: MessagesReply) -> Finding:
    """A message_delta comes, and the last one has a stop_reason."""
    return walk(reply).faults.get("message_delta")


@invariant("messages.stream.delta_usage", about=Subject.STREAM, good="message_delta counts the answer", asks=streams)
def test_delta_usage(case: MessagesCase, reply: MessagesReply) -> Finding:
    """Each message_delta has a usage with output_tokens."""
    return walk(reply).faults.get("delta_usage")


@invariant("messages.stream.last_delta_complete", about=Subject.STREAM, good="no stop_reason is lost", asks=streams)
def test_last_delta_complete(case: MessagesCase, reply: MessagesReply) -> Finding:
    """No message_delta without a stop_reason follows one that has it: the last one decides in a client."""
    return walk(reply).faults.get("last_delta_complete")


@invariant(
    "messages.stream.usage_not_erased", about=Subject.STREAM, good="no count of the prompt is lost", asks=streams
)
def test_usage_not_erased(case: MessagesCase, reply: MessagesReply) -> Finding:
    """No message_delta sets the tokens of the prompt to 0."""
    return erased(reply)


@invariant("messages.stream.message_stop", about=Subject.REPLY, good="message_stop comes once and last", asks=streams)
def test_message_stop(case: MessagesCase, reply: MessagesReply) -> Finding:
    """The event message_stop comes once, as the last one; a stream that breaks off has none."""
    if reply.broken_off:
        return mishandled(reply.broken_off, suspect=True)
    return walk(reply).faults.get("message_stop") if reply.ok and reply.streamed else SILENT


@invariant(
    "messages.stream.no_done", about=Subject.EVENTS, good="no event is [DONE] under a name", asks=streams, absence=True
)
def test_no_done(case: MessagesCase, reply: MessagesReply) -> Finding:
    """No event with a name carries [DONE], which clients fail to parse."""
    named = [event for event in reply.stream.events if event.data.strip() == DONE and event.event]
    if named:
        return f"the event {named[0].event!r} carries [DONE]"
    return None if reply.ok else SILENT


@invariant("messages.stream.unnamed_done", about=Subject.EVENTS, good="no event is [DONE]", asks=streams, absence=True)
def test_unnamed_done(case: MessagesCase, reply: MessagesReply) -> Finding:
    """Whether a [DONE] without a name comes, which clients ignore."""
    unnamed = [event for event in reply.stream.events if event.data.strip() == DONE and not event.event]
    if unnamed:
        return "an event without a name carries [DONE]"
    return None if reply.ok else SILENT


@invariant("messages.stream.tool_json", about=Subject.STREAM, good="pieces add up to arguments", asks=streamed_calls)
def test_tool_json(case: MessagesCase, reply: MessagesReply) -> Finding:
    """The pieces of a call's arguments are strings that add up to a JSON object."""
    calls = [block for block in walk(reply).blocks if block.type == "tool_use"]
    if not calls:
        return SILENT
    faults = (input_fault(block, cut=reply.cut) for block in calls)
    return next((fault for fault in faults if fault), None)


@invariant(
    "messages.stream.tool_stop_reason", about=Subject.STREAM, good="calls end with tool_use", asks=streamed_calls
)
def test_tool_stop_reason(case: MessagesCase, reply: MessagesReply) -> Finding:
    """A stream with a call ends with stop_reason tool_use."""
    if not reply.calls or reply.cut:
        return SILENT
    return None if reply.end is End.CALLS else f"{reply.end_as_sent} for an answer that calls a tool"


@invariant("messages.stream.thinking_deltas", about=Subject.STREAM, good="one whole signature", asks=thoughts)
def test_thinking_deltas(case: MessagesCase, reply: MessagesReply) -> Finding:
    """A streamed thinking block gets its thinking, then one whole signature."""
    blocks = [block for block in walk(reply).blocks if block.type == "thinking"]
    if not blocks or reply.cut:
        return SILENT
    return next((fault for block in blocks if (fault := signature_fault(block))), None)


@invariant(
    "messages.stream.no_chat_chunks", about=Subject.EVENTS, good="no chunk of another API", asks=streams, absence=True
)
def test_no_chat_chunks(case: MessagesCase, reply: MessagesReply) -> Finding:
    """No event is a chunk of Chat Completions."""
    odd = [event for event in reply.sent_events if "choices" in event.data or event.data.get("object")]
    if odd:
        return f"the event on line {odd[0].line} is a chunk of Chat Completions"
    return None if reply.ok else SILENT


@invariant(
    "messages.stream.error_event", about=Subject.EVENTS, good="no error in another form", asks=streams, absence=True
)
def test_error_event(case: MessagesCase, reply: MessagesReply) -> Finding:
    """An error in a stream is an event named error with the documented envelope; without the name clients miss it."""
    for event in reply.sent_events:
        if event.type == ERROR or event.data.get("error"):
            fault = own_problem(dict(event.data), "wire/messages-error")
            if event.name != ERROR or fault:
                return mishandled(f"an error comes as {event.name!r}: {fault or 'not named error'}", suspect=True)
    return None if reply.ok else SILENT


@invariant("messages.stream.sse_spacing", about=Subject.STREAM, good="data: and LF", asks=streams)
def test_sse_spacing(case: MessagesCase, reply: MessagesReply) -> Finding:
    """Lines end with LF, and a space follows the colon of a field, since hand-written readers expect both."""
    text = reply.exchange.text
    if "\r" in text:
        return "lines end with CR"
    fields = (line for line in text.split("\n") if line.startswith(("data:", "event:")))
    odd = next((line for line in fields if not line.partition(":")[2].startswith(" ")), None)
    return f"no space follows the colon: {odd[:60]!r}" if odd else None


@invariant("messages.stream.schema", about=Subject.STREAM, good="every event validates", asks=streamed_blocks)
def test_schema(case: MessagesCase, reply: MessagesReply) -> Finding:
    """Each event validates against the schema of the documented fields."""
    known = (event for event in reply.sent_events if event.data and event.type in KNOWN and event.type != ERROR)
    faults = (own_problem(dict(event.data), "wire/messages-event") for event in known)
    return next((fault for fault in faults if fault), None)
