"""The official OpenAI client reads the responses of the mock without an error."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pydantic
import pytest

MODEL, REASONING = "mock-openai", "mock-openai-reasoning"
COUNT, QUESTION = "Count from 1 to 5", "What is the weather in Paris?"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
WEATHER: Any = {
    "type": "function",
    "name": "get_weather",
    "description": "Returns the weather of a city.",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
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


def test_it_reads_an_answer(api: openai.OpenAI) -> None:
    """The client parses text, status and usage."""
    reply = api.responses.create(model=MODEL, input=COUNT)
    assert (reply.output_text, reply.status) == ("1 2 3 4 5", "completed")
    assert reply.usage is not None
    assert reply.usage.total_tokens == reply.usage.input_tokens + reply.usage.output_tokens


def test_it_reads_a_stream(api: openai.OpenAI) -> None:
    """The stream helper emits pieces of the text, and accumulates the response."""
    with api.responses.stream(model=MODEL, input=COUNT) as stream:
        pieces = [event.delta for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    assert len(pieces) > 1
    assert "".join(pieces) == final.output_text == "1 2 3 4 5"


def test_it_reads_a_stream_event_by_event(api: openai.OpenAI) -> None:
    """The events have numbers without a gap, and the last one has the response."""
    with api.responses.create(model=MODEL, input=COUNT, stream=True) as stream:
        events: list[Any] = list(stream)
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[-1].type == "response.completed"
    assert events[-1].response.output_text == "1 2 3 4 5"


@pytest.mark.parametrize("streamed", [False, True])
def test_it_runs_a_tool_turn(api: openai.OpenAI, streamed: bool) -> None:
    """A call, its result and the answer to it can be exchanged, with the items or by the id of the response."""
    asked: Any = {"model": MODEL, "tools": [WEATHER]}
    if streamed:
        with api.responses.stream(input=QUESTION, **asked) as stream:
            reply: Any = stream.get_final_response()
    else:
        reply = api.responses.create(input=QUESTION, **asked)
    [call] = [item for item in reply.output if item.type == "function_call"]
    assert (call.name, json.loads(call.arguments)) == ("get_weather", {"city": "Paris"})
    result: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "rain"}
    said: Any = {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments}
    last = api.responses.create(input=[{"role": "user", "content": QUESTION}, said, result], **asked)
    assert "rain" in last.output_text
    assert "rain" in api.responses.create(input=[result], previous_response_id=reply.id, **asked).output_text


@pytest.mark.parametrize("streamed", [False, True])
def test_it_parses_structured_answers(api: openai.OpenAI, streamed: bool) -> None:
    """The helpers send a schema and get an instance of it."""
    if streamed:
        with api.responses.stream(model=MODEL, input=COUNT, text_format=Fruit) as stream:
            reply = stream.get_final_response()
    else:
        reply = api.responses.parse(model=MODEL, input=COUNT, text_format=Fruit)
    assert isinstance(reply.output_parsed, Fruit)


def test_it_sends_images(api: openai.OpenAI) -> None:
    """A picture beside a text is answered."""
    url = f"data:image/png;base64,{PIXEL}"
    parts = [{"type": "input_text", "text": "What colour is this?"}, {"type": "input_image", "image_url": url}]
    asked: Any = [{"role": "user", "content": parts}]
    assert api.responses.create(model=MODEL, input=asked).output_text


def test_reasoning_goes_back_encrypted(api: openai.OpenAI) -> None:
    """An item of reasoning comes with its summary and encrypted content, which the next turn takes."""
    asked: Any = {
        "model": REASONING,
        "store": False,
        "reasoning": {"effort": "medium", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
        "tools": [WEATHER],
    }
    reply: Any = api.responses.create(input=QUESTION, **asked)
    thought = next(item for item in reply.output if item.type == "reasoning")
    assert thought.encrypted_content
    call = next(item for item in reply.output if item.type == "function_call")
    result: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "rain"}
    items = [item.model_dump(exclude_none=True) for item in reply.output]
    last = api.responses.create(input=[{"role": "user", "content": QUESTION}, *items, result], **asked)
    assert "rain" in last.output_text


def test_it_keeps_responses(api: openai.OpenAI) -> None:
    """A stored response can be retrieved, its input listed, gone on from, and deleted."""
    reply = api.responses.create(model=MODEL, input=COUNT)
    assert api.responses.retrieve(reply.id).output_text == "1 2 3 4 5"
    assert [item.type for item in api.responses.input_items.list(reply.id)] == ["message"]
    after = api.responses.create(model=MODEL, input="Count from 6 to 8", previous_response_id=reply.id)
    assert after.output_text == "6 7 8"
    api.responses.delete(reply.id)
    with pytest.raises(openai.NotFoundError):
        api.responses.retrieve(reply.id)


def test_it_takes_what_codex_says_about_itself(api: openai.OpenAI) -> None:
    """The field that Codex sends with each request is accepted."""
    about: Any = {"client_metadata": {"x-codex-installation-id": "1"}}
    assert api.responses.create(model=MODEL, input=COUNT, extra_body=about).output_text == "1 2 3 4 5"


def test_it_raises_the_right_errors(api: openai.OpenAI) -> None:
    """Each refusal raises the client's exception for it, with param and code, whether it is streamed or not."""
    with pytest.raises(openai.BadRequestError) as bad:
        api.responses.create(model=MODEL, input=COUNT, temperature=3)
    assert bad.value.param == "temperature"
    with pytest.raises(openai.NotFoundError) as unknown:
        api.responses.create(model="gpt-9", input=COUNT)
    assert unknown.value.code == "model_not_found"
    with pytest.raises(openai.AuthenticationError):
        api.with_options(api_key="wrong").responses.create(model=MODEL, input=COUNT)
    with pytest.raises(openai.BadRequestError), api.responses.stream(model=MODEL, input=COUNT, temperature=3) as stream:
        stream.until_done()
