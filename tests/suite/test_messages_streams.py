"""What the suite says of every event of a streamed message: sound streams, and the same broken in one place at a time."""

from typing import Any

from tests.support.collecting import over
from tests.support.messages import (
    CALL,
    PING,
    STOP,
    TEXT,
    after,
    closed,
    delta,
    ending,
    found,
    message,
    opened,
    plain,
    start,
    streamed,
    text,
    written,
)

RULES = [
    "content_type",
    "grammar",
    "event_names",
    "known_events",
    "first",
    "start_message",
    "one_id",
    "start_input_tokens",
    "block_order",
    "indexes",
    "stubs",
    "delta_kinds",
    "block_stop",
    "message_delta",
    "delta_usage",
    "last_delta_complete",
    "usage_not_erased",
    "message_stop",
    "no_done",
    "unnamed_done",
    "no_chat_chunks",
    "error_event",
    "no_error",
    "sse_spacing",
    "schema",
]
TOOL = CALL[5]["content_block"]
WITHOUT_INPUT = {name: value for name, value in TOOL.items() if name != "input"}
SOUND = {"text": TEXT, "call": CALL, "two pings": [TEXT[0], PING, *TEXT[1:]]}
NO_USAGE: dict[str, Any] = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}
ERROR = {"type": "error", "error": {"type": "overloaded_error", "message": "Later."}}


def put(events: list[Any], place: int, *others: Any) -> list[Any]:
    """Return events with others in the place of one."""
    return [*events[:place], *others, *events[place + 1 :]]


@over("name, rule", [(name, rule) for name in SOUND for rule in RULES])
def test_a_sound_stream_is_in_order(name: str, rule: str) -> None:
    """No rule finds a fault, wherever pings come."""
    assert found(f"stream.{rule}", streamed(SOUND[name])) is None


BROKEN: list[tuple[str, Any]] = [
    ("event_names", written(TEXT, names=False)),
    ("event_names", written(TEXT).replace("event: content_block_delta", "event: message")),
    ("known_events", put(TEXT, 2, {"type": "conformance"})),
    ("first", TEXT[1:]),
    ("first", [TEXT[0], *TEXT]),
    ("first", put(TEXT, 1, TEXT[1], TEXT[0])),
    ("start_message", put(TEXT, 0, {"type": "message_start"})),
    ("start_message", put(TEXT, 0, start(content=None))),
    ("start_message", put(TEXT, 0, start(usage=None))),
    ("start_message", put(TEXT, 0, start(usage={"input_tokens": 9}))),
    ("start_message", put(TEXT, 0, start(stop_reason="end_turn"))),
    ("one_id", put(TEXT, 0, start(id=""))),
    ("one_id", put(TEXT, 0, start(role=None))),
    ("start_input_tokens", put(TEXT, 0, start(usage={"input_tokens": 0, "output_tokens": 0}))),
    ("block_order", put(TEXT, 1)),
    ("block_order", put(CALL, 4)),
    ("indexes", put(TEXT, 1, opened(1, text("")))),
    ("indexes", put(TEXT, 3, delta(None, "text_delta", text="Hi"))),
    ("indexes", put(CALL, 5, opened(0, CALL[5]["content_block"]))),
    ("indexes", put(CALL, 5, opened(2, CALL[5]["content_block"]))),
    ("indexes", put(TEXT, 5, closed(1))),
    ("stubs", put(TEXT, 1, opened(0, {"type": "text"}))),
    ("stubs", put(CALL, 1, opened(0, {"type": "thinking"}))),
    ("stubs", put(CALL, 5, opened(1, {"type": "tool_use", "id": "a", "name": "f", "input": ""}))),
    ("stubs", put(CALL, 5, opened(1, {"type": "tool_use", "id": "", "name": "f", "input": {}}))),
    ("stubs", put(CALL, 5, opened(1, {**TOOL, "input": {"z": 1}}))),
    ("delta_kinds", put(CALL, 2, delta(0, "text_delta", text="hm"))),
    ("delta_kinds", put(TEXT, 1, opened(0, {"type": "conformance"}))),
    ("delta_kinds", put(TEXT, 3, delta(0, "conformance"))),
    ("block_stop", put(TEXT, 5)),
    ("message_delta", put(TEXT, 6)),
    ("message_delta", put(TEXT, 6, ending(None))),
    ("delta_usage", put(TEXT, 6, NO_USAGE)),
    ("delta_usage", put(TEXT, 6, {**NO_USAGE, "usage": None})),
    ("last_delta_complete", put(TEXT, 6, ending(), ending(None))),
    ("usage_not_erased", put(TEXT, 6, ending(input_tokens=0, output_tokens=7))),
    ("message_stop", TEXT[:-1]),
    ("message_stop", TEXT[:-2]),
    ("message_stop", [*TEXT, PING, TEXT[1]]),
    ("grammar", written(TEXT).rstrip()),
    ("grammar", written(TEXT) + "event: message_stop\ndata: {broken}\n\n"),
    ("no_done", written(TEXT) + "event: done\ndata: [DONE]\n\n"),
    ("unnamed_done", written(TEXT) + "data: [DONE]\n\n"),
    ("no_chat_chunks", put(TEXT, 2, {"type": "ping", "choices": []})),
    ("error_event", written(TEXT[:4]) + 'data: {"error": {"message": "Later."}}\n\n'),
    ("no_error", [*TEXT[:4], ERROR]),
    ("sse_spacing", written(TEXT).replace("data: ", "data:")),
    ("sse_spacing", written(TEXT).replace("\n", "\r\n")),
    ("schema", put(TEXT, 3, delta(0, "text_delta", text=None))),
    ("tool_json", put(CALL, 8, delta(1, "input_json_delta", partial_json="oops}"))),
    ("tool_json", put(CALL, 8, delta(1, "input_json_delta", partial_json='{"a":1}'))),
    ("tool_json", put(CALL, 8, delta(1, "input_json_delta", partial_json=None))),
    ("tool_stop_reason", put(CALL, 10, ending("end_turn"))),
    ("thinking_deltas", put(CALL, 3)),
    ("thinking_deltas", put(CALL, 3, CALL[3], CALL[3])),
    ("thinking_deltas", put(CALL, 3, CALL[3], CALL[2])),
]


