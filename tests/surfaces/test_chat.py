"""The chat surface: requests that differ from the baseline by one thing, and a reader that never raises."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.base.observation import Observation, Seen
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.dialogue import UNKNOWN_PARAMETER
from conformance.surfaces.markers import marker
from tests.support.making import (
    case,
    choice,
    completion,
    events,
    exchange,
    refusal,
    reply,
    request,
    streamed,
    unmarked,
)


def test_a_request_is_the_baseline_with_the_given_parameters() -> None:
    """It has model, one message, a cap and the given parameters, and nothing else."""
    bound = case("chat.n.count", 2)
    plain = bound.plain()
    content = f"Reply with the single word: {marker('gpt-4.1-mini')}"
    assert plain.json == {"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": content}], "max_tokens": 16}
    assert (plain.method, plain.path, plain.model) == ("POST", "/chat/completions", "openai:gpt-4.1-mini")
    assert bound.request(n=2).json == {**plain.json, "n": 2}
    assert unmarked(bound.negative().json) == {**unmarked(plain.json), UNKNOWN_PARAMETER: "conformance"}


def test_the_word_of_a_prompt_follows_from_model_and_parameters() -> None:
    """So that an answer to another request is recognised, while prompts that are to be compared stay the same."""
    bound = case("chat.n.count", 2)
    words = [
        bound.request(**sent).json["messages"][0]["content"]
        for sent in (
            {},
            {"n": 2},
            {"stream": True},
            {"stop": ["a"]},
            {"stop": ["b"]},
            {"seed": 1},
            {"seed": 2},
            {"user": "a"},
        )
    ]
    assert words[0] == words[1] == words[2]
    assert words[3] == words[4]
    assert len(set(words)) == 5
    assert case("chat.n.count", 2, "claude").plain().json["messages"][0]["content"] not in words


def test_the_cap_is_the_one_that_the_class_takes() -> None:
    """A reasoning model gets max_completion_tokens with room for reasoning; a cap under test replaces the baseline's."""
    bound = case("chat.max_tokens.caps", 1, "reasoning")
    assert bound.request(budget=8).json["max_completion_tokens"] == 8 + 1024
    assert "max_completion_tokens" not in bound.request(max_tokens=1).json
    assert case("chat.max_tokens.caps", 1).request(max_completion_tokens=1).json.keys() & {"max_tokens"} == set()


def test_a_repeatable_control_has_temperature_only_for_classes_that_take_it() -> None:
    """Temperature 0 is sent to classes that take it."""
    assert case("chat.stop.ends_text").repeatable_control().json["temperature"] == 0
    assert "temperature" not in case("chat.stop.ends_text", None, "reasoning").repeatable_control().json


def test_own_messages_replace_the_prompt() -> None:
    """A test can give the whole conversation."""
    messages = [{"role": "system", "content": "be brief"}]
    assert case("chat.n.one", 1).request(messages=messages).json["messages"] == messages


def test_a_whole_answer_is_read() -> None:
    """Text, finish_reason, indexes and counts are read from a valid answer."""
    found = reply(choice("one"), choice("two", 1, "length"), tokens=7)
    assert (found.ok, found.text, found.finish_reason, found.indexes) == (True, "one", "stop", [0, 1])
    assert (found.completion_tokens, found.reasoning_tokens, found.cut) == (7, None, False)


def test_content_parts_are_joined() -> None:
    """Content as a list of parts is read as their text; other parts are left out."""
    parts = [{"type": "text", "text": "a"}, {"type": "thinking"}, "stray", {"text": "b"}]
    assert reply(choice(message={"content": parts})).text == "ab"


@pytest.mark.parametrize("text", [None, 7, ["x"], {}])
def test_a_part_whose_text_is_null_has_no_text(text: Any) -> None:
    """A null is not read as the word None."""
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": text}]
    assert reply(choice(message={"content": parts})).text == "a"


@pytest.mark.parametrize("content", [None, 7, {"text": "x"}, True])
def test_content_of_another_type_is_no_text(content: Any) -> None:
    """Content that is not text is read as empty."""
    assert reply(choice(content)).text == ""


@pytest.mark.parametrize(("finish", "message"), [("length", {}), ("content_filter", {}), ("stop", {"refusal": "no"})])
def test_an_answer_is_cut_when_the_model_was_not_done(finish: str, message: dict[str, Any]) -> None:
    """A cap, a filter or a refusal ends an answer early."""
    assert reply(choice(finish=finish, message=message)).cut


