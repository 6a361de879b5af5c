"""A second client reads the answers of the mock without an error: huggingface_hub, with its own HTTP, SSE and types."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from huggingface_hub import InferenceClient
from huggingface_hub.errors import BadRequestError, HfHubHTTPError

MODELS = ["mock-openai", "mock-openai-reasoning", "mock-claude", "mock-gemini"]
MESSAGES: list[Any] = [{"role": "user", "content": "Count from 1 to 5"}]
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.fixture(scope="module")
def api(base_url: str) -> Iterator[InferenceClient]:
    """Yield the client with the right key."""
    with InferenceClient(base_url=base_url, api_key="sk-test", timeout=600) as api:
        yield api


@pytest.mark.parametrize("model", MODELS)
def test_it_reads_an_answer(api: InferenceClient, model: str) -> None:
    """The client parses text, finish_reason and usage."""
    reply = api.chat_completion(MESSAGES, model=model)
    assert (reply.model, reply.choices[0].finish_reason) == (model, "stop")
    assert reply.choices[0].message.content == "1 2 3 4 5"
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens


@pytest.mark.parametrize("model", MODELS)
def test_it_reads_a_stream(api: InferenceClient, model: str) -> None:
    """The pieces of each choice join, each choice ends once, and the usage comes last."""
    count = 1 if model == "mock-claude" else 2
    options: Any = {"include_usage": True}
    *chunks, last = api.chat_completion(MESSAGES, model=model, n=count, stream=True, stream_options=options)
    choices = [choice for chunk in chunks for choice in chunk.choices]
    for index in range(count):
        pieces = [choice for choice in choices if choice.index == index]
        assert "".join(choice.delta.content or "" for choice in pieces) == "1 2 3 4 5"
        assert pieces[0].delta.role == "assistant"
        assert [choice.finish_reason for choice in pieces if choice.finish_reason] == ["stop"]
    assert len(choices) == 7 * count
    assert last.usage is not None
    assert (last.choices, last.usage.total_tokens) == ([], last.usage.prompt_tokens + last.usage.completion_tokens)


@pytest.mark.parametrize("streamed", [False, True])
def test_it_runs_a_tool_turn(api: InferenceClient, streamed: bool) -> None:
    """A call, its result and the answer to it can be exchanged."""
    messages: list[Any] = [{"role": "user", "content": "What is the weather in Paris?"}]
    asked: Any = {"model": "mock-gemini", "tools": [WEATHER], "tool_choice": "required"}
    if streamed:
        deltas = [chunk.choices[0].delta for chunk in api.chat_completion(messages, stream=True, **asked)]
        pieces = [call for delta in deltas for call in delta.tool_calls or ()]
        name, call_id = pieces[0].function.name, pieces[0].id
        arguments = "".join(piece.function.arguments for piece in pieces)
        assert len(pieces) > 2
        assert {piece.index for piece in pieces} == {0}
    else:
        [call] = api.chat_completion(messages, **asked).choices[0].message.tool_calls or []
        name, call_id, arguments = call.function.name, call.id, call.function.arguments
    assert (name, json.loads(arguments)) == ("get_weather", {"city": "Paris"})
    spoken = {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
    messages += [
        {"role": "assistant", "tool_calls": [spoken]},
        {"role": "tool", "tool_call_id": call_id, "content": "rain"},
    ]
    last = api.chat_completion(messages, model="mock-gemini", tools=[WEATHER])
    assert last.choices[0].finish_reason == "stop"
    assert "rain" in (last.choices[0].message.content or "")


def test_it_gets_structured_answers(api: InferenceClient) -> None:
    """json_object is answered by models that accept it, and refused by name by others.

    With a base URL this client sends json_schema as json_object, so only the other client tests schemas.
    """
    asked: Any = [{"role": "user", "content": "A JSON object with the key 'colour'."}]
    form: Any = {"type": "json_object"}
    reply = api.chat_completion(asked, model="mock-openai", response_format=form)
    assert list(json.loads(reply.choices[0].message.content or "")) == ["colour"]
    with pytest.raises(BadRequestError, match=r"response_format\.type"):
        api.chat_completion(asked, model="mock-claude", response_format=form)


def test_it_reads_log_probabilities(api: InferenceClient) -> None:
    """The entries join to the text, each with its alternatives."""
    reply = api.chat_completion(MESSAGES, model="mock-openai", logprobs=True, top_logprobs=20)
    logprobs = reply.choices[0].logprobs
    assert logprobs is not None
    assert "".join(entry.token for entry in logprobs.content) == "1 2 3 4 5"
    assert {len(entry.top_logprobs) for entry in logprobs.content} == {20}


@pytest.mark.parametrize("stream", [False, True])
def test_a_refusal_names_what_is_wrong(api: InferenceClient, stream: bool) -> None:
    """A 400 raises the client's error, with the error of the body and the request id."""
    with pytest.raises(BadRequestError) as bad:
        list(api.chat_completion(MESSAGES, model="mock-openai", n=0, stream=stream))
    assert bad.value.response.json()["error"]["param"] == "n"
    assert "integer_below_min_value" in str(bad.value)
    assert bad.value.request_id == bad.value.response.headers["x-request-id"]


@pytest.mark.parametrize(("key", "model", "status"), [("wrong", "mock-openai", 401), ("sk-test", "gpt-9", 404)])
def test_keys_and_models_have_their_statuses(base_url: str, key: str, model: str, status: int) -> None:
    """A wrong key and an unknown model raise errors with different statuses."""
    with InferenceClient(base_url=base_url, api_key=key, timeout=600) as api, pytest.raises(HfHubHTTPError) as bad:
        api.chat_completion(MESSAGES, model=model)
    assert bad.value.response.status_code == status
