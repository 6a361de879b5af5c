"""The Messages API of the mock: what it answers and refuses, and that the official client reads its answers."""

import base64
from collections.abc import Iterator
from typing import Any

import anthropic
import httpx
import pytest

from tests.support.collecting import over

ASKED: list[Any] = [{"role": "user", "content": "Count from 1 to 5"}]
WEATHER: Any = {
    "name": "get_weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
FRUIT: dict[str, Any] = {
    "type": "object",
    "properties": {"fruit": {"type": "string"}},
    "required": ["fruit"],
    "additionalProperties": False,
}
THINKING: Any = {"type": "enabled", "budget_tokens": 1024}


@pytest.fixture(scope="module")
def api(base_url: str) -> Iterator[anthropic.Anthropic]:
    """Yield the official client without retries, so that every refusal is seen."""
    with anthropic.Anthropic(base_url=base_url.removesuffix("/v1"), api_key="sk-test", max_retries=0) as api:
        yield api


@pytest.fixture(scope="module")
def first(base_url: str) -> Iterator[httpx.Client]:
    """Yield a client that speaks the first version."""
    headers = {"x-api-key": "sk-test", "anthropic-version": "2023-06-01"}
    with httpx.Client(base_url=base_url, headers=headers) as client:
        yield client


def ask(client: httpx.Client, **body: Any) -> httpx.Response:
    """Return the reply to a request with these fields; None leaves one out."""
    whole = {"model": "mock-claude", "max_tokens": 64, "messages": ASKED, **body}
    return client.post("/messages", json={name: value for name, value in whole.items() if value is not None})


def test_the_client_reads_an_answer_and_a_stream(api: anthropic.Anthropic) -> None:
    """Text, reason and usage are the same in both."""
    asked: Any = {"model": "mock-claude", "max_tokens": 64, "messages": ASKED}
    reply = api.messages.create(**asked)
    with api.messages.stream(**asked) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert (text, final.stop_reason) == ("1 2 3 4 5", "end_turn")
    assert [block.to_dict() for block in reply.content] == [block.to_dict() for block in final.content]
    assert reply.usage.input_tokens == final.usage.input_tokens
    assert api.messages.count_tokens(model="mock-claude", messages=ASKED).input_tokens == reply.usage.input_tokens


def test_the_client_reads_thinking_and_calls_and_sends_them_back(api: anthropic.Anthropic) -> None:
    """A signature survives the way through the client."""
    question = {"role": "user", "content": "What is the weather in Paris? Use the tool get_weather."}
    asked: Any = {"model": "mock-claude", "max_tokens": 2048, "tools": [WEATHER], "thinking": THINKING}
    with api.messages.stream(**asked, messages=[question]) as stream:
        said = stream.get_final_message()
    assert [block.type for block in said.content] == ["thinking", "tool_use"]
    assert said.stop_reason == "tool_use"
    result = {"type": "tool_result", "tool_use_id": said.content[1].to_dict()["id"], "content": "18 degrees"}
    turns = [question, {"role": "assistant", "content": said.content}, {"role": "user", "content": [result]}]
    assert "18 degrees" in str(api.messages.create(**asked, messages=turns).content[-1].to_dict()["text"])


@over(
    "named, kind",
    [
        ({"model": "nothing"}, anthropic.NotFoundError),
        ({"messages": []}, anthropic.BadRequestError),
        ({"max_tokens": -1}, anthropic.BadRequestError),
    ],
)
def test_the_client_knows_the_errors(api: anthropic.Anthropic, named: Any, kind: type[Exception]) -> None:
    """Each has the class of its status, and an id."""
    asked = {"model": "mock-claude", "max_tokens": 8, "messages": ASKED, **named}
    with pytest.raises(kind) as caught:
        api.messages.create(**asked)
    assert getattr(caught.value, "request_id", None)


@over(
    "body, start",
    [
        ({"max_tokens": None}, "max_tokens: Field required"),
        ({"temperature": 1.5}, "temperature: Input should be at most 1"),
        ({"temperature": None, "n": 1}, "n: Extra inputs are not permitted"),
        ({"stop_sequences": "a"}, "stop_sequences: Input should be a valid array"),
        ({"messages": [{"role": "pirate", "content": "x"}]}, "messages.0.role: Input should be"),
        ({"tools": [{"name": "a b", "input_schema": {"type": "object"}}]}, "tools.0.name: String should match"),
        ({"tools": [{"name": "a", "input_schema": {"type": "string"}}]}, "tools.0.input_schema.type: Input"),
        ({"tool_choice": {"type": "any"}}, "tool_choice: any needs tools"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1000}}, "thinking.budget_tokens: Input should be at least"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "max_tokens has to be greater"),
        ({"metadata": {"a": "b"}}, "metadata.a: Extra inputs are not permitted"),
    ],
)
def test_a_mistake_is_refused_where_it_is(first: httpx.Client, body: Any, start: str) -> None:
    """The message names the path."""
    reply = ask(first, **body)
    assert (reply.status_code, reply.json()["type"]) == (400, "error")
    assert reply.json()["error"]["message"].startswith(start)
    assert reply.json()["request_id"] == reply.headers["request-id"]


