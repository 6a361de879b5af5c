"""Generated requests for responses, valid and invalid: every answer must keep to the schemas of the wire.

What each model accepts is stated here independently of the mock's own tables.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.base.validation import own_problem
from conformance.http import sse
from conformance.mock.server.app import Gateway
from conformance.mock.server.options import Options

Json = dict[str, Any]
Post = Callable[[Json], httpx.Response]
PLAIN, REASONING = MODELS = ("mock-openai", "mock-openai-reasoning")
ENDINGS = ("response.completed", "response.incomplete")
QUESTION = "Use the tools. What is 7 in Paris, as JSON?"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}

TEXTS = st.sampled_from(["Count from 1 to 9.", "Write 9 words about rivers.", QUESTION]) | st.text(
    min_size=1, max_size=30
)
PARTS = st.lists(TEXTS.map(lambda text: {"type": "input_text", "text": text}), min_size=1, max_size=2)
SPOKEN = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "system", "developer"]), "content": TEXTS | PARTS},
    optional={"type": st.just("message")},
)
CALLED = st.tuples(st.sampled_from(["call_1", "call_2"]), TEXTS).map(
    lambda drawn: [
        {"type": "function_call", "call_id": drawn[0], "name": "get_weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": drawn[0], "output": drawn[1]},
    ]
)
INPUTS = (
    TEXTS
    | st.lists(SPOKEN, min_size=1, max_size=3)
    | st.tuples(SPOKEN, CALLED).map(lambda drawn: [drawn[0], *drawn[1]])
)
TOOLS = st.lists(
    st.sampled_from(
        [
            {"type": "function", "name": "get_weather", "parameters": SCHEMA},
            {"type": "function", "name": "get_time", "parameters": None, "strict": False},
            {"type": "custom", "name": "write_note"},
            {
                "type": "namespace",
                "name": "home",
                "tools": [{"type": "function", "name": "open", "parameters": SCHEMA}],
            },
            {"type": "web_search_preview"},
        ]
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda tool: tool.get("name", ""),
)
FORMS = st.sampled_from(
    [
        {"format": {"type": "text"}},
        {"format": {"type": "json_schema", "name": "answer", "schema": SCHEMA, "strict": True}},
        {"verbosity": "low"},
    ]
)
ANYWHERE: dict[str, st.SearchStrategy[Any]] = {
    "instructions": st.text(max_size=20),
    "max_output_tokens": st.integers(16, 200),
    "store": st.booleans(),
    "truncation": st.sampled_from(["auto", "disabled"]),
    "metadata": st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=3),
    "service_tier": st.sampled_from(["auto", "default", "flex", "priority"]),
    "parallel_tool_calls": st.booleans(),
    "safety_identifier": st.text(max_size=64),
    "text": FORMS,
}
ACCEPTED: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    PLAIN: ANYWHERE
    | {
        "temperature": st.floats(0, 2),
        "top_p": st.floats(0, 1),
        "top_logprobs": st.integers(0, 20),
        "include": st.sampled_from([[], ["message.output_text.logprobs"]]),
    },
    REASONING: ANYWHERE
    | {
        "reasoning": st.fixed_dictionaries(
            {}, optional={"effort": st.sampled_from(["low", "high"]), "summary": st.sampled_from(["auto", "concise"])}
        ),
        "include": st.sampled_from([[], ["reasoning.encrypted_content"]]),
    },
}
WRONG: dict[str, st.SearchStrategy[Any]] = {
    "input": st.sampled_from(["", [], 7, {}, [7], [{"type": "conformance"}], [{"role": "robot", "content": "a"}]]),
    "max_output_tokens": st.integers(max_value=15) | st.sampled_from(["16", 16.5, True]),
    "temperature": st.sampled_from([-0.1, 2.1, "1", True]),
    "tools": st.sampled_from([7, [{}], [{"type": "robot"}], [{"type": "function", "function": {"name": "a"}}]]),
    "tool_choice": st.sampled_from(["robot", {"type": "function", "name": "undeclared"}, 7]),
    "text": st.sampled_from([{"format": {"type": "xml"}}, {"format": {"type": "json_schema", "schema": {}}}, 7]),
    "include": st.sampled_from([["robot"], 7]),
    "previous_response_id": st.text(max_size=20),
    "truncation": st.sampled_from(["robot", 7]),
    "metadata": st.sampled_from([dict.fromkeys(map(str, range(17)), ""), {"a": 7}, 7]),
    "stream": st.sampled_from(["true", 1, []]),
    "messages": st.just([{"role": "user", "content": "Hello."}]),
}
# Drawing whole requests is slow by nature; hypothesis must not fail for that.
CALM = settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60)


@st.composite
def valid(draw: st.DrawFn) -> Json:
    """Draw a valid request without stream, in which null stands for parameters that are left out."""
    model = draw(st.sampled_from(MODELS))
    body: Json = {"model": model, "input": draw(INPUTS)}
    for name, values in ACCEPTED[model].items():
        if draw(st.integers(0, 3)) == 0:
            body[name] = draw(st.none() | values)
    if draw(st.booleans()):
        body["tools"] = draw(TOOLS)
        body["tool_choice"] = draw(st.sampled_from(["auto", "none", "required"]))
        if all("name" not in tool for tool in body["tools"]):
            body["tool_choice"] = "auto"
    return body


@pytest.fixture(scope="module")
def post() -> Iterator[Post]:
    """Yield a function that posts to the application without a server, so that an exception is raised and no 500."""
    transport = httpx.ASGITransport(Gateway(Options(port=0)).app)
    headers = {"authorization": "Bearer sk-test"}
    with asyncio.Runner() as runner:
        client = httpx.AsyncClient(transport=transport, base_url="http://mock/v1", headers=headers)
        yield lambda body: runner.run(client.post("/responses", json=body))
        runner.run(client.aclose())


def assert_valid(document: Any, name: str) -> None:
    """Check a document against a schema of the wire."""
    assert own_problem(document, f"wire/{name}") is None, document


def said(response: Json) -> list[str]:
    """Return what the items of a response say: texts, arguments, inputs and summaries."""
    parts = (part for item in response["output"] for part in (*item.get("content", ()), *item.get("summary", ())))
    texts = [part.get("text", part.get("refusal")) for part in parts]
    return sorted(texts + [item[key] for item in response["output"] for key in ("arguments", "input") if key in item])


@CALM
@given(body=valid())
def test_a_valid_request_gets_a_valid_response(post: Post, body: Json) -> None:
    """It repeats the settings of the request, and its counts add up."""
    assert_valid(body, "responses-request")
    answer = post(body)
    assert answer.status_code == 200, answer.text
    response = answer.json()
    assert_valid(response, "responses-reply")
    for name in ("instructions", "max_output_tokens", "store", "truncation", "temperature", "top_p", "metadata"):
        assert body.get(name) is None or response[name] == body[name], name
    usage, cap = response["usage"], body.get("max_output_tokens")
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert cap is None or usage["output_tokens"] <= cap
    assert (response["status"] == "completed") == (response["incomplete_details"] is None)


@CALM
@given(body=valid())
def test_a_valid_stream_adds_up_to_its_last_response(post: Post, body: Json) -> None:
    """Every event is valid, named and numbered; the pieces are what the items of the last response say."""
    answer = post({**body, "stream": True})
    assert answer.status_code == 200, answer.text
    named = [(event.event, json.loads(event.data)) for event in sse.parse(answer.text).events]
    pieces: dict[tuple[Any, ...], str] = {}
    for number, (name, event) in enumerate(named):
        assert_valid(event, "responses-event")
        assert (name, number) == (event["type"], event["sequence_number"])
        if name.endswith((".added", ".delta")) and ("part" in event or "delta" in event):
            place = (event["item_id"], event.get("content_index"), event.get("summary_index"))
            pieces[place] = pieces.get(place, "") + event.get("delta", "")
        if name.endswith("_text.done"):
            assert event["text"] == pieces[event["item_id"], event.get("content_index"), event.get("summary_index")]
    assert [name for name, _ in named if name in ENDINGS] == [named[-1][0]]
    last = named[-1][1]["response"]
    assert_valid(last, "responses-reply")
    assert last["usage"]["total_tokens"] > 0
    assert sorted(text for text in pieces.values() if text) == [text for text in said(last) if text]


@CALM
@given(body=valid(), stream=st.booleans(), data=st.data())
def test_one_wrong_value_is_refused(post: Post, body: Json, stream: bool, data: st.DataObject) -> None:
    """Whatever the other parameters are, streamed or not, with an error in the envelope."""
    name = data.draw(st.sampled_from(sorted(WRONG)))
    answer = post({**body, "stream": stream, name: data.draw(WRONG[name])})
    assert answer.is_client_error, f"{answer.status_code} {answer.text[:200]}"
    assert_valid(answer.json(), "error")
    assert answer.json()["error"]["message"]
