"""The official OpenAI client reads the answers of the mock without an error."""

import asyncio
from collections.abc import Iterator
from typing import Any

import openai
import pydantic
import pytest

from conformance.mock.server.options import Options
from conformance.mock.server.serving import running

MESSAGES: list[Any] = [{"role": "user", "content": "Count from 1 to 5"}]
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class Fruit(pydantic.BaseModel):
    """The type of a structured answer."""

    name: str
    ripe: bool
    seeds: int


@pytest.fixture(scope="module")
def api(base_url: str) -> Iterator[openai.OpenAI]:
    """Yield the client without retries, so that every refusal is seen."""
    with openai.OpenAI(base_url=base_url, api_key="sk-test", max_retries=0) as api:
        yield api


@pytest.mark.parametrize("model", ["mock-openai", "mock-openai-reasoning", "mock-claude", "mock-gemini"])
def test_it_reads_an_answer(api: openai.OpenAI, model: str) -> None:
    """The client parses text, choices and usage."""
    reply = api.chat.completions.create(model=model, messages=MESSAGES)
    assert reply.choices[0].message.content == "1 2 3 4 5"
    assert reply.usage is not None
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens
    assert reply._request_id is not None


def test_it_reads_a_stream(api: openai.OpenAI) -> None:
    """The client's stream helper accumulates text, choices and usage."""
    options: Any = {"include_usage": True}
    with api.chat.completions.stream(model="mock-openai", messages=MESSAGES, n=2, stream_options=options) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    assert {"chunk", "content.delta", "content.done"} <= kinds
    assert [choice.message.content for choice in final.choices] == ["1 2 3 4 5"] * 2
    assert final.usage is not None


def test_it_reads_a_stream_chunk_by_chunk(api: openai.OpenAI) -> None:
    """A stream has one id, its text in pieces, one end, and only the usage in the last chunk."""
    options: Any = {"include_usage": True}
    with api.chat.completions.create(
        model="mock-claude", messages=MESSAGES, stream=True, stream_options=options
    ) as stream:
        *chunks, last = stream
    assert len({chunk.id for chunk in chunks}) == 1
    assert [chunk.choices[0].delta.content or "" for chunk in chunks] == ["", "1", " 2", " 3", " 4", " 5", ""]
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * 6 + ["stop"]
    assert {chunk.usage for chunk in chunks} == {None}
    assert last.choices == []
    assert last.usage is not None
    assert last.usage.completion_tokens == 5


def test_the_helper_emits_texts_and_log_probabilities(api: openai.OpenAI) -> None:
    """Its events have each piece with its log probabilities, and all of both at the end."""
    with api.chat.completions.stream(model="mock-openai", messages=MESSAGES, logprobs=True) as stream:
        events: list[Any] = list(stream)
    texts = [event.delta for event in events if event.type == "content.delta"]
    tokens = [entry.token for event in events if event.type == "logprobs.content.delta" for entry in event.content]
    assert [text for text in texts if text] == tokens == ["1", " 2", " 3", " 4", " 5"]
    assert [event.content for event in events if event.type == "content.done"] == ["1 2 3 4 5"]
    [whole] = [event.content for event in events if event.type == "logprobs.content.done"]
    assert [entry.token for entry in whole] == tokens


def test_the_helper_accumulates_several_calls(api: openai.OpenAI) -> None:
    """The fragments of each call come in order and parse into the parameters of its tool."""

    class Forecast(pydantic.BaseModel):
        """The parameters of the first tool."""

        city: str
        days: int

    class Clock(pydantic.BaseModel):
        """The parameters of the second tool."""

        zone: str

    tools: Any = [openai.pydantic_function_tool(model) for model in (Forecast, Clock)]
    asked: Any = [{"role": "user", "content": "Give me the forecast and the clock of Paris, 3 days."}]
    with api.chat.completions.stream(model="mock-gemini", messages=asked, tools=tools) as stream:
        events: list[Any] = list(stream)
        final = stream.get_final_completion()
    done = [event for event in events if event.type == "tool_calls.function.arguments.done"]
    assert [(event.index, event.name, event.parsed_arguments) for event in done] == [
        (0, "Forecast", Forecast(city="Paris", days=3)),
        (1, "Clock", Clock(zone="Paris")),
    ]
    deltas = [event for event in events if event.type == "tool_calls.function.arguments.delta"]
    for event in done:
        assert "".join(delta.arguments_delta for delta in deltas if delta.index == event.index) == event.arguments
    calls = final.choices[0].message.tool_calls or []
    assert [call.function.parsed_arguments for call in calls] == [event.parsed_arguments for event in done]
    assert len({call.id for call in calls}) == 2
    assert final.choices[0].finish_reason == "tool_calls"


