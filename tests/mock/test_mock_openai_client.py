"""The official OpenAI client as a judge of the mock: it has to find nothing to complain about."""

import asyncio
from collections.abc import Iterator
from typing import Any

import openai
import pydantic
import pytest

MESSAGES: list[Any] = [{"role": "user", "content": "Count from 1 to 5"}]
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class Fruit(pydantic.BaseModel):
    """What a structured answer is parsed into."""

    name: str
    ripe: bool
    seeds: int


@pytest.fixture(scope="module")
def api(base_url: str) -> Iterator[openai.OpenAI]:
    """The client, without retries, so that every refusal is seen once."""
    with openai.OpenAI(base_url=base_url, api_key="sk-test", max_retries=0) as api:
        yield api


@pytest.mark.parametrize("model", ["mock-openai", "mock-openai-reasoning", "mock-claude", "mock-gemini"])
def test_it_reads_an_answer(api: openai.OpenAI, model: str) -> None:
    """Text, choices and usage arrive as the client's own types."""
    reply = api.chat.completions.create(model=model, messages=MESSAGES)
    assert reply.choices[0].message.content == "1 2 3 4 5"
    assert reply.usage is not None
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens
    assert reply._request_id is not None


def test_it_reads_a_stream(api: openai.OpenAI) -> None:
    """The helper for streams accumulates text, choices and usage without an error."""
    options: Any = {"include_usage": True}
    with api.chat.completions.stream(model="mock-openai", messages=MESSAGES, n=2, stream_options=options) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    assert {"chunk", "content.delta", "content.done"} <= kinds
    assert [choice.message.content for choice in final.choices] == ["1 2 3 4 5"] * 2
    assert final.usage is not None


def test_it_reads_streamed_log_probabilities(api: openai.OpenAI) -> None:
    """The helper joins the entries of all chunks."""
    with api.chat.completions.stream(model="mock-openai", messages=MESSAGES, logprobs=True, top_logprobs=2) as stream:
        final = stream.get_final_completion()
    logprobs = final.choices[0].logprobs
    assert logprobs is not None
    assert logprobs.content is not None
    assert "".join(entry.token for entry in logprobs.content) == "1 2 3 4 5"


@pytest.mark.parametrize("streamed", [False, True])
def test_it_runs_a_tool_turn(api: openai.OpenAI, streamed: bool) -> None:
    """A call, its result and the answer to it go back and forth."""
    messages: list[Any] = [{"role": "user", "content": "What is the weather in Paris?"}]
    if streamed:
        with api.chat.completions.stream(model="mock-openai", messages=messages, tools=[WEATHER]) as stream:
            message: Any = stream.get_final_completion().choices[0].message
    else:
        message = (
            api.chat.completions.create(model="mock-openai", messages=messages, tools=[WEATHER]).choices[0].message
        )
    [call] = message.tool_calls
    assert (call.function.name, call.function.arguments) == ("get_weather", '{"city":"Paris"}')
    spoken = {"role": "assistant", "content": None, "tool_calls": [{"id": call.id, "type": "function"}]}
    spoken["tool_calls"][0]["function"] = {"name": call.function.name, "arguments": call.function.arguments}  # type: ignore[index]
    messages += [spoken, {"role": "tool", "tool_call_id": call.id, "content": "rain"}]
    last = api.chat.completions.create(model="mock-openai", messages=messages, tools=[WEATHER])
    assert "rain" in (last.choices[0].message.content or "")


@pytest.mark.parametrize("model", ["mock-openai", "mock-claude", "mock-gemini"])
def test_it_parses_structured_answers(api: openai.OpenAI, model: str) -> None:
    """The parse helper sends a schema and gets an instance of it."""
    reply = api.chat.completions.parse(model=model, messages=MESSAGES, response_format=Fruit)
    assert isinstance(reply.choices[0].message.parsed, Fruit)


def test_it_raises_the_right_errors(api: openai.OpenAI) -> None:
    """Each refusal becomes the client's exception for it, with param and code."""

    def ask(client: openai.OpenAI, **parameters: Any) -> None:
        client.chat.completions.create(**{"model": "mock-openai", "messages": MESSAGES, **parameters})

    with pytest.raises(openai.BadRequestError) as bad:
        ask(api, n=0)
    assert (bad.value.param, bad.value.code) == ("n", "integer_below_min_value")
    with pytest.raises(openai.NotFoundError) as unknown:
        ask(api, model="gpt-9")
    assert unknown.value.code == "model_not_found"
    with pytest.raises(openai.AuthenticationError):
        ask(api.with_options(api_key="wrong"))
    with pytest.raises(openai.LengthFinishReasonError):
        api.chat.completions.parse(model="mock-openai", messages=MESSAGES, response_format=Fruit, max_tokens=2)


def test_it_lists_models(api: openai.OpenAI) -> None:
    """models.list and models.retrieve give the same records."""
    listed = list(api.models.list())
    assert "mock-claude" in [model.id for model in listed]
    assert api.models.retrieve("vendor/gpt-4.1") in listed


def test_the_asynchronous_client_works_at_once(base_url: str) -> None:
    """Many requests at the same time are answered, each with its own text."""

    async def run() -> list[str | None]:
        async with openai.AsyncOpenAI(base_url=base_url, api_key="sk-test", max_retries=0) as api:

            async def one(number: int) -> str | None:
                prompt: Any = [{"role": "user", "content": f"Count from {number} to {number + 2}"}]
                reply = await api.chat.completions.create(model="mock-gemini", messages=prompt)
                return reply.choices[0].message.content

            return await asyncio.gather(*(one(number) for number in range(40)))

    assert asyncio.run(run()) == [f"{number} {number + 1} {number + 2}" for number in range(40)]