@over("rule, events", BROKEN)
def test_a_broken_stream_is_found_by_its_rule(rule: str, events: Any) -> None:
    """The rule that is broken says so."""
    assert found(f"stream.{rule}", streamed(events)) not in (None, "silent")


@over(
    "rule, events",
    [
        ("stubs", put(CALL, 5, opened(1, WITHOUT_INPUT))),
        ("stubs", [*CALL[:5], opened(1, {**TOOL, "input": {"a": 1}}), *CALL[9:]]),
        ("message_stop", written(TEXT) + "data: [DONE]\n\n"),
        ("delta_kinds", put(CALL, 5, opened(1, {**TOOL, "type": "new_tool_use"}))),
    ],
)
def test_what_all_clients_read_breaks_no_rule(rule: str, events: Any) -> None:
    """An input that is left out or comes at once, a [DONE] without a name, and arguments of a newer type of call are in order."""
    assert found(f"stream.{rule}", streamed(events)) is None


def test_an_error_with_its_name_is_in_order() -> None:
    """The form of an error is right, though the stream ends with it."""
    assert found("stream.error_event", streamed([*TEXT[:4], ERROR])) == "silent"


def test_a_call_that_the_cap_cut_need_not_be_whole() -> None:
    """The rest of its arguments was never written."""
    cut = [*CALL[:8], *CALL[9:10], ending("max_tokens"), STOP]
    assert found("stream.tool_json", streamed(cut)) is None
    assert found("stream.tool_stop_reason", streamed(cut)) == "silent"


def test_a_body_that_stays_open_is_found() -> None:
    """Clients wait for its end."""
    sound = after(streamed(TEXT), last_byte=1.0, seconds=1.1)
    assert found("stream.closes", sound) is None
    assert found("stream.closes", after(sound, seconds=4.0)) not in (None, "silent")


def test_a_plain_answer_to_a_request_for_a_stream_is_found() -> None:
    """Official clients fail on it."""
    assert found("stream.content_type", plain(message(text("x")), stream=True)) not in (None, "silent")
    assert found("stream.content_type", plain(message(text("x")))) == "silent"