def test_the_helper_parses_a_streamed_structure(api: openai.OpenAI) -> None:
    """The text of a stream is parsed; one that a cap cut raises an error."""
    with api.chat.completions.stream(model="mock-openai", messages=MESSAGES, response_format=Fruit) as stream:
        assert isinstance(stream.get_final_completion().choices[0].message.parsed, Fruit)
    with (
        pytest.raises(openai.LengthFinishReasonError) as cut,
        api.chat.completions.stream(
            model="mock-openai", messages=MESSAGES, response_format=Fruit, max_tokens=2
        ) as stream,
    ):
        stream.until_done()
    assert cut.value.completion.choices[0].finish_reason == "length"


def test_it_reads_log_probabilities(api: openai.OpenAI) -> None:
    """Each entry has a log probability, its bytes, and the requested number of alternatives, itself included."""
    asked: Any = [{"role": "user", "content": "Repeat exactly: çok güzel"}]
    reply = api.chat.completions.create(model="mock-openai", messages=asked, logprobs=True, top_logprobs=3)
    logprobs = reply.choices[0].logprobs
    assert logprobs is not None
    assert logprobs.content
    for entry in logprobs.content:
        assert entry.logprob <= 0
        assert bytes(entry.bytes or []).decode() == entry.token
        assert len(entry.top_logprobs) == 3
        assert entry.token in [alternative.token for alternative in entry.top_logprobs]


def test_it_reads_streamed_log_probabilities(api: openai.OpenAI) -> None:
    """The helper joins the log probabilities of all chunks."""
    with api.chat.completions.stream(model="mock-openai", messages=MESSAGES, logprobs=True, top_logprobs=2) as stream:
        final = stream.get_final_completion()
    logprobs = final.choices[0].logprobs
    assert logprobs is not None
    assert logprobs.content is not None
    assert "".join(entry.token for entry in logprobs.content) == "1 2 3 4 5"


@pytest.mark.parametrize("streamed", [False, True])
def test_it_runs_a_tool_turn(api: openai.OpenAI, streamed: bool) -> None:
    """A call, its result and the answer to it can be exchanged."""
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
    """Each refusal raises the client's exception for it, with param and code."""

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


@pytest.mark.parametrize("streamed", [False, True])
def test_a_filtered_structure_raises(streamed: bool) -> None:
    """If a content filter empties an answer, the client raises its error for that."""
    asked: Any = {"model": "mock-openai", "response_format": Fruit}
    with (
        running(Options(port=0, defects=("filters_answers",))) as url,
        openai.OpenAI(base_url=url, api_key="sk-test", max_retries=0) as api,
    ):

        def ask(number: int) -> None:
            prompt: Any = [{"role": "user", "content": f"Describe fruit {number}"}]
            if streamed:
                with api.chat.completions.stream(messages=prompt, **asked) as stream:
                    stream.until_done()
            else:
                api.chat.completions.parse(messages=prompt, **asked)

        def ask_often() -> None:
            for number in range(40):  # the filter blocks one prompt in five
                ask(number)

        with pytest.raises(openai.ContentFilterFinishReasonError):
            ask_often()


def test_it_waits_for_a_rate_limit() -> None:
    """A 429 raises RateLimitError; with retries the client gets its answer."""
    with (
        running(Options(port=0, defects=("limits_the_rate",))) as url,
        openai.OpenAI(base_url=url, api_key="sk-test", max_retries=0) as api,
    ):
        with pytest.raises(openai.RateLimitError) as limited:
            [api.models.list() for _ in range(100)]
        assert (limited.value.code, limited.value.response.headers["retry-after"]) == ("rate_limit_exceeded", "0")
        again = api.with_options(max_retries=20)
        replies = [
            again.chat.completions.with_raw_response.create(model="mock-openai", messages=MESSAGES) for _ in range(6)
        ]
        assert sum(reply.retries_taken for reply in replies) > 0


