"""The official Google client reads the answers of the mock without an error."""

import base64
from typing import Any

import pydantic
import pytest
from google import genai
from google.genai import errors, types

MODEL = "mock-gemini"
COUNT, QUESTION = "Count from 1 to 5", "What is the weather in Paris?"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
WEATHER: Any = {
    "name": "get_weather",
    "description": "Returns the weather of a city.",
    "parameters": {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]},
}
TOOLS: Any = [{"function_declarations": [WEATHER]}]


class Fruit(pydantic.BaseModel):
    """The type of a structured answer."""

    name: str
    ripe: bool
    seeds: int


@pytest.fixture(scope="module")
def api(base_url: str) -> genai.Client:
    """Return the client for the gateway."""
    return client(base_url, "sk-test")


def client(base_url: str, key: str) -> genai.Client:
    """Return a client for a gateway with a key."""
    options: Any = {"base_url": base_url.removesuffix("/v1"), "api_version": "v1beta"}  # as the documentation says
    return genai.Client(api_key=key, http_options=options)


def test_it_reads_an_answer(api: genai.Client) -> None:
    """The client parses text, the reason for the end and usage."""
    reply = api.models.generate_content(model=MODEL, contents=COUNT)
    assert reply.text == "1 2 3 4 5"
    [candidate] = reply.candidates or []
    assert candidate.finish_reason is types.FinishReason.STOP
    usage: Any = reply.usage_metadata
    thought = usage.thoughts_token_count or 0
    assert usage.total_token_count == usage.prompt_token_count + usage.candidates_token_count + thought


def test_it_reads_a_stream(api: genai.Client) -> None:
    """The text comes in several chunks, the reason for the end in the last one."""
    chunks = list(api.models.generate_content_stream(model=MODEL, contents=COUNT))
    assert len(chunks) > 1
    assert "".join(chunk.text or "" for chunk in chunks) == "1 2 3 4 5"
    ends = [chunk.candidates[0].finish_reason for chunk in chunks if chunk.candidates]
    assert [end for end in ends if end] == [types.FinishReason.STOP]
    assert ends[-1] is types.FinishReason.STOP


@pytest.mark.parametrize("streamed", [False, True])
def test_it_runs_a_tool_turn(api: genai.Client, streamed: bool) -> None:
    """A call, its result and the answer to it can be exchanged."""
    config: Any = {"tools": TOOLS}
    first: list[Any] = [types.Content(role="user", parts=[types.Part(text=QUESTION)])]
    if streamed:
        chunks = api.models.generate_content_stream(model=MODEL, contents=first, config=config)
        parts = [part for chunk in chunks for part in (chunk.candidates or [])[0].content.parts or []]  # type: ignore[union-attr]
    else:
        reply: Any = api.models.generate_content(model=MODEL, contents=first, config=config)
        parts = reply.candidates[0].content.parts
    [call] = [part.function_call for part in parts if part.function_call]
    assert (call.name, call.args) == ("get_weather", {"city": "Paris"})
    result = types.Part.from_function_response(name="get_weather", response={"weather": "rain"})
    turns = [*first, types.Content(role="model", parts=parts), types.Content(role="user", parts=[result])]
    last = api.models.generate_content(model=MODEL, contents=turns, config=config)
    assert "rain" in (last.text or "")


def test_it_calls_functions_by_itself(api: genai.Client) -> None:
    """A Python function is declared, called with the arguments of the model, and its result sent back."""
    asked = []

    def get_weather(city: str) -> str:
        """Returns the weather of a city."""
        asked.append(city)
        return "rain"

    reply = api.models.generate_content(model=MODEL, contents=QUESTION, config={"tools": [get_weather]})
    assert asked == ["Paris"]
    assert "rain" in (reply.text or "")


def test_it_parses_structured_answers(api: genai.Client) -> None:
    """A schema is sent, and an instance of it comes back."""
    config: Any = {"response_mime_type": "application/json", "response_schema": Fruit}
    reply = api.models.generate_content(model=MODEL, contents=COUNT, config=config)
    assert isinstance(reply.parsed, Fruit)


def test_it_shows_thoughts(api: genai.Client) -> None:
    """Thoughts that are asked for come as parts of their own, and are counted."""
    config: Any = {"thinking_config": {"include_thoughts": True, "thinking_budget": 512}}
    reply: Any = api.models.generate_content(model=MODEL, contents=COUNT, config=config)
    assert any(part.thought and part.text for part in reply.candidates[0].content.parts)
    assert reply.usage_metadata.thoughts_token_count > 0
    assert reply.text == "1 2 3 4 5"


def test_it_sends_images(api: genai.Client) -> None:
    """A picture beside a text is answered."""
    picture = types.Part.from_bytes(data=PIXEL, mime_type="image/png")
    reply = api.models.generate_content(model=MODEL, contents=[picture, "What colour is this picture?"])
    assert reply.text


def test_it_sets_system_stop_and_cap(api: genai.Client) -> None:
    """A stop sequence ends the text, and a cap cuts it."""
    config: Any = {"system_instruction": "You count.", "stop_sequences": ["4"]}
    stopped = api.models.generate_content(model=MODEL, contents=COUNT, config=config)
    assert (stopped.text or "").strip() == "1 2 3"
    cut: Any = {"max_output_tokens": 2, "thinking_config": {"thinking_budget": 0}}
    reply: Any = api.models.generate_content(model=MODEL, contents=COUNT, config=cut)
    assert reply.candidates[0].finish_reason is types.FinishReason.MAX_TOKENS


def test_it_counts_tokens(api: genai.Client) -> None:
    """The count is that of the answer's usage."""
    counted = api.models.count_tokens(model=MODEL, contents=COUNT)
    reply: Any = api.models.generate_content(model=MODEL, contents=COUNT)
    assert counted.total_tokens == reply.usage_metadata.prompt_token_count


def test_it_keeps_a_chat(api: genai.Client) -> None:
    """A chat sends its history along."""
    chat = api.chats.create(model=MODEL)
    assert chat.send_message(COUNT).text == "1 2 3 4 5"
    assert chat.send_message("Count from 6 to 8").text == "6 7 8"
    assert len(chat.get_history()) == 4


def test_it_raises_the_right_errors(api: genai.Client, base_url: str) -> None:
    """Each refusal raises the client's exception for it, with its code and status."""
    with pytest.raises(errors.ClientError) as bad:
        api.models.generate_content(model=MODEL, contents=COUNT, config={"temperature": 3})
    assert (bad.value.code, bad.value.status) == (400, "INVALID_ARGUMENT")
    with pytest.raises(errors.ClientError) as unknown:
        api.models.generate_content(model="gemini-none", contents=COUNT)
    assert (unknown.value.code, unknown.value.status) == (404, "NOT_FOUND")
    unknown_key = client(base_url, "wrong")  # kept, since the client closes its connections when it is collected
    with pytest.raises(errors.ClientError) as denied:
        unknown_key.models.generate_content(model=MODEL, contents=COUNT)
    assert denied.value.code in (400, 401)
    with pytest.raises(errors.ClientError):
        list(api.models.generate_content_stream(model=MODEL, contents=COUNT, config={"temperature": 3}))
