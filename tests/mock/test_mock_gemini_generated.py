"""Generated requests for content, valid and invalid: what the mock takes and answers must keep to the schemas of the wire."""

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
Post = Callable[..., httpx.Response]  # called with an operator and a body

TEXTS = st.sampled_from(["Count from 1 to 9.", "Use the tool.", "Write 9 words."]) | st.text(min_size=1, max_size=20)
PARTS = st.lists(TEXTS.map(lambda said: {"text": said}), min_size=1, max_size=2)
DECLARATION: Json = {
    "name": "look_up",
    "parameters": {"type": "OBJECT", "properties": {"word": {"type": "STRING"}}, "required": ["word"]},
}
TOOLS: list[Json] = [{"functionDeclarations": [DECLARATION]}]
USER: Json = {"role": "user", "parts": [{"text": "Count from 1 to 3."}]}
JSON_ANSWER: Json = {"responseMimeType": "application/json", "responseSchema": DECLARATION["parameters"]}


def calling(said: str) -> list[Json]:
    """Return a call and its result."""
    call = {"functionCall": {"name": "look_up", "args": {"word": "x"}}}
    result = {"functionResponse": {"name": "look_up", "response": {"said": said}}}
    return [{"role": "model", "parts": [call]}, {"role": "user", "parts": [result]}]


# A call may only follow the user, so that the model never speaks twice in a row.
SPOKEN = st.builds(
    lambda said, asked: [{"role": "model", "parts": said}, {"role": "user", "parts": asked}], PARTS, PARTS
)
CONVERSATIONS = st.lists(SPOKEN | TEXTS.map(calling), max_size=3).map(
    lambda turns: [USER, *(content for turn in turns for content in turn)]
)
CONFIG: dict[str, st.SearchStrategy[Any]] = {
    "temperature": st.sampled_from([0, 2]) | st.floats(0, 2),
    "topP": st.floats(0, 1),
    "topK": st.integers(1, 500) | st.just(3.0),
    "candidateCount": st.integers(1, 4),
    "maxOutputTokens": st.integers(1, 60),
    "stopSequences": st.lists(st.sampled_from(["7", " 4", "e", "zz"]), max_size=5),
    "seed": st.integers(-9, 9),
    "thinkingConfig": st.fixed_dictionaries(
        {}, optional={"includeThoughts": st.booleans(), "thinkingBudget": st.integers(-1, 1024)}
    ),
}
CONFIGS = st.builds(
    lambda config, form: {**config, **form},
    st.fixed_dictionaries({}, optional=CONFIG),
    st.sampled_from([{}, JSON_ANSWER]),
)
MODES = st.sampled_from(["AUTO", "ANY", "NONE", "VALIDATED"])
MORE: dict[str, st.SearchStrategy[Any]] = {
    "systemInstruction": PARTS.map(lambda parts: {"parts": parts}),
    "generationConfig": CONFIGS,
    "safetySettings": st.just([{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]),
}
WITH_TOOLS = st.just({}) | MODES.map(
    lambda mode: {"tools": TOOLS, "toolConfig": {"functionCallingConfig": {"mode": mode}}}
)
REQUESTS = st.builds(
    lambda contents, more, tools: {"contents": contents, **more, **tools},
    CONVERSATIONS,
    st.fixed_dictionaries({}, optional=MORE),
    WITH_TOOLS,
)
JUNK = st.sampled_from([7, True, "x", [7], {"x": 1}, None])
NOT_NUMBER = st.sampled_from([True, "warm", [], {}])
# Values that no document allows: of the request, and of its generationConfig.
WRONG: dict[str, st.SearchStrategy[Any]] = {
    "contents": st.sampled_from(["x", 7, [], [7], [{"role": "robot", "parts": [{"text": "x"}]}], [{"parts": 7}]]),
    "systemInstruction": st.sampled_from([7, True, [7], {"parts": [{"text": 7}]}]),
    "tools": st.sampled_from([7, "x", [7], [{"functionDeclarations": [{"name": "two words"}]}]]),
    "toolConfig": st.sampled_from([7, "ANY", {"functionCallingConfig": {"mode": "SOMETIMES"}}]),
    "safetySettings": st.sampled_from([7, "x", [7], [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "SOME"}]]),
    "generationConfig": st.sampled_from([7, "x", [7]]),
}
WRONG_CONFIG: dict[str, st.SearchStrategy[Any]] = {
    "temperature": st.floats(2.01, 9) | st.just(-1) | NOT_NUMBER,
    "topP": st.floats(1.01, 9) | st.just(-1) | NOT_NUMBER,
    "topK": st.just(-1) | NOT_NUMBER,
    "candidateCount": st.integers(max_value=0) | st.just(1.5) | NOT_NUMBER,
    "maxOutputTokens": st.integers(max_value=0) | st.just(1.5) | NOT_NUMBER,
    "stopSequences": st.sampled_from(["END", 7, [7], ["a", "b", "c", "d", "e", "f"]]),
    "responseMimeType": st.sampled_from(["text/html", 7, []]),
    "thinkingConfig": st.sampled_from([7, "x", {"thinkingBudget": "much"}, {"includeThoughts": "yes"}]),
}