def test_raw_responses_carry_a_request_id(api: openai.OpenAI) -> None:
    """The client finds a request id in answers, streams and errors, and no two are the same."""
    ask = api.chat.completions
    raw = ask.with_raw_response.create(model="mock-openai", messages=MESSAGES)
    assert raw.status_code == 200
    assert raw.headers["content-type"] == "application/json"
    assert raw.parse()._request_id == raw.headers["x-request-id"] != ""
    with ask.with_streaming_response.create(model="mock-openai", messages=MESSAGES, stream=True) as streamed:
        assert streamed.headers["content-type"].startswith("text/event-stream")
        assert list(streamed.iter_lines())[-2] == "data: [DONE]"
    with pytest.raises(openai.NotFoundError) as missing:
        api.models.retrieve("gpt-9")
    assert missing.value.request_id == missing.value.response.headers["x-request-id"] != ""
    assert len({raw.headers["x-request-id"], streamed.headers["x-request-id"], missing.value.request_id}) == 3


@pytest.mark.parametrize("stream", [False, True])
def test_a_refusal_keeps_its_envelope(api: openai.OpenAI, stream: bool) -> None:
    """The client finds message, type, param and code in the body, whether the request is streamed or not."""
    with pytest.raises(openai.BadRequestError) as bad:
        api.chat.completions.create(model="mock-openai", messages=MESSAGES, temperature=3, stream=stream)
    assert isinstance(bad.value.body, dict)
    assert set(bad.value.body) == {"message", "type", "param", "code"}
    assert bad.value.body["message"] in bad.value.message
    assert (bad.value.type, bad.value.param) == ("invalid_request_error", "temperature")


def test_it_lists_models(api: openai.OpenAI) -> None:
    """models.list and models.retrieve return the same records."""
    listed = list(api.models.list())
    assert "mock-claude" in [model.id for model in listed]
    assert api.models.retrieve("vendor/gpt-4.1") in listed


def test_the_asynchronous_client_sends_many_requests_at_once(base_url: str) -> None:
    """Many requests at the same time get each their own text."""

    async def run() -> list[str | None]:
        async with openai.AsyncOpenAI(base_url=base_url, api_key="sk-test", max_retries=0) as api:

            async def one(number: int) -> str | None:
                prompt: Any = [{"role": "user", "content": f"Count from {number} to {number + 2}"}]
                reply = await api.chat.completions.create(model="mock-gemini", messages=prompt)
                return reply.choices[0].message.content

            return await asyncio.gather(*(one(number) for number in range(40)))

    assert asyncio.run(run()) == [f"{number} {number + 1} {number + 2}" for number in range(40)]


def test_the_asynchronous_client_reads_streams(base_url: str) -> None:
    """Streams with and without the helper, at the same time, get each their own text and usage."""

    async def run() -> list[str]:
        async with openai.AsyncOpenAI(base_url=base_url, api_key="sk-test", max_retries=0) as api:

            async def plain(prompt: Any) -> str:
                stream = await api.chat.completions.create(model="mock-claude", messages=prompt, stream=True)
                return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

            async def helped(prompt: Any) -> str:
                options: Any = {"include_usage": True}
                async with api.chat.completions.stream(
                    model="mock-openai", messages=prompt, stream_options=options
                ) as stream:
                    deltas = [event.delta async for event in stream if event.type == "content.delta"]
                    final = await stream.get_final_completion()
                assert "".join(deltas) == final.choices[0].message.content
                assert final.usage is not None
                assert final.usage.completion_tokens == 3
                return "".join(deltas)

            prompts = [[{"role": "user", "content": f"Count from {first} to {first + 2}"}] for first in range(8)]
            return await asyncio.gather(*(read(prompt) for prompt in prompts for read in (plain, helped)))

    assert asyncio.run(run()) == [f"{first} {first + 1} {first + 2}" for first in range(8) for _ in range(2)]
