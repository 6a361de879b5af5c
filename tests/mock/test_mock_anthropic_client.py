"""The official Anthropic client reads the answers of the mock without an error."""

from collections.abc import Iterator
from typing import Any

import anthropic
import pydantic
import pytest

MODEL = "mock-claude"
MESSAGES: list[Any] = [{"role": "user", "content": "Count from 1 to 5"}]
QUESTION: list[Any] = [{"role": "user", "content": "What is the weather in Paris?"}]
WEATHER: Any = {
    "name": "get_weather",
    "description": "Returns the weather of a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
THINKING: Any = {"type": "enabled", "budget_tokens": 1024}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="


class Fruit(pydantic.BaseModel):
    """The type of a structured answer."""

    name: str
    ripe: bool
    seeds: int


@pytest.fixture(scope="module")
def api(base_url: str) -> Iterator[anthropic.Anthropic]:
    """Yield the client without retries, so that every refusal is seen."""
    with anthropic.Anthropic(base_url=base_url.removesuffix("/v1"), api_key="sk-test", max_retries=0) as api:
        yield api


def test_it_reads_an_answer(api: anthropic.Anthropic) -> None:
    """The client parses text, the reason for the end, usage and the request id."""
    reply = api.messages.create(model=MODEL, max_tokens=100, messages=MESSAGES)
    assert [block.type for block in reply.content] == ["text"]
    assert reply.content[0].text == "1 2 3 4 5"  # type: ignore[union-attr]
    assert reply.stop_reason == "end_turn"
    assert reply.usage.input_tokens > 0
    assert reply.usage.output_tokens == 5
    assert reply._request_id


def test_it_reads_a_stream(api: anthropic.Anthropic) -> None:
    """The stream helper emits pieces of the text, and accumulates the message."""
    with api.messages.stream(model=MODEL, max_tokens=100, messages=MESSAGES) as stream:
        pieces = list(stream.text_stream)
        final = stream.get_final_message()
    assert len(pieces) > 1
    assert "".join(pieces) == "1 2 3 4 5"
    assert final.stop_reason == "end_turn"
    assert final.usage.output_tokens == 5


def test_it_reads_a_stream_event_by_event(api: anthropic.Anthropic) -> None:
    """The events come in the documented order."""
    with api.messages.create(model=MODEL, max_tokens=100, messages=MESSAGES, stream=True) as stream:
        kinds = [event.type for event in stream]
    deltas = ["content_block_delta"] * 5
    assert kinds == [
        *("message_start", "content_block_start"),
        *deltas,
        *("content_block_stop", "message_delta", "message_stop"),
    ]


@pytest.mark.parametrize("streamed", [False, True])
def test_it_runs_a_tool_turn(api: anthropic.Anthropic, streamed: bool) -> None:
    """A call, its result and the answer to it can be exchanged."""
    asked: Any = {"model": MODEL, "max_tokens": 200, "tools": [WEATHER]}
    if streamed:
        with api.messages.stream(messages=QUESTION, **asked) as stream:
            reply: Any = stream.get_final_message()
    else:
        reply = api.messages.create(messages=QUESTION, **asked)
    assert reply.stop_reason == "tool_use"
    [call] = [block for block in reply.content if block.type == "tool_use"]
    assert (call.name, call.input) == ("get_weather", {"city": "Paris"})
    result: Any = {"type": "tool_result", "tool_use_id": call.id, "content": "rain"}
    turns = [*QUESTION, {"role": "assistant", "content": reply.content}, {"role": "user", "content": [result]}]
    last: Any = api.messages.create(messages=turns, **asked)
    assert "rain" in last.content[0].text


@pytest.mark.parametrize("streamed", [False, True])
def test_thinking_comes_with_a_signature_that_goes_back(api: anthropic.Anthropic, streamed: bool) -> None:
    """A thinking block is accepted in the next turn as it came, and refused with another signature."""
    asked: Any = {"model": MODEL, "max_tokens": 2000, "tools": [WEATHER], "thinking": THINKING}
    if streamed:
        with api.messages.stream(messages=QUESTION, **asked) as stream:
            reply: Any = stream.get_final_message()
    else:
        reply = api.messages.create(messages=QUESTION, **asked)
    thought, call = reply.content
    assert thought.thinking
    assert thought.signature
    result: Any = {"type": "tool_result", "tool_use_id": call.id, "content": "rain"}

    def again() -> Any:
        turns = [*QUESTION, {"role": "assistant", "content": [thought, call]}, {"role": "user", "content": [result]}]
        return api.messages.create(messages=turns, **asked)

    assert "rain" in again().content[-1].text
    thought.signature = "x" + thought.signature[1:]
    with pytest.raises(anthropic.BadRequestError):
        again()


def test_it_parses_structured_answers(api: anthropic.Anthropic) -> None:
    """The parse helper sends a schema and gets an instance of it."""
    reply = api.messages.parse(model=MODEL, max_tokens=200, messages=MESSAGES, output_format=Fruit)
    assert isinstance(reply.parsed_output, Fruit)


def test_it_sends_images(api: anthropic.Anthropic) -> None:
    """A picture in base64 beside a text is answered."""
    source = {"type": "base64", "media_type": "image/png", "data": PIXEL}
    parts = [{"type": "image", "source": source}, {"type": "text", "text": "What colour is this picture?"}]
    asked: Any = [{"role": "user", "content": parts}]
    reply = api.messages.create(model=MODEL, max_tokens=100, messages=asked)
    assert reply.content[0].text  # type: ignore[union-attr]


def test_it_sets_system_and_stop_sequences(api: anthropic.Anthropic) -> None:
    """A stop sequence ends the text and is named; a cap cuts it."""
    asked: Any = {"model": MODEL, "messages": MESSAGES, "system": "You count."}
    stopped: Any = api.messages.create(max_tokens=100, stop_sequences=["4"], **asked)
    assert (stopped.stop_reason, stopped.stop_sequence) == ("stop_sequence", "4")
    assert stopped.content[0].text.strip() == "1 2 3"
    assert api.messages.create(max_tokens=2, **asked).stop_reason == "max_tokens"


def test_it_counts_tokens(api: anthropic.Anthropic) -> None:
    """The count is that of the answer's usage."""
    counted = api.messages.count_tokens(model=MODEL, messages=MESSAGES)
    reply = api.messages.create(model=MODEL, max_tokens=10, messages=MESSAGES)
    assert counted.input_tokens == reply.usage.input_tokens


def test_it_raises_the_right_errors(api: anthropic.Anthropic) -> None:
    """Each refusal raises the client's exception for it, whether it is streamed or not."""
    with pytest.raises(anthropic.BadRequestError) as bad:
        api.messages.create(model=MODEL, max_tokens=0, messages=MESSAGES)
    assert bad.value.body["error"]["type"] == "invalid_request_error"  # type: ignore[index]
    with pytest.raises(anthropic.NotFoundError):
        api.messages.create(model="claude-9", max_tokens=10, messages=MESSAGES)
    with pytest.raises(anthropic.AuthenticationError):
        api.with_options(api_key="wrong").messages.create(model=MODEL, max_tokens=10, messages=MESSAGES)
    with (
        pytest.raises(anthropic.BadRequestError),
        api.messages.stream(model=MODEL, max_tokens=0, messages=MESSAGES) as stream,
    ):
        stream.until_done()


def test_it_sends_its_key_as_a_bearer_token(base_url: str) -> None:
    """The other way to send a key is answered as well."""
    url = base_url.removesuffix("/v1")
    with anthropic.Anthropic(base_url=url, auth_token="sk-test", api_key=None, max_retries=0) as api:
        reply = api.messages.create(model=MODEL, max_tokens=100, messages=MESSAGES)
    assert reply.stop_reason == "end_turn"
