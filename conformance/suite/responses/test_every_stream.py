"""What holds for every stream: the order of its events, their indexes and numbers, and that all of them tell the same.

Each is an invariant: a function of one stream, applied to every stream of a model.
"""

from conformance.base.observation import mishandled
from conformance.base.validation import own_problem
from conformance.suite.baselines import answers, calls, streams
from conformance.suite.invariants import invariant
from conformance.suite.responses import grammar
from conformance.suite.responses.baselines import parallel_calls, thoughts, unpadded
from conformance.surfaces.responses.reply import DONE, ResponsesReply, is_error
from conformance.surfaces.responses.request import ResponsesCase
from conformance.trial.invariants import SILENT, Finding, Subject


@invariant("responses.stream.schema", about=Subject.STREAM, good="every event validates", asks=streams)
def test_schema(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """Each event of a documented type validates against the schema of the documented fields."""
    known = (event for event in reply.events if grammar.is_known(event))
    faults = ((grammar.kind(event), own_problem(event, "wire/responses-event")) for event in known)
    return next((f"{kind}: {fault}" for kind, fault in faults if fault), None)


@invariant("responses.stream.first_created", about=Subject.STREAM, good="response.created comes first", asks=streams)
def test_first_created(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The first documented event is response.created, with a response whose output is empty."""
    return grammar.starts_with_created(reply)


@invariant("responses.stream.in_progress", about=Subject.STREAM, good="response.in_progress comes second", asks=streams)
def test_in_progress(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """After response.created comes response.in_progress, or response.queued."""
    known = [grammar.kind(event) for event in reply.events if grammar.is_known(event)]
    if known[:1] != ["response.created"]:
        return SILENT
    found = known[1] if len(known) > 1 else "none"
    wanted = ("response.in_progress", "response.queued")
    return None if found in wanted else f"the second event must be response.in_progress, got {found}"


@invariant(
    "responses.stream.no_unknown_before_created",
    about=Subject.STREAM,
    good="no event of an unknown type comes before response.created",
    asks=streams,
    absence=True,
)
def test_no_unknown_before_created(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """No event of another vendor comes before response.created."""
    first = reply.events[0] if reply.events else {}
    if grammar.is_known(first) or "choices" in first:
        return None
    return f"no event of an unknown type may come first, got {grammar.kind(first)!r}"


@invariant("responses.stream.no_chat_chunks", about=Subject.EVENTS, good="no chunk of chat", asks=streams, absence=True)
def test_no_chat_chunks(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """No event is a chunk of Chat Completions."""
    for event in reply.events:
        if "choices" in event or event.get("object") == "chat.completion.chunk":
            return "the events must be those of this API, got a chunk of Chat Completions"
    return None


@invariant("responses.stream.event_names", about=Subject.STREAM, good="every event is named by its type", asks=streams)
def test_event_names(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The name of each event is the type in its data."""
    return grammar.names_match(reply)


@invariant("responses.stream.sequence", about=Subject.STREAM, good="events are numbered from 0", asks=streams)
def test_sequence(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """Events have sequence numbers from 0, without a gap."""
    return grammar.numbers_follow(reply)


@invariant("responses.stream.item_added", about=Subject.STREAM, good="every item is announced", asks=streams)
def test_item_added(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """Each item is announced once and before its events."""
    return grammar.items_announced(reply)


@invariant("responses.stream.part_added", about=Subject.STREAM, good="every part is announced", asks=streams)
def test_part_added(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """Each part of a message is announced, empty, before its text."""
    return grammar.parts_announced(reply) if reply.items("message") else SILENT


@invariant("responses.stream.indexes", about=Subject.STREAM, good="items and parts count from 0", asks=streams)
def test_indexes(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """Items and parts are counted from 0, without a gap."""
    return grammar.indexes_count(reply)


@invariant("responses.stream.item_ids", about=Subject.STREAM, good="every item has one id", asks=streams)
def test_item_ids(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """Each item has the same id in all its events and in the last response."""
    return grammar.same_item_ids(reply)


@invariant("responses.stream.response_id", about=Subject.STREAM, good="one id of the response", asks=streams)
def test_response_id(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The response has the same id in all events that carry it."""
    return grammar.same_response_id(reply)


@invariant("responses.stream.text_equal", about=Subject.STREAM, good="pieces add up to the texts", asks=streams)
def test_text_equal(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The pieces of a text add up to the text in every later event."""
    return grammar.texts_agree(reply) if reply.items("message") else SILENT


@invariant("responses.stream.closing_events", about=Subject.STREAM, good="what is opened is closed once", asks=streams)
def test_closing_events(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """Every item, part and text is closed by one event."""
    return grammar.closed_once(reply)


@invariant("responses.stream.terminal_one", about=Subject.REPLY, good="one event ends each stream", asks=streams)
def test_terminal_one(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """One event such as response.completed ends the stream; one that breaks off has none."""
    if reply.broken_off:
        return mishandled(reply.broken_off, suspect=True)
    return grammar.one_ending(reply) if reply.ok and reply.streamed else SILENT


@invariant("responses.stream.terminal_output", about=Subject.STREAM, good="the last event has the items", asks=streams)
def test_terminal_output(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The last response has the items that were streamed."""
    return grammar.ending_has_output(reply)


@invariant("responses.stream.terminal_usage", about=Subject.STREAM, good="the last event has usage", asks=streams)
def test_terminal_usage(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The last response has usage."""
    return grammar.ending_has_usage(reply)


@invariant("responses.stream.terminal_status", about=Subject.STREAM, good="the last event has its status", asks=streams)
def test_terminal_status(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The last response has the status that its event stands for."""
    return grammar.ending_has_its_status(reply)


@invariant("responses.stream.done_marker", about=Subject.STREAM, good="no [DONE] comes", asks=streams, absence=True)
def test_done_marker(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """Whether [DONE] comes after the last event."""
    return "[DONE] ends the stream" if any(event.data.strip() == DONE for event in reply.stream.events) else None


@invariant("responses.stream.last_blank_line", about=Subject.EVENTS, good="a blank line ends each stream", asks=streams)
def test_last_blank_line(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The last event is closed by a blank line, without which clients drop it."""
    if not reply.streamed or not reply.events or reply.broken_off:
        return SILENT
    text = reply.exchange.text.replace("\r\n", "\n")
    return None if text.endswith("\n\n") else f"the last event must be closed by a blank line, got {text[-40:]!r}"


@invariant("responses.stream.tool_only_index", about=Subject.STREAM, good="a call that comes first is 0", asks=calls)
def test_tool_only_index(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """A call that is the first item has output_index 0."""
    first = next(iter(grammar.of(reply, grammar.ADDED)), {})
    if grammar.item_of(first).get("type") != "function_call":
        return SILENT
    index = first.get("output_index")
    return None if index == 0 else f"the first item, a call, must have output_index 0, got {index!r}"


@invariant("responses.stream.tool_events", about=Subject.STREAM, good="calls come whole", asks=calls)
def test_tool_events(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """Each call comes with its arguments in pieces, with all of them, and with its end."""
    return grammar.calls_complete(reply) if reply.items("function_call") else SILENT


@invariant("responses.stream.tool_equal", about=Subject.STREAM, good="pieces add up to the arguments", asks=calls)
def test_tool_equal(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The pieces of arguments add up to the arguments in every later event."""
    kinds = ("response.function_call_arguments.delta", "response.custom_tool_call_input.delta")
    return grammar.wholes_agree(reply, *kinds) if reply.calls else SILENT


@invariant("responses.stream.tool_done_name", about=Subject.STREAM, good="arguments come with a name", asks=calls)
def test_tool_done_name(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """The event with all arguments names the function."""
    return grammar.done_has_name(reply) if reply.items("function_call") else SILENT


@invariant("responses.stream.tool_call_id", about=Subject.STREAM, good="every call has one call_id", asks=calls)
def test_tool_call_id(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """Each call has one call_id throughout."""
    return grammar.same_call_ids(reply) if reply.calls else SILENT


@invariant(
    "responses.stream.parallel_tools", about=Subject.STREAM, good="calls have indexes of their own", asks=parallel_calls
)
def test_parallel_tools(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """Several calls have an index and an id each."""
    called = [item for event in grammar.of(reply, grammar.ADDED) if (item := grammar.item_of(event))]
    several = sum(item.get("type") == "function_call" for item in called) > 1
    return grammar.calls_apart(reply) if several else SILENT


@invariant("responses.stream.reasoning_events", about=Subject.STREAM, good="summaries say where they go", asks=thoughts)
def test_reasoning_events(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """Each event of a summary of reasoning has the indexes of its item and its part."""
    return grammar.summaries_placed(reply) if grammar.of(reply, *grammar.SUMMARIES) else SILENT


@invariant(
    "responses.stream.vendor_events",
    about=Subject.STREAM,
    good="no undocumented event without a prefix",
    asks=streams,
    absence=True,
)
def test_vendor_events(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """An event of an undocumented type has a vendor's prefix and a sequence number."""
    for event in reply.events:
        if grammar.is_known(event) or is_error(event) or "choices" in event:
            continue
        if ":" not in grammar.kind(event) or not isinstance(event.get("sequence_number"), int):
            return f"an undocumented event must have a prefix and a sequence_number, got {grammar.kind(event)!r}"
    return None


@invariant(
    "responses.stream.error_event_shape", about=Subject.EVENTS, good="no malformed error", asks=answers, absence=True
)
def test_error_event_shape(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """An error inside a stream is an event of type error with a code, a message and a number."""
    for event in reply.stream_errors:
        lacking = {"type", "code", "message", "sequence_number"} - event.keys()
        if lacking:
            return mishandled(f"an error in a stream must have {', '.join(sorted(lacking))}, got {event!r:.120}")
        if str(event["code"]).isdecimal():
            return mishandled(f"the code of an error in a stream must be a word and no status, got {event['code']!r}")
    return None


@invariant(
    "responses.stream_options.include_obfuscation",
    about=Subject.STREAM,
    good="no padding where it is switched off",
    asks=unpadded,
    absence=True,
)
def test_obfuscation_off(case: ResponsesCase, reply: ResponsesReply) -> Finding:
    """Deltas are not padded where include_obfuscation is false."""
    options = reply.request_body.get("stream_options")
    if not isinstance(options, dict) or options.get("include_obfuscation") is not False:
        return SILENT
    padded = next((event for event in reply.events if "obfuscation" in event), None)
    return None if padded is None else f"{grammar.kind(padded)} is padded although include_obfuscation is false"