NO_ANSWERS = {
    "nothing": "",
    "HTML": "<html></html>",
    "null": "null",
    "an array": "[]",
    "no choices": "{}",
    "empty choices": '{"choices": []}',
    "choices that are none": '{"choices": ["x"]}',
    "choices of another type": '{"choices": {"0": {}}}',
    "no message": '{"choices": [{"index": 0}]}',
    "a message of another type": '{"choices": [{"message": "ready"}]}',
    "one of two without message": '{"choices": [{"message": {}}, {"index": 1}]}',
    "an error": '{"error": {"message": "no", "code": "invalid_value"}}',
}


@pytest.mark.parametrize("name", NO_ANSWERS)
def test_a_reply_without_an_answer_is_not_ok(name: str) -> None:
    """A 200 without choices with messages is mishandled and never accepted."""
    found = ChatReply(exchange(text=NO_ANSWERS[name]))
    assert not found.ok
    assert found.acceptance().seen is Seen.MISHANDLED


def test_an_answer_with_another_status_is_none() -> None:
    """A 400 with choices is not an answer."""
    assert not ChatReply(exchange(400, completion(choice()))).ok


def test_acceptance_is_accepted_or_the_refusal() -> None:
    """That is all that can be observed of most parameters."""
    assert reply(choice("ready")).acceptance() == Observation(Seen.ACCEPTED, "answered 'ready'")
    assert ChatReply(exchange(**refusal())).acceptance().seen is Seen.REFUSED
    assert ChatReply(exchange(failure="timeout")).acceptance().seen is Seen.UNANSWERED


def test_a_long_answer_is_quoted_short() -> None:
    """Only its beginning is quoted."""
    assert reply(choice("x" * 41)).quoted_text() == repr("x" * 37 + "...")
    assert reply(choice("x" * 40)).quoted_text() == repr("x" * 40)


def delta(index: Any = 0, finish: Any = None, **parts: Any) -> dict[str, Any]:
    """Return a chunk with one choice."""
    return {"id": "chatcmpl-1", "model": "m-1", "choices": [{"index": index, "delta": parts, "finish_reason": finish}]}


def test_a_stream_is_read_as_the_answer_it_adds_up_to() -> None:
    """Texts of several choices, finish_reasons, log probabilities and usage are those of the answer without streaming."""
    probabilities = [{"token": "a", "logprob": -0.1}, {"token": "b", "logprob": -0.2}]
    chunks = [delta(0, role="assistant", content=""), delta(1, role="assistant", content="on")]
    chunks += [
        delta(0, content="a"),
        delta(1, content="e"),
        delta(0, content="b"),
        delta(0, "stop"),
        delta(1, "length"),
    ]
    chunks[2]["choices"][0]["logprobs"] = {"content": probabilities[:1]}
    chunks[4]["choices"][0]["logprobs"] = {"content": probabilities[1:]}
    chunks += [delta(0), {"choices": [], "usage": {"completion_tokens": 2}}]
    found = streamed(*chunks, n=2)
    whole = reply(choice("ab", logprobs={"content": probabilities}), choice("one", 1, "length"), tokens=2)
    assert found.ok
    assert found.streamed
    for name in ("text", "finish_reason", "indexes", "logprobs", "usage", "completion_tokens", "message", "choices"):
        assert getattr(found, name) == getattr(whole, name), name
    assert (found.body["id"], found.body["model"]) == (whole.body["id"], whole.body["model"])


def test_tool_calls_are_joined_from_their_fragments() -> None:
    """Fragments belong to the call of their index; name and arguments are joined, the id is kept."""

    def piece(index: int, **function: str) -> dict[str, Any]:
        return delta(tool_calls=[{"index": index, "id": f"call_{index}", "type": "function", "function": function}])

    chunks = [
        piece(0, name="get_weather", arguments=""),
        piece(1, name="get_time", arguments="{"),
        piece(0, arguments='{"ci'),
    ]
    chunks += [piece(0, arguments='ty": "Paris"}'), piece(1, arguments="}"), delta(finish="tool_calls")]
    calls = streamed(*chunks).tool_calls
    assert [each["function"] for each in calls] == [
        {"name": "get_weather", "arguments": '{"city": "Paris"}'},
        {"name": "get_time", "arguments": "{}"},
    ]
    assert [each["id"] for each in calls] == ["call_0", "call_1"]


