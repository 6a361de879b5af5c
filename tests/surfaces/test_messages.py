"""The messages surface: requests that differ from the baseline by one thing, and a reader that never raises."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from conformance.surfaces import registry
from conformance.surfaces.messages.reply import MessagesReply
from conformance.surfaces.messages.request import BETA, FIRST, SECOND, VERSION
from conformance.surfaces.prompt import Named, Prompt, Result, Tool, assistant, user
from conformance.surfaces.reply import Call, Counts, End
from tests.support.collecting import over
from tests.support.making import exchange
from tests.support.messages import (
    CALL,
    STOP,
    TEXT,
    USAGE,
    asked,
    case,
    delta,
    ending,
    message,
    plain,
    start,
    streamed,
    text,
    written,
)

SURFACE = registry.named("messages")
TOOL = Tool("weigh", "Weigh a stone.", {"type": "object", "properties": {}})
WEIGHED = Call("weigh", '{"stone": 1}', "toolu_7")


def test_a_request_has_model_cap_messages_and_a_version() -> None:
    """It has nothing else unless a test asks for it."""
    request = case("messages.reply.type").plain()
    assert request.json.keys() == {"model", "messages", "max_tokens"}
    assert request.headers == ((VERSION, FIRST),)
    assert (request.method, request.path, request.auth) == ("POST", "/messages", "key")
    assert case("messages.stop.cuts").with_value(["a"]).json["stop_sequences"] == ["a"]
    assert case("messages.effort.values").with_value("low").json["output_config"] == {"effort": "low"}


def test_a_model_is_asked_in_the_version_of_its_target() -> None:
    """The second version is sent with a bearer token and without temperature."""
    bound = case("messages.stop.cuts", version=SECOND)
    request = bound.repeatable_control()
    assert (request.headers, request.auth) == (((VERSION, SECOND),), "bearer")
    assert "temperature" not in request.json
    assert case("messages.stop.cuts").repeatable_control().json["temperature"] == 0
    assert bound.raw("{}").headers == ((VERSION, SECOND),)
    assert bound.versioned(request, None).headers == ()
    assert bound.with_beta(request, "a", "b").headers[-1] == (BETA, "a,b")


@over(
    "auth, headers",
    [
        ("key", {"x-api-key": "K"}),
        ("bearer", {"Authorization": "Bearer K"}),
        ("both", {"x-api-key": "K", "Authorization": "Bearer K"}),
        ("bare", {"Authorization": "K"}),
        ("none", {}),
    ],
)
def test_a_key_has_a_form(auth: str, headers: dict[str, str]) -> None:
    """Each form is a header, or two; without a key there is none."""
    assert SURFACE.authorization(auth, "K") == headers
    assert SURFACE.authorization(auth, None) == {}


def test_a_prompt_is_spelt_in_blocks() -> None:
    """Results come first in the message of the user, calls last in that of the assistant."""
    turns = (user("Weigh it."), assistant("So be it.", calls=(WEIGHED,)), user("", results=(Result(WEIGHED, "2 kg"),)))
    prompt = Prompt(turns, system="Be brief.", tools=(TOOL,), choice=Named("weigh"), parallel=False)
    body = case("messages.tools.block").spelt(prompt).json
    assert body["system"] == "Be brief."
    assert body["tool_choice"] == {"type": "tool", "name": "weigh", "disable_parallel_tool_use": True}
    assert body["tools"] == [{"name": "weigh", "description": "Weigh a stone.", "input_schema": TOOL.schema}]
    called = {"type": "tool_use", "id": "toolu_7", "name": "weigh", "input": {"stone": 1}}
    assert body["messages"][1]["content"] == [text("So be it."), called]
    assert body["messages"][2]["content"] == [{"type": "tool_result", "tool_use_id": "toolu_7", "content": "2 kg"}]
    assert case("messages.tools.block").spelt(replace(prompt, choice="required")).json["tool_choice"]["type"] == "any"


def test_a_turn_that_was_said_is_sent_as_it_came() -> None:
    """With everything in its blocks, such as a signature."""
    said = streamed(CALL)
    turn = case("messages.tools.block").spelt(Prompt((user("x"), assistant(said=said)))).json["messages"][1]
    assert turn["content"][0] == {"type": "thinking", "thinking": "hm", "signature": "SIG"}
    assert turn["content"][1]["input"] == {"a": 1}


def test_a_stream_is_joined_as_clients_join_it() -> None:
    """Texts add up, a signature replaces the one before, the counts of the end overwrite those of the start."""
    reply = streamed(TEXT)
    assert (reply.ok, reply.text, reply.pieces, reply.end) == (True, "Hi there", ["Hi", " there"], End.STOP)
    assert reply.counts == Counts(9, 7, None, None, 0)
    called = streamed(CALL)
    assert (called.thoughts, called.end, called.made[0].arguments) == ("hm", End.CALLS, '{"a": 1}')
    assert called.made == [Call("f", '{"a": 1}', "toolu_1")]
    twice = streamed([*CALL[:4], delta(0, "signature_delta", signature="OTHER"), *CALL[4:]])
    assert twice.blocks[0]["signature"] == "OTHER"


def test_a_plain_answer_is_read() -> None:
    """Cached tokens are part of the prompt."""
    usage = {**USAGE, "cache_read_input_tokens": 5, "output_tokens_details": {"thinking_tokens": 2}, "output_tokens": 4}
    reply = plain(message(text("a"), text("b"), stop_reason="max_tokens", usage=usage))
    assert (reply.ok, reply.text, reply.end, reply.cut) == (True, "ab", End.LENGTH, True)
    assert reply.counts == Counts(14, 4, None, 2, 5)


@over(
    "body, problem",
    [
        ({"type": "error", "error": {"type": "api_error", "message": "x"}}, "an error: api_error: x"),
        ({"choices": []}, "no content"),
        ({"content": "text"}, "no content"),
        ([], "no JSON object"),
    ],
)
def test_what_is_no_message_is_no_answer(body: Any, problem: str) -> None:
    """A body of another kind says why it is none."""
    assert plain(body).problem == problem


@over(
    "events, reason",
    [
        (TEXT[:-2], "the stream breaks off without a stop_reason or message_stop"),
        (
            [*TEXT[:4], {"type": "error", "error": {"type": "overloaded_error", "message": "x"}}],
            "an error in the stream",
        ),
        ([{"choices": []}], "no event of a message"),
    ],
)
def test_a_stream_that_is_no_message_says_why(events: list[Any], reason: str) -> None:
    """One that breaks off, ends with an error or is of another API is no answer."""
    problem = streamed(events).problem or ""
    assert problem.startswith(reason)


def test_a_stream_without_names_is_read_by_its_types() -> None:
    """What clients refuse is a claim's business."""
    assert streamed(written(TEXT, names=False)).text == "Hi there"


