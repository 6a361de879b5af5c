"""Generated requests for messages, valid and invalid: what the mock takes and answers must keep to the schemas of the wire."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.base.validation import own_problem
from conformance.http import sse
from conformance.mock.server.app import Gateway
from conformance.mock.server.options import Options

Json = dict[str, Any]
Post = Callable[[Json], httpx.Response]

TEXTS = st.sampled_from(["Count from 1 to 9.", "Use the tool.", "Write 9 words."]) | st.text(min_size=1, max_size=20)
BLOCKS = TEXTS.map(lambda said: [{"type": "text", "text": said}])
CONTENTS = TEXTS | BLOCKS
MARKS = st.sampled_from([{"type": "ephemeral"}, {"type": "ephemeral", "ttl": "5m"}, {"type": "ephemeral", "ttl": "1h"}])
TOOL: Json = {"name": "look_up", "input_schema": {"type": "object", "properties": {"word": {"type": "string"}}}}
SCHEMA: Json = {"type": "object", "properties": {"word": {"type": "string"}}, "additionalProperties": False}
FORM: Json = {"format": {"type": "json_schema", "schema": SCHEMA}}
USER: Json = {"role": "user", "content": "Count from 1 to 3."}


def calling(said: Any) -> list[Json]:
    """Return a call and its result."""
    call = {"type": "tool_use", "id": "toolu_1", "name": "look_up", "input": {"word": "x"}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": said}
    return [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]


SPOKEN = st.builds(
    lambda role, said: [{"role": role, "content": said}], st.sampled_from(["user", "assistant"]), CONTENTS
)
CONVERSATIONS = st.lists(SPOKEN | CONTENTS.map(calling), max_size=3).map(
    lambda turns: [USER, *(message for turn in turns for message in turn), USER]
)
VALID: dict[str, st.SearchStrategy[Any]] = {
    "system": CONTENTS,
    "temperature": st.sampled_from([0, 1]) | st.floats(0, 1),
    "top_p": st.floats(0, 1),
    "top_k": st.integers(1, 500),
    "stop_sequences": st.lists(st.sampled_from(["7", " 4", "e", "zz"]), max_size=4),
    "tools": st.just([TOOL]),
    "thinking": st.just({"type": "disabled"}),
    "output_config": st.sampled_from([{"effort": "low"}, {"effort": "max"}, FORM, {"effort": "high", **FORM}]),
    "cache_control": MARKS,
    "metadata": st.just({"user_id": "one"}),
    "service_tier": st.sampled_from(["auto", "standard_only"]),
}
REQUESTS = st.builds(
    lambda messages, cap, more: {"model": "mock-claude", "max_tokens": cap, "messages": messages, **more},
    CONVERSATIONS,
    st.integers(1, 60),
    st.fixed_dictionaries({}, optional=VALID),
)
JUNK = st.sampled_from([7, True, "x", [7], {"x": 1}, None])
# Values that no document allows.
WRONG: dict[str, st.SearchStrategy[Any]] = {
    "messages": st.sampled_from(
        ["x", 7, [], [7], [{"role": "robot", "content": "x"}], [{"role": "user", "content": 7}]]
    ),
    "max_tokens": st.integers(max_value=0) | st.sampled_from(["9", 1.5, None, True]),
    "system": st.sampled_from([7, True, [7], [{"type": "image"}]]),
    "temperature": st.floats(1.01, 9) | st.sampled_from([-1, "0.5", None, []]),
    "top_p": st.floats(1.01, 9) | st.sampled_from([-1, "0.5", None, []]),
    "top_k": st.sampled_from([1.5, "4", None, []]),
    "stop_sequences": st.sampled_from(["END", 7, [7], [None]]),
    "stream": st.sampled_from(["yes", 1, None, []]),
    "tools": st.sampled_from([7, "x", [7], [{}]]),
    "tool_choice": st.sampled_from(["auto", 7, {}, {"type": "required"}]),
    "thinking": st.sampled_from([True, {}, {"type": "on"}, {"type": "enabled", "budget_tokens": 9}]),
    "cache_control": st.sampled_from([7, {"type": "x"}, {"type": "ephemeral", "ttl": "1y"}]),
    "metadata": st.sampled_from([7, "x", {"user_id": 7}]),
    "service_tier": st.sampled_from(["default", 7, None]),
}


@pytest.fixture(scope="module")
def post() -> Iterator[Post]:
    """Yield a function that posts to the application without a server, so that an exception is raised and no 500."""
    transport = httpx.ASGITransport(Gateway(Options(port=0)).app)
    headers = {"x-api-key": "sk-test", "anthropic-version": "2023-06-01", "content-type": "application/json"}
    with asyncio.Runner() as runner:
        client = httpx.AsyncClient(transport=transport, base_url="http://mock/v1", headers=headers)
        yield lambda body: runner.run(client.post("/messages", content=json.dumps(body).encode()))
        runner.run(client.aclose())


def assert_within(body: Json, reply: Json) -> None:
    """Check that a message is valid and keeps to the cap and the stop sequences of its request."""
    assert own_problem(reply, "wire/messages-reply") is None, reply
    assert reply["usage"]["output_tokens"] <= body["max_tokens"]
    said = "".join(block["text"] for block in reply["content"] if block["type"] == "text")
    assert not any(sequence in said for sequence in body.get("stop_sequences", ()))


@settings(max_examples=40)
@given(body=REQUESTS)
def test_a_valid_request_is_answered(post: Post, body: Json) -> None:
    """A valid request keeps to its schema, and is answered with a message that is valid and within its bounds."""
    assert own_problem(body, "wire/messages-request") is None, body
    answer = post(body)
    assert answer.status_code == 200, answer.text
    assert_within(body, answer.json())


@settings(max_examples=40)
@given(body=REQUESTS)
def test_every_event_of_a_stream_is_valid(post: Post, body: Json) -> None:
    """Each event has the name of its type and is valid; the first one begins the message and the last one ends it."""
    answer = post({**body, "stream": True})
    assert answer.status_code == 200, answer.text
    events = [(event.event, json.loads(event.data)) for event in sse.parse(answer.text).events]
    for name, event in events:
        assert name == event["type"]
        assert own_problem(event, "wire/messages-event") is None, event
    assert [events[0][0], events[-1][0]] == ["message_start", "message_stop"]


@pytest.mark.parametrize("name", WRONG)
@settings(max_examples=8)
@given(data=st.data())
def test_a_wrong_value_is_refused(post: Post, name: str, data: st.DataObject) -> None:
    """A value that no document allows breaks the schema, and is refused with 400 and a valid error."""
    more = {"tools": [TOOL]} if name == "tool_choice" else {}
    body = {"model": "mock-claude", "max_tokens": 9, "messages": [USER], **more, name: data.draw(WRONG[name])}
    assert own_problem(body, "wire/messages-request") is not None, body
    answer = post(body)
    assert answer.status_code == 400, answer.text
    assert own_problem(answer.json(), "wire/messages-error") is None


@settings(max_examples=40)
@given(body=REQUESTS, name=st.sampled_from(sorted(VALID)), junk=JUNK)
def test_junk_makes_no_server_fail(post: Post, body: Json, name: str, junk: Any) -> None:
    """A request with junk in the place of a parameter is answered, or refused with 400 and a valid error."""
    answer = post({**body, name: junk})
    assert answer.status_code in (200, 400), answer.text
    assert own_problem(answer.json(), "wire/messages-reply" if answer.is_success else "wire/messages-error") is None