def test_twelve_choices_keep_the_order_of_their_numbers() -> None:
    """The tenth choice comes after the second, in whatever order the chunks come."""
    assert streamed(*(delta(index, content="x") for index in reversed(range(12))), n=12).indexes == list(range(12))


@pytest.mark.parametrize(("before", "seen"), [(0, Seen.MISHANDLED), (1, Seen.UNANSWERED)])
def test_an_error_in_a_stream_is_no_answer(before: int, seen: Seen) -> None:
    """A stream with status 200 can fail at once, which is suspect, or later, which is an outage; the detail has the error."""
    found = streamed(*[delta(content="one")] * before, {"error": {"message": "overloaded", "code": 500}}, done=False)
    assert not found.ok
    assert (found.refusal().seen, found.refusal().suspect) == (seen, not before)
    assert "overloaded" in found.refusal().detail


@pytest.mark.parametrize("chunks", [["{}"], ["not JSON", "[1]", "7"], ['{"choices": []}']])
def test_a_stream_without_choices_is_no_answer(chunks: list[str]) -> None:
    """Events without choices, or without JSON, are not an answer."""
    found = streamed(*chunks)
    assert not found.ok
    assert found.refusal().seen is Seen.MISHANDLED


@pytest.mark.parametrize(
    ("chunks", "done"),
    [([], True), ([], False), ([delta(content="a")], False), (['{"choices": [', "]}"], True)],
    ids=["nothing", "nothing at all", "no end", "torn"],
)
def test_a_damaged_stream_is_no_evidence_about_its_content(chunks: list[Any], done: bool) -> None:
    """A damaged stream shows nothing about its content."""
    found = streamed(*chunks, done=done)
    assert not found.ok
    assert found.refusal().seen is Seen.UNANSWERED


@pytest.mark.parametrize("how", [{"status": 400, "text": ""}, {"text": 'data: {"id', "failure": "timeout"}])
def test_refusals_and_timeouts_are_not_damaged_streams(how: dict[str, Any]) -> None:
    """A refusal with the content type of a stream is a refusal, and a timeout is a timeout."""
    found = ChatReply(exchange(sent=request(stream=True), headers={"content-type": "text/event-stream"}, **how))
    assert found.stream_failure is None
    assert (found.refusal().seen is Seen.UNANSWERED) is (found.exchange.failure is not None)
    assert found.refusal().suspect is (found.exchange.failure is not None)


def test_an_error_ends_a_stream() -> None:
    """After an error, neither a finish_reason nor [DONE] is expected."""
    assert streamed(delta(content="a"), {"error": {"message": "overloaded"}}, done=False).broken_off is None


def test_lines_of_json_are_no_event_stream() -> None:
    """Chunks with another content type, and a complete answer, are a stream that failed to arrive; an error is not."""
    lines = "\n".join(json.dumps(delta(content=text)) for text in "ab")
    found = ChatReply(exchange(sent=request(stream=True), text=lines, headers={"content-type": "application/x-ndjson"}))
    assert (found.ok, found.stream_failure) == (False, "content type application/x-ndjson, expected text/event-stream")
    assert ChatReply(exchange(sent=request(stream=True), body=completion(choice()))).stream_failure
    assert ChatReply(exchange(sent=request(stream=True), body={"error": {"message": "no"}})).stream_failure is None


def test_a_name_that_is_repeated_is_not_added_to() -> None:
    """Some servers repeat the name of a call in every fragment; others send it in pieces, which are joined."""
    for names in (["look", "look", "look"], ["lo", "ok"]):
        pieces = [delta(tool_calls=[{"index": 0, "function": {"name": name}}]) for name in names]
        assert streamed(*pieces).tool_calls[0]["function"]["name"] == "look"


def test_a_stream_counts_only_where_one_was_asked_for() -> None:
    """Events in reply to a request without stream are not an answer; JSON in reply to stream true is read as JSON."""
    assert not ChatReply(exchange(**events(delta(content="x")))).ok
    plain = ChatReply(exchange(body=completion(choice("x")), sent=request(stream=True)))
    assert not plain.streamed
    assert plain.text == "x"


def test_a_stream_that_broke_off_is_no_evidence() -> None:
    """A lost connection is an outage and not a fault of the stream."""
    found = ChatReply(exchange(sent=request(stream=True), text="data: {}\n\n", failure="protocol"))
    assert found.refusal().seen is Seen.UNANSWERED