def test_an_answer_to_count_tokens_is_a_count_and_no_message() -> None:
    """So that no statement about messages is held against it."""
    request = case("messages.count.answer").count("?beta=true")
    reply = MessagesReply(exchange(200, {"input_tokens": 12}, sent=request))
    assert (request.path, reply.ok, reply.count) == ("/messages/count_tokens?beta=true", False, 12)
    assert SURFACE.kind_of(request) == "count of tokens"


def test_the_end_of_a_stream_is_known_only_with_its_blank_line() -> None:
    """A client waits for it."""
    body = written(TEXT).encode()
    assert SURFACE.ends(body)
    assert not SURFACE.ends(body.rstrip())
    assert not SURFACE.ends(written(TEXT[:-1]).encode())


def test_the_usage_is_read_from_both_ends_of_a_stream() -> None:
    """However long the text between them is; cached tokens count as prompt."""
    middle = [delta(0, "text_delta", text="word " * 50)] * 100
    reply = streamed([start(usage={**USAGE, "cache_read_input_tokens": 3}), *TEXT[1:3], *middle, *TEXT[-3:]])
    used = SURFACE.usage(reply.exchange)
    assert used is not None
    assert (used.prompt_tokens, used.completion_tokens) == (12, 7)
    assert SURFACE.usage(plain({"content": []}).exchange) is None


def test_a_request_is_renewed_by_spaces_behind_its_prompt() -> None:
    """So that the server has not seen it."""
    request = case("messages.reply.type").plain()
    content = SURFACE.renewed(request, 2).json["messages"][0]["content"]
    assert content == request.json["messages"][0]["content"] + "  "


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    ["type", "content", "usage", "delta", "index", "message", "content_block", "error", "text"]
                ),
                inner,
            )
        ),
    )
)
def test_no_body_makes_the_reader_fail(body: Any) -> None:
    """Whatever comes is read as absent, plain or in events."""
    for reply in (plain(body), streamed([*TEXT[:2], body if isinstance(body, dict) else {}, STOP, ending()])):
        assert isinstance(reply.text, str)
        assert isinstance(reply.made, list)
        assert reply.counts
        assert reply.problem is None or reply.refusal()
    assert SURFACE.estimate(asked(messages=json.loads(json.dumps(body)))).requests == 1


def test_a_cap_of_nothing_limits_no_answer() -> None:
    """No document says what a max_tokens of 0 gets, so no answer breaks it."""
    assert [SURFACE.read(exchange(sent=asked(max_tokens=cap), body=message())).asked.cap for cap in (0, 1)] == [None, 1]