@pytest.fixture(scope="module")
def post() -> Iterator[Post]:
    """Yield a function that posts to the application without a server, so that an exception is raised and no 500."""
    transport = httpx.ASGITransport(Gateway(Options(port=0)).app)
    headers = {"x-goog-api-key": "sk-test", "content-type": "application/json"}
    with asyncio.Runner() as runner:
        client = httpx.AsyncClient(transport=transport, base_url="http://mock/v1beta/models", headers=headers)
        yield lambda operator, body: runner.run(
            client.post(f"/mock-gemini:{operator}", content=json.dumps(body).encode())
        )
        runner.run(client.aclose())


def assert_within(body: Json, reply: Json) -> None:
    """Check that a response is valid and keeps to the candidates, the cap and the stop sequences of its request."""
    assert own_problem(reply, "wire/gemini-reply") is None, reply
    config = body.get("generationConfig", {})
    used, candidates = reply["usageMetadata"], reply["candidates"]
    assert [candidate.get("index", 0) for candidate in candidates] == list(range(config.get("candidateCount", 1)))
    spent = used.get("candidatesTokenCount", 0) + used.get("thoughtsTokenCount", 0)
    assert used["totalTokenCount"] == used["promptTokenCount"] + spent
    assert spent <= config.get("maxOutputTokens", spent) * len(candidates)
    said = [part["text"] for candidate in candidates for part in parts_of(candidate) if not part.get("thought")]
    assert not any(sequence in text for text in said for sequence in config.get("stopSequences", ()))


def parts_of(candidate: Json) -> list[Json]:
    """Return the parts of a candidate that are texts."""
    return [part for part in candidate.get("content", {}).get("parts", ()) if "text" in part]


@settings(max_examples=40)
@given(body=REQUESTS)
def test_a_valid_request_is_answered(post: Post, body: Json) -> None:
    """A valid request keeps to its schema, and is answered with a response that is valid and within its bounds."""
    assert own_problem(body, "wire/gemini-request") is None, body
    answer = post("generateContent", body)
    assert answer.status_code == 200, answer.text
    assert_within(body, answer.json())


@settings(max_examples=40)
@given(body=REQUESTS)
def test_every_response_of_a_stream_is_valid(post: Post, body: Json) -> None:
    """As events and as the items of an array it has the same valid responses, the last of which counts the tokens."""
    events = post("streamGenerateContent?alt=sse", body)
    items = post("streamGenerateContent", body)
    assert (events.status_code, items.status_code) == (200, 200), events.text
    chunks = [json.loads(event.data) for event in sse.parse(events.text).events]
    for chunk in chunks + items.json():
        assert own_problem(chunk, "wire/gemini-chunk") is None, chunk
    assert chunks[-1]["usageMetadata"]["totalTokenCount"] > 0
    finished = [
        candidate.get("index", 0)
        for chunk in chunks
        for candidate in chunk["candidates"]
        if "finishReason" in candidate
    ]
    assert sorted(finished) == list(range(body.get("generationConfig", {}).get("candidateCount", 1)))


@settings(max_examples=20)
@given(body=REQUESTS)
def test_a_count_is_valid(post: Post, body: Json) -> None:
    """The tokens of the contents are counted, and there are some."""
    answer = post("countTokens", {"contents": body["contents"]})
    assert answer.status_code == 200, answer.text
    assert own_problem(answer.json(), "wire/gemini-count") is None
    assert answer.json()["totalTokens"] > 0


@pytest.mark.parametrize("name", [*WRONG, *WRONG_CONFIG])
@settings(max_examples=8)
@given(data=st.data())
def test_a_wrong_value_is_refused(post: Post, name: str, data: st.DataObject) -> None:
    """A value that no document allows breaks the schema, and is refused with 400 and a valid error."""
    wrong = (
        {name: data.draw(WRONG[name])} if name in WRONG else {"generationConfig": {name: data.draw(WRONG_CONFIG[name])}}
    )
    more = {"tools": TOOLS} if name == "toolConfig" else {}
    body = {"contents": [USER], **more, **wrong}
    assert own_problem(body, "wire/gemini-request") is not None, body
    answer = post("generateContent", body)
    assert answer.status_code == 400, answer.text
    assert own_problem(answer.json(), "wire/gemini-error") is None


@settings(max_examples=40)
@given(body=REQUESTS, name=st.sampled_from(sorted([*MORE, "tools", "toolConfig"])), junk=JUNK)
def test_junk_makes_no_server_fail(post: Post, body: Json, name: str, junk: Any) -> None:
    """A request with junk in the place of a field is answered, or refused with 400 and a valid error."""
    answer = post("generateContent", {**body, name: junk})
    assert answer.status_code in (200, 400), answer.text
    assert own_problem(answer.json(), "wire/gemini-reply" if answer.is_success else "wire/gemini-error") is None