@over(
    "headers, status",
    [
        ({}, 200),
        ({"x-api-key": "wrong"}, 401),
        ({"x-api-key": "wrong", "authorization": "Bearer sk-test"}, 401),
        ({"anthropic-version": "2020-01-01"}, 400),
        ({"anthropic-beta": "claude-code-20250219"}, 200),
        ({"anthropic-beta": "claude-code-20250219,nothing"}, 400),
    ],
)
def test_headers_are_checked(first: httpx.Client, headers: dict[str, str], status: int) -> None:
    """Key, version and features; x-api-key wins."""
    body = {"model": "mock-claude", "max_tokens": 8, "messages": ASKED}
    assert first.post("/messages?beta=true", json=body, headers=headers).status_code == status


def test_a_feature_of_the_beta_header_adds_its_field(first: httpx.Client) -> None:
    """Edits of the context are taken where the header names their feature, and refused as unknown elsewhere."""
    body: Any = {"model": "mock-claude", "max_tokens": 10, "messages": ASKED}
    body["context_management"] = {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}
    assert first.post("/messages", json=body).status_code == 400
    named = {"anthropic-beta": "claude-code-20250219, context-management-2025-06-27"}
    assert first.post("/messages", json=body, headers=named).status_code == 200


def test_the_second_version_takes_no_sampling(first: httpx.Client) -> None:
    """Not even the default."""
    body = {"model": "mock-claude", "max_tokens": 8, "messages": ASKED}
    headers = {"anthropic-version": "2026-10-21"}
    assert first.post("/messages", json=body, headers=headers).status_code == 200
    assert first.post("/messages", json={**body, "temperature": 1}, headers=headers).status_code == 400
    assert first.post("/messages", json={**body, "temperature": 1}).status_code == 200


def test_a_changed_thought_is_refused(first: httpx.Client) -> None:
    """The signature is that of the text."""
    said = ask(first, max_tokens=2048, thinking=THINKING).json()["content"]
    for change, status in (({}, 200), ({"thinking": "other"}, 400), ({"signature": "AAAA"}, 400)):
        turns = [*ASKED, {"role": "assistant", "content": [{**said[0], **change}, said[1]]}, *ASKED]
        assert ask(first, messages=turns).status_code == status


def test_results_belong_to_calls(first: httpx.Client) -> None:
    """A call has its result in the next message, and no result is without a call."""
    call = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Oslo"}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "rain"}
    said = {"role": "assistant", "content": [call]}
    for turns, status in (
        ([*ASKED, said, {"role": "user", "content": [result]}], 200),
        ([*ASKED, said, *ASKED], 400),
        ([*ASKED, {"role": "user", "content": [result]}], 400),
        ([*ASKED, said], 400),
    ):
        assert ask(first, messages=turns, tools=[WEATHER]).status_code == status


def test_a_long_prefix_is_cached(first: httpx.Client) -> None:
    """It is written once, then read; what is cached is not counted as fresh."""
    mark = {"type": "text", "text": "lake " * 1200, "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    written, read = (ask(first, system=[mark]).json()["usage"] for _ in range(2))
    assert written["cache_creation_input_tokens"] == read["cache_read_input_tokens"] > 1000
    assert written["cache_creation"]["ephemeral_1h_input_tokens"] == written["cache_creation_input_tokens"]
    assert written["input_tokens"] == read["input_tokens"] < 50


def test_documents_are_read_and_cited(first: httpx.Client) -> None:
    """Plain text and a PDF without compression; citations come where they are enabled."""
    pdf = base64.b64encode(b"%PDF-1.4\nBT (note: oak) Tj ET").decode()
    sources: list[Any] = [
        {"type": "text", "media_type": "text/plain", "data": "note: oak"},
        {"type": "base64", "media_type": "application/pdf", "data": pdf},
    ]
    for source in sources:
        block = {"type": "document", "source": source, "citations": {"enabled": True}}
        question = {"type": "text", "text": "Repeat the note."}
        said = ask(first, messages=[{"role": "user", "content": [block, question]}]).json()["content"][0]
        assert (said["text"], said["citations"][0]["cited_text"]) == ("oak", "note: oak")


def test_a_structured_answer_fits(api: anthropic.Anthropic) -> None:
    """The form is enforced."""
    form: Any = {"format": {"type": "json_schema", "schema": FRUIT}}
    reply = api.messages.create(model="mock-claude", max_tokens=64, messages=ASKED, output_config=form)
    assert reply.content[0].to_dict()["text"] == '{"fruit":"sample"}'