@pytest.mark.parametrize("count", [None, "7", 7.0, True, [7]])
def test_a_count_that_is_no_integer_is_none(count: Any) -> None:
    """Usage of the wrong type is read as absent."""
    found = reply(
        choice(), usage={"completion_tokens": count, "completion_tokens_details": {"reasoning_tokens": count}}
    )
    assert found.completion_tokens is None
    assert found.reasoning_tokens is None


def test_log_probabilities_are_present_or_absent() -> None:
    """No list is read as None, an empty list as empty, and any choice may have them."""
    assert reply(choice()).logprobs is None
    assert reply(choice(logprobs={"content": []})).logprobs == []
    assert not reply(choice(logprobs={"content": []})).has_logprobs
    assert reply(choice(), choice(index=1, logprobs={"content": [{"token": "a"}]})).has_logprobs


LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
NAMES = st.sampled_from([
    "choices", "message", "delta", "content", "text", "index", "finish_reason", "tool_calls", "function", "arguments",
    "name", "logprobs", "usage", "completion_tokens", "completion_tokens_details", "error", "refusal", "role",
])  # fmt: skip
ANYTHING = st.recursive(
    LEAF, lambda each: st.lists(each, max_size=3) | st.dictionaries(NAMES, each, max_size=4), max_leaves=8
)
PART = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("index", "message", "delta", "logprobs", "finish_reason"), ANYTHING)
)
NEARLY = st.fixed_dictionaries(
    {"choices": st.lists(PART | ANYTHING, max_size=3)},
    optional={"usage": ANYTHING, "error": ANYTHING, "model": ANYTHING},
)
READINGS = [
    "ok", "problem", "chunks", "body", "choices", "indexes", "message", "text", "finish_reason", "cut", "tool_calls",
    "logprobs", "has_logprobs", "usage", "completion_tokens", "reasoning_tokens",
]  # fmt: skip


def read_all(found: ChatReply) -> None:
    """Read every property of a reply and its observation."""
    for name in READINGS:
        getattr(found, name)
    assert isinstance(found.quoted_text(), str)
    assert isinstance(found.acceptance(), Observation)


@given(NEARLY | ANYTHING)
def test_no_body_makes_a_reader_raise(body: Any) -> None:
    """Wrong types are read as absent everywhere."""
    read_all(ChatReply(exchange(body=body)))


@given(st.lists(NEARLY | ANYTHING, max_size=4))
def test_no_stream_makes_a_reader_raise(chunks: list[Any]) -> None:
    """Chunks of wrong types are read as absent."""
    read_all(streamed(*chunks))


@given(st.text(max_size=60))
def test_no_text_makes_a_reader_raise(text: str) -> None:
    """Any text may be the body of an answer or of a stream."""
    read_all(ChatReply(exchange(text=text)))
    read_all(ChatReply(exchange(sent=request(stream=True), text=text, headers={"content-type": "text/event-stream"})))


@given(st.text(), st.integers(0, 20))
def test_a_text_reads_the_same_however_it_is_cut_into_chunks(text: str, size: int) -> None:
    """The text is the same for pieces of any length."""
    pieces = [text[start : start + size + 1] for start in range(0, len(text), size + 1)]
    found = streamed(*(json.dumps(delta(content=each)) for each in pieces), delta(finish="stop"))
    assert found.text == text
    assert found.finish_reason == "stop"


@pytest.mark.parametrize("kind", ["content", "arguments", "calls", "choices"])
def test_a_long_stream_is_joined_in_linear_time(kind: str) -> None:
    """Twenty thousand pieces are joined in order without copying earlier pieces each time."""
    count = 20_000

    def chunk(number: int) -> dict[str, Any]:
        index = number if kind == "calls" else 0
        call = {
            "index": index,
            "id": f"c{index}",
            "type": "function",
            "function": {"name": "f", "arguments": "x" * 100},
        }
        delta = {"content": "x" * 100} if kind in ("content", "choices") else {"tool_calls": [call]}
        return {"choices": [{"index": number if kind == "choices" else 0, "delta": delta, "finish_reason": None}]}

    read = streamed(*map(chunk, range(count)), n=2)
    assert len(read.choices) == (count if kind == "choices" else 1)
    assert len(read.tool_calls) == {"calls": count, "arguments": 1}.get(kind, 0)
    whole = read.tool_calls[0]["function"]["arguments"] if kind == "arguments" else read.text
    assert len(whole) == {"content": 100 * count, "arguments": 100 * count, "choices": 100, "calls": 0}[kind]
