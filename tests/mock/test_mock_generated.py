"""Generated requests, valid and invalid: every answer must keep to the schemas of the wire.

What each model accepts is stated here independently of the mock's own tables.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from conformance.base.validation import own_problem, problem
from conformance.http import sse
from conformance.mock.server.app import Gateway
from conformance.mock.server.options import Options

Json = dict[str, Any]
Post = Callable[[Any], httpx.Response]  # called with a body as bytes or as an object
Table = dict[str, st.SearchStrategy[Any]]

OPENAI, REASONING, CLAUDE, GEMINI = MODELS = ("mock-openai", "mock-openai-reasoning", "mock-claude", "mock-gemini")
PROMPTS = ("Count from 1 to 9.", "Write 9 words about rivers.", "Use the tool. What is 7 in Paris? Answer as JSON.", "")
USER = {"role": "user", "content": "Count from 1 to 3."}

# ------------------------------------------------------------------ building blocks

CHARACTERS = st.characters()  # also halves of surrogate pairs
TEXTS = st.sampled_from(PROMPTS) | st.text(CHARACTERS, max_size=30)
NAMES = st.from_regex(r"[a-zA-Z0-9_-]{1,64}", fullmatch=True)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
ATOMS = st.none() | st.booleans() | st.integers() | FINITE | st.text(CHARACTERS, max_size=5)
JUNK = st.recursive(ATOMS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))
UNKNOWN = dict.fromkeys(("x_unknown", "Temperature", ""), JUNK)
NOT_TEXT = st.booleans() | st.integers() | FINITE | st.just([]) | st.just({})
NOT_LIST = st.booleans() | st.integers() | st.text(min_size=1, max_size=3) | st.just({})
NOT_OBJECT = st.booleans() | st.integers() | st.text(max_size=3) | st.just([])
NOT_NUMBER = st.booleans() | st.text(max_size=3) | st.lists(st.integers(), max_size=2) | st.just({})
NOT_BOOLEAN = st.integers() | st.sampled_from(("true", "false", "yes", "", [], {}))
FRACTIONS = st.floats(-9, 9).filter(lambda number: not number.is_integer())


def numbers(low: float, high: float) -> st.SearchStrategy[Any]:
    """Return a strategy for both limits, and for integers and fractions between them."""
    return st.sampled_from([low, high]) | st.floats(low, high) | st.integers(int(low), int(high))


def bad_numbers(low: float, high: float) -> st.SearchStrategy[Any]:
    """Return a strategy for other types, and for numbers beyond both limits."""
    below = st.floats(max_value=low, exclude_max=True, allow_infinity=False) | st.integers(max_value=int(low) - 1)
    above = st.floats(min_value=high, exclude_min=True, allow_infinity=False) | st.integers(min_value=int(high) + 1)
    return below | above | NOT_NUMBER


def bad_integers(low: int, high: int | None) -> st.SearchStrategy[Any]:
    """Return a strategy for other types, fractions, and integers beyond the limits."""
    below = st.integers(max_value=low - 1) | FRACTIONS | NOT_NUMBER
    return below if high is None else below | st.integers(min_value=high + 1)


def stops(most: int) -> st.SearchStrategy[Any]:
    """Return a strategy for one stop sequence or several."""
    sequence = st.sampled_from(["7", " 4", "e", "zz"]) | st.text(CHARACTERS, min_size=1, max_size=4)
    return sequence | st.lists(sequence, min_size=1, max_size=most)


def bad_stops(most: int) -> st.SearchStrategy[Any]:
    """Return a strategy for too many stop sequences, empty ones, and other types."""
    many = st.lists(st.text(min_size=1, max_size=3), min_size=most + 1, max_size=most + 9)
    return many | st.sampled_from(["", [""], ["a", ""], [7], [None], [["a"]], 7, True, {}])


# ------------------------------------------------------------------ schemas inside requests

LEAVES: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(
        [
            {"type": "boolean"},
            {"type": "null"},
            {"type": ["string", "null"]},
            {"type": "string", "format": "date"},
            {"type": "string", "pattern": r"^\d+$"},
            {"const": {"a": [1]}},
            {"$ref": "#/$defs/leaf"},
        ]
    ),
    st.lists(st.text(max_size=3) | st.integers() | st.none(), min_size=1, max_size=3).map(
        lambda values: {"enum": values}
    ),
    st.tuples(st.integers(-50, 50), st.integers(0, 20), st.sampled_from(["integer", "number"])).map(
        lambda drawn: {"type": drawn[2], "minimum": drawn[0], "maximum": drawn[0] + drawn[1]}
    ),
    st.tuples(st.integers(0, 8), st.integers(0, 8)).map(
        lambda drawn: {"type": "string", "minLength": drawn[0], "maxLength": sum(drawn)}
    ),
    st.integers(1, 9).map(lambda step: {"type": "integer", "multipleOf": step, "exclusiveMinimum": step}),
)


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return a strategy for arrays, objects and alternatives of schemas."""
    counts = st.tuples(st.integers(0, 2), st.integers(0, 2))
    return (
        st.tuples(inner, counts).map(
            lambda drawn: {"type": "array", "items": drawn[0], "minItems": drawn[1][0], "maxItems": sum(drawn[1])}
        )
        | objects(inner)
        | st.lists(inner, min_size=1, max_size=2).map(lambda options: {"anyOf": options})
    )


@st.composite
def objects(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> Json:
    """Draw the schema of an object with some properties required."""
    properties = draw(st.dictionaries(st.sampled_from("abcd") | st.text(max_size=4), inner, max_size=3))
    required = draw(st.lists(st.sampled_from(sorted(properties)), unique=True)) if properties else []
    closed = draw(st.sampled_from([{}, {"additionalProperties": False}]))
    return {"type": "object", "properties": properties, "required": required, **closed}


SCHEMAS = objects(st.recursive(LEAVES, nested, max_leaves=6)).map(
    lambda schema: {**schema, "$defs": {"leaf": {"type": "integer"}}}
)
SELF = {"$ref": "#/properties/a"}


def with_property(part: Any) -> Json:
    """Return the schema of an object with one property of this schema."""
    return {"type": "object", "properties": {"a": part}, "required": ["a"]}


BAD_SCHEMAS = st.sampled_from(
    [
        with_property(part)
        for part in (
            *({"type": kind} for kind in ("blob", 7, [], [7])),
            *({"enum": values} for values in ([], 7)),
            *({"anyOf": options} for options in ([], 7, [7])),
            *({"properties": value} for value in (7, {"b": 7})),
            {"type": "string", "pattern": "("},
            {"type": "string", "minLength": "x"},
            {"type": "integer", "multipleOf": 0},
            {"type": "integer", "minimum": "0"},
            {"type": "array", "items": 7},
            {"required": "b"},
            {"$ref": 7},
            7,
        )
    ]
)
IMPOSSIBLE = st.sampled_from(
    [
        with_property({"type": "string", "minLength": 10**9}),
        with_property({"type": "array", "minItems": 10**9}),
        with_property({"allOf": [SELF]}),
        with_property({"type": "object", "required": ["b", "c"], "properties": {"b": SELF, "c": SELF}}),
    ]
)


def tool(name: str, parameters: Any = None) -> Json:
    """Return a function tool, with a schema or without."""
    return {"type": "function", "function": {"name": name} | ({} if parameters is None else {"parameters": parameters})}


TOOLS = st.dictionaries(NAMES, st.none() | SCHEMAS, min_size=1, max_size=3).map(
    lambda functions: [tool(*function) for function in functions.items()]
)
BAD_TOOLS = st.one_of(
    NOT_LIST,
    st.sampled_from([[], [7], [{}], [{"type": "function"}], [{"type": "robot", "function": {"name": "a"}}]]),
    st.sampled_from(["", "a b", "é", "a" * 65, 7, "f\n"]).map(lambda name: [tool(name)]),  # type: ignore[arg-type]
    st.just([tool(f"f{number}") for number in range(129)]),
    BAD_SCHEMAS.map(lambda schema: [tool("f", schema)]),
)


def structured(schema: Any) -> Json:
    """Return a response_format for instances of a schema."""
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}


BAD_FORMATS = st.one_of(
    NOT_OBJECT,
    st.sampled_from(
        [
            {},
            {"type": "xml"},
            {"type": 7},
            {"type": "json_schema"},
            {"type": "json_schema", "json_schema": {"name": "a"}},
            {"type": "json_schema", "json_schema": {"schema": {}}},
            {"type": "json_schema", "json_schema": {"name": "a b", "schema": {}}},
            {"type": "json_schema", "json_schema": {"name": "a", "schema": []}},
        ]
    ),
    BAD_SCHEMAS.map(structured),
    IMPOSSIBLE.map(structured),
)

# ------------------------------------------------------------------ conversations

PARTS = st.one_of(
    TEXTS.map(lambda text: {"type": "text", "text": text}),
    st.sampled_from(
        [
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}},
            {"type": "image_url", "image_url": {"url": "https://example.com/é.png"}},
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
            {"type": "file", "file": {"file_id": "file-1"}},
        ]
    ),
)
CONTENTS = TEXTS | st.lists(PARTS, max_size=3)
SPOKEN = st.fixed_dictionaries(
    {"role": st.sampled_from(["developer", "system", "user", "assistant"]), "content": CONTENTS},
    optional={"name": st.text(max_size=5)},
).map(lambda message: [message])


@st.composite
def calling(draw: st.DrawFn) -> list[Json]:
    """Draw an assistant message with tool calls, and tool messages with the results in any order."""
    ids = draw(st.lists(st.text(CHARACTERS, min_size=1, max_size=4), min_size=1, max_size=3, unique=True))
    functions = [{"name": draw(NAMES), "arguments": draw(st.just("{}") | st.text(max_size=4))} for _ in ids]
    calls = [
        {"id": name, "type": "function", "function": function} for name, function in zip(ids, functions, strict=True)
    ]
    content: Json = draw(st.sampled_from([{}, {"content": None}, {"content": ""}]))
    results = [{"role": "tool", "tool_call_id": name, "content": draw(CONTENTS)} for name in draw(st.permutations(ids))]
    return [{"role": "assistant", "tool_calls": calls, **content}, *results]


CONVERSATIONS = st.lists(SPOKEN | calling(), min_size=1, max_size=4).map(lambda turns: list(chain(*turns)))
CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CALLS = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "4"}
BAD_MESSAGES = st.one_of(
    NOT_OBJECT,
    st.sampled_from([{}, {"content": "x"}, {"role": "user"}, {"role": "assistant", "content": None}, RESULT]),
    st.sampled_from([{"role": role, "content": "x"} for role in ("robot", "", "User", 7, [], {})]),
    (st.booleans() | st.integers() | st.just({})).map(lambda content: {"role": "user", "content": content}),
    st.sampled_from(
        [
            {"role": "user", "content": [part]}
            for part in (
                *(7, "x", None, {}, {"type": "smell"}, {"type": []}, {"type": "text"}, {"type": "text", "text": 7}),
                *({"type": "image_url", "image_url": image} for image in (None, 7, "x", {}, {"url": 7})),
                *({"type": kind} for kind in ("image_url", "input_audio", "file", "refusal")),
            )
        ]
    ),
    st.sampled_from(
        [
            {"role": "assistant", "content": "x", "tool_calls": calls}
            for calls in (
                *(7, "x", [7], [{}], [CALL], [{"id": "a"}], [{**CALL, "id": 7}], [{**CALL, "function": 7}]),
                *([{**CALL, "function": function}] for function in ({"name": "f"}, {"name": "f", "arguments": {}})),
            )
        ]
    ),
).map(lambda message: [USER, message])
BAD_CONVERSATIONS = BAD_MESSAGES | st.sampled_from(
    [
        "x",
        7,
        True,
        {},
        [],
        None,
        [USER, CALLS, USER],
        [USER, CALLS, RESULT, RESULT],
        [CALLS, {**RESULT, "content": None}],
    ]
)

# ------------------------------------------------------------------ what each model accepts, and what it refuses

MOST_CHOICES = {OPENAI: 128, REASONING: 128, CLAUDE: 1, GEMINI: 8}
MOST_STOPS = {OPENAI: 4, CLAUDE: 4, GEMINI: 5}
PAIRS = st.dictionaries(st.text(max_size=64), st.text(max_size=512), max_size=2)
OPENAI_PARAMETERS: Table = {
    "service_tier": st.sampled_from(["auto", "default", "flex", "priority"]),
    "seed": st.integers(-(2**63), 2**63 - 1),
    "user": st.text(CHARACTERS, max_size=9),
    "metadata": PAIRS,
    "store": st.booleans(),
}
COMMON_PARAMETERS: Table = {"max_completion_tokens": st.integers(1, 60)}
SAMPLING_PARAMETERS: Table = {"temperature": numbers(0, 2), "top_p": numbers(0, 1)}
BIASES = st.dictionaries(st.integers(0, 10**6).map(str), numbers(-100, 100), max_size=3)
ACCEPTED: dict[str, Table] = {
    OPENAI: COMMON_PARAMETERS
    | OPENAI_PARAMETERS
    | SAMPLING_PARAMETERS
    | {"presence_penalty": numbers(-2, 2), "frequency_penalty": numbers(-2, 2), "logit_bias": BIASES},
    REASONING: COMMON_PARAMETERS | OPENAI_PARAMETERS | {"reasoning_effort": st.sampled_from(["low", "medium", "high"])},
    CLAUDE: COMMON_PARAMETERS | SAMPLING_PARAMETERS | {"x_unknown": JUNK, "logprobs": JUNK, "reasoning_effort": JUNK},
    GEMINI: COMMON_PARAMETERS | SAMPLING_PARAMETERS | {"presence_penalty": JUNK, "seed": JUNK, "logit_bias": JUNK},
}

FORMATS = st.sampled_from([{"type": "text"}, {"type": "text", "x": 1}]) | SCHEMAS.map(structured)
VALID_ANYWHERE: Table = {
    "messages": CONVERSATIONS,
    "max_completion_tokens": st.integers(1, 10**6) | st.none(),
    "response_format": FORMATS | st.none(),
    "tools": TOOLS | st.none(),
    "tool_choice": st.sampled_from(["auto", "none", "required", tool("f"), None]),
    "parallel_tool_calls": st.booleans() | st.none(),
    "stream": st.booleans() | st.none(),
    "stream_options": st.sampled_from([{}, {"include_usage": True}, {"include_usage": False}, None]),
}
VALID: dict[str, Table] = {
    model: VALID_ANYWHERE
    | {name: values if name == "x_unknown" else values | st.none() for name, values in ACCEPTED[model].items()}
    | {"n": st.integers(1, MOST_CHOICES[model]) | st.none()}
    | ({"max_tokens": st.integers(1, 10**6) | st.none()} if model != REASONING else {})
    | ({"stop": stops(MOST_STOPS[model]) | st.none()} if model in MOST_STOPS else {})
    | ({"logprobs": st.booleans(), "top_logprobs": st.integers(0, 20) | st.none()} if model == OPENAI else {})
    for model in MODELS
}
BAD_ANYWHERE: Table = {
    "messages": BAD_CONVERSATIONS,
    "model": st.sampled_from([None, "", "gpt-9", 7, [], {}, True, "\ud800"]),
    "max_completion_tokens": bad_integers(1, None),
    "response_format": BAD_FORMATS,
    "tools": BAD_TOOLS,
    "tool_choice": st.just("some") | st.just({"type": "function", "function": {"name": "undeclared-"}}) | st.integers(),
    "parallel_tool_calls": NOT_BOOLEAN,
    "stream": NOT_BOOLEAN,
    "stream_options": NOT_OBJECT | st.sampled_from([{"include_usage": "yes"}, {"include_usage": 1}]),
}
BAD_SAMPLING: Table = {
    "temperature": bad_numbers(0, 2),
    "top_p": bad_numbers(0, 1),
    "max_tokens": bad_integers(1, None),
}
BAD_OPENAI: Table = {
    "service_tier": NOT_TEXT | st.just("first class"),
    "seed": st.integers(min_value=2**63) | FRACTIONS | NOT_NUMBER,
    "metadata": NOT_OBJECT
    | st.just({"a": 7})
    | st.just({"a" * 65: "x"})
    | st.just(dict.fromkeys(map(str, range(17)), "")),
    "user": NOT_TEXT,
}
ANY_VALUE = st.sampled_from([0, 1, 0.5, True, "low", "7", ["7"], {}])
REFUSED: dict[str, Table] = {
    OPENAI: BAD_ANYWHERE
    | UNKNOWN
    | BAD_SAMPLING
    | BAD_OPENAI
    | {
        "n": bad_integers(1, 128),
        "stop": bad_stops(4),
        "presence_penalty": bad_numbers(-2, 2),
        "frequency_penalty": bad_numbers(-2, 2),
        "logit_bias": NOT_OBJECT | st.sampled_from([{"7": 101}, {"7": -100.5}, {"7": "1"}, {"x": 1}, {"-1": 1}]),
        "logprobs": NOT_BOOLEAN,
        "top_logprobs": bad_integers(0, 20),
        "reasoning_effort": st.sampled_from(["low", "medium", "high"]),
    },
    REASONING: BAD_ANYWHERE
    | UNKNOWN
    | BAD_OPENAI
    | dict.fromkeys(("temperature", "top_p", "stop", "presence_penalty", "frequency_penalty", "logit_bias"), ANY_VALUE)
    | dict.fromkeys(("logprobs", "top_logprobs", "max_tokens"), ANY_VALUE)
    | {"n": bad_integers(1, 128), "reasoning_effort": NOT_TEXT | st.just("maximal")},
    CLAUDE: BAD_ANYWHERE | BAD_SAMPLING | {"n": bad_integers(1, None), "stop": bad_stops(4)},
    GEMINI: BAD_ANYWHERE | UNKNOWN | BAD_SAMPLING | {"n": bad_integers(1, 8), "stop": bad_stops(5)},
}

# ------------------------------------------------------------------ whole requests


def dependent_parameters(draw: st.DrawFn, model: str, messages: list[Json]) -> Iterator[Json]:
    """Yield parameters that depend on each other or on the model, or that cost much in large numbers."""
    most = MOST_CHOICES[model]
    yield draw(
        st.sampled_from([{}, {"n": None}, {"n": 1}, {"n": min(3, most)}, {"n": most, "max_completion_tokens": 2}])
    )
    if model in MOST_STOPS and draw(st.booleans()):
        yield {"stop": draw(stops(MOST_STOPS[model]))}
    if model == OPENAI and draw(st.booleans()):
        yield {"logprobs": True, **draw(st.sampled_from([{}, {"top_logprobs": 0}, {"top_logprobs": 20}]))}
    if draw(st.booleans()):
        tools = draw(TOOLS)
        named = {"type": "function", "function": {"name": tools[-1]["function"]["name"]}}
        yield {"tools": tools}
        yield draw(st.sampled_from([{}, *({"tool_choice": value} for value in ("auto", "none", "required", named))]))
        yield draw(st.sampled_from([{}, {"parallel_tool_calls": False}]))
    forms = [{}, {"type": "text"}, structured(draw(SCHEMAS)), *([{"type": "json_object"}] * (model != CLAUDE))]
    form = draw(st.sampled_from(forms))
    if form:
        yield {"response_format": form}
    if form == {"type": "json_object"}:
        yield {"messages": [{"role": "system", "content": "JSON!"}, *messages]}


@st.composite
def valid(draw: st.DrawFn, models: tuple[str, ...] = MODELS) -> Json:
    """Draw a valid request without stream, in which null stands for parameters that are left out."""
    model = draw(st.sampled_from(models))
    body = {"model": model, "messages": draw(CONVERSATIONS)}
    for name, values in ACCEPTED[model].items():
        if draw(st.integers(0, 3)) == 0:
            body[name] = draw(values | st.none()) if name != "x_unknown" else draw(values)
    for more in dependent_parameters(draw, model, body["messages"]):
        body |= more
    return body


def request_with(model: str, name: str, value: Any) -> Json:
    """Return a small request with one parameter, and with those that it requires."""
    required: Json = {"messages": [USER]}
    if name in ("tool_choice", "parallel_tool_calls"):
        required |= {"tools": [tool("f")]}
    if name == "top_logprobs":
        required |= {"logprobs": True}
    if name == "stream_options":
        required |= {"stream": True}
    return {"model": model, **required, name: value}


def rows(table: dict[str, Table]) -> Any:
    """Return a mark that makes a test of each parameter of each model."""
    pairs = [(model, name) for model, values in table.items() for name in values]
    return pytest.mark.parametrize(("model", "name"), pairs)


@st.composite
def with_junk(draw: st.DrawFn) -> Json:
    """Draw a valid request with junk at some places, which may be valid or not."""
    body = json.loads(json.dumps(draw(valid())))
    for _ in range(draw(st.integers(1, 3))):
        container: Any = body
        while True:
            key = draw(st.sampled_from(sorted(container) if isinstance(container, dict) else range(len(container))))
            if not isinstance(container[key], dict | list) or not container[key] or draw(st.integers(0, 3)) == 0:
                break
            container = container[key]
        container[key] = draw(JUNK)
    return body


# ------------------------------------------------------------------ checks


@pytest.fixture(scope="module")
def post() -> Iterator[Post]:
    """Yield a function that posts to the application without a server, so that an exception is raised and no 500."""
    transport = httpx.ASGITransport(Gateway(Options(port=0)).app)
    headers = {"authorization": "Bearer sk-test", "content-type": "application/json"}
    with asyncio.Runner() as runner:
        client = httpx.AsyncClient(transport=transport, base_url="http://mock/v1", headers=headers)

        def ask(body: Any) -> httpx.Response:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            return runner.run(client.post("/chat/completions", content=content))

        yield ask
        runner.run(client.aclose())


def assert_valid(document: Any, name: str) -> None:
    """Check a document against the schema and its strict layer; without the latter if a cap cut it, anywhere in its arguments."""
    cut = any(choice.get("finish_reason") == "length" for choice in document.get("choices", []))
    for layer in (f"wire/{name}", *([] if cut else [f"wire/{name}-strict"])):
        assert own_problem(document, layer) is None, document


def chunks_of(answer: httpx.Response) -> list[Json]:
    """Return the chunks of a stream without [DONE], after checking each of them."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    *events, done = [event.data for event in sse.parse(answer.text).events]
    assert done == "[DONE]"
    chunks: list[Json] = [json.loads(event) for event in events]
    for chunk in chunks:
        assert_valid(chunk, "chat-chunk")
    assert len({(chunk["id"], chunk["created"], chunk["model"]) for chunk in chunks}) == 1
    return chunks


def joined(chunks: list[Json]) -> dict[int, Json]:
    """Return the text, calls, log probabilities and finish_reason that the chunks of each choice add up to."""
    choices: dict[int, Json] = {}
    for item in (item for chunk in chunks for item in chunk["choices"]):
        choice = choices.setdefault(item["index"], {"text": "", "calls": [], "tokens": [], "end": []})
        assert choice["end"] == [], "no chunk may follow the end of its choice"
        choice["text"] += item["delta"].get("content") or ""
        choice["tokens"] += (item["logprobs"] or {}).get("content") or []
        choice["end"] += [item["finish_reason"]] if item["finish_reason"] else []
        for call in item["delta"].get("tool_calls", ()):
            if call["index"] == len(choice["calls"]):
                choice["calls"].append([call["function"]["name"], ""])
            choice["calls"][call["index"]][1] += call["function"]["arguments"]
    return choices


def plain(reply: Json) -> dict[int, Json]:
    """Return the same parts of a plain reply."""
    return {
        choice["index"]: {
            "text": choice["message"]["content"] or "",
            "calls": [list(call["function"].values()) for call in choice["message"].get("tool_calls", ())],
            "tokens": (choice["logprobs"] or {}).get("content") or [],
            "end": [choice["finish_reason"]],
        }
        for choice in reply["choices"]
    }


def assert_refused(answer: httpx.Response) -> None:
    """Check that an answer is a 4xx whose error has a message."""
    assert answer.is_client_error, f"{answer.status_code} {answer.text[:200]}"
    assert_valid(answer.json(), "error")
    assert answer.json()["error"]["message"]


def assert_as_requested(body: Json, reply: Json) -> None:
    """Check the number of choices, cap, stop sequences, tools, schemas, log probabilities and usage of a reply."""
    choices = plain(reply)
    cap, stop = body.get("max_completion_tokens"), body.get("stop") or []
    declared = {tool["function"]["name"]: tool["function"].get("parameters", {}) for tool in body.get("tools") or ()}
    form = body.get("response_format") or {"type": "text"}
    assert list(choices) == list(range(body.get("n") or 1))
    assert reply["usage"]["total_tokens"] == reply["usage"]["prompt_tokens"] + reply["usage"]["completion_tokens"]
    assert cap is None or reply["usage"]["completion_tokens"] <= cap * len(choices)
    for choice in choices.values():
        assert not any(sequence in choice["text"] for sequence in ([stop] if isinstance(stop, str) else stop))
        assert body.get("tool_choice") != "none" or not choice["calls"]
        if body.get("logprobs") is True and body["model"] == OPENAI:
            assert "".join(entry["token"] for entry in choice["tokens"]) == choice["text"]
            assert {len(entry["top_logprobs"]) for entry in choice["tokens"]} <= {body.get("top_logprobs") or 0}
        if choice["end"] == ["length"] or (stop and not choice["calls"]):
            continue
        if body.get("tool_choice") == "required" or isinstance(body.get("tool_choice"), dict):
            assert choice["calls"]
        for name, arguments in choice["calls"]:
            assert problem(json.loads(arguments), declared[name]) is None
        if form["type"] != "text" and not choice["calls"]:
            assert problem(json.loads(choice["text"]), form.get("json_schema", {}).get("schema", {})) is None


# Drawing whole requests is slow and large by nature; hypothesis must not fail for that.
CALM = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@CALM
@given(body=valid())
def test_a_valid_request_is_answered(post: Post, body: Json) -> None:
    """The reply to a valid request is valid and as requested."""
    answer = post(body)
    assert answer.status_code == 200, answer.text
    assert_valid(answer.json(), "chat-reply")
    assert_as_requested(body, answer.json())


@settings(CALM, max_examples=50)
@given(body=valid((OPENAI, CLAUDE, GEMINI)), off=st.sampled_from(["temperature", "top_p"]), usage=st.booleans())
def test_a_stream_adds_up_to_the_reply(post: Post, body: Json, off: str, usage: bool) -> None:
    """Without sampling, a stream has the text, calls, log probabilities, ends and usage of the plain reply."""
    body |= {off: 0, "max_completion_tokens": body.get("max_completion_tokens") or 25}
    reply = post(body).json()
    *chunks, last = chunks_of(post(body | {"stream": True, "stream_options": {"include_usage": usage}}))
    assert joined([*chunks, last]) == plain(reply)
    assert all(("usage" in chunk) == usage for chunk in chunks)
    assert (last["choices"] == []) == usage
    assert not usage or last["usage"] == reply["usage"]


@settings(CALM, max_examples=40)
@given(body=valid((REASONING,)))
def test_a_stream_of_a_reasoning_model_adds_up(post: Post, body: Json) -> None:
    """Sampling cannot be switched off here, so the prompt has an instruction, which always gives the same text."""
    body |= {"messages": [{"role": "user", "content": "Count from 1 to 3. No JSON otherwise."}]}
    chunks = chunks_of(post(body | {"stream": True}))
    assert joined(chunks) == plain(post(body).json())


@rows(VALID)
@settings(CALM, max_examples=10)
@given(data=st.data())
def test_each_valid_value_is_accepted(post: Post, model: str, name: str, data: st.DataObject) -> None:
    """A valid value is accepted alone, with the parameters it requires; null counts as left out."""
    answer = post(request_with(model, name, data.draw(VALID[model][name])))
    assert answer.status_code == 200, answer.text


@rows(REFUSED)
@settings(CALM, max_examples=20)
@given(data=st.data())
def test_each_wrong_value_is_refused(post: Post, model: str, name: str, data: st.DataObject) -> None:
    """One wrong value is enough for a refusal with a valid envelope."""
    assert_refused(post(request_with(model, name, data.draw(REFUSED[model][name]))))


@CALM
@given(body=valid(), data=st.data())
def test_one_wrong_value_among_valid_ones_is_refused(post: Post, body: Json, data: st.DataObject) -> None:
    """One wrong value is refused whatever the other parameters are, streamed or not."""
    table = REFUSED[body["model"]]
    name = data.draw(st.sampled_from(sorted(table)))
    wrong = request_with(body["model"], name, data.draw(table[name]))
    if name == "response_format":  # an answer that calls a tool ignores response_format
        body = {key: value for key, value in body.items() if "tool" not in key}
    assert_refused(post({"stream": data.draw(st.booleans()), **body, **wrong}))


@CALM
@given(body=with_junk(), stream=st.booleans())
@example(body={"model": OPENAI, "messages": [USER | {"content": "Count to " + "9" * 5000}]}, stream=False)
@example(body={"model": OPENAI, "messages": [USER | {"content": f"Say a {'9' * 5000} times"}]}, stream=True)
@example(body={"model": OPENAI, "messages": [USER | {"content": "a" * 150_000}], "max_tokens": 9}, stream=True)
def test_any_request_is_answered_or_refused(post: Post, body: Json, stream: bool) -> None:
    """A request with junk gets a valid reply, a valid stream or a valid refusal."""
    answer = post({**body, "stream": stream})
    if answer.status_code != 200:
        assert_refused(answer)
    elif stream:
        assert all(len(choice["end"]) == 1 for choice in joined(chunks_of(answer)).values())
    else:
        assert_valid(answer.json(), "chat-reply")


@settings(CALM, max_examples=50)
@given(body=valid(), data=st.data())
def test_broken_json_is_refused(post: Post, body: Json, data: st.DataObject) -> None:
    """The beginning of a request, JSON that is not an object, and bytes that are not UTF-8 are refused."""
    raw = json.dumps(body).encode()
    cut = raw[: data.draw(st.integers(0, len(raw) - 1))]
    broken = data.draw(st.sampled_from([cut, b"[%s]" % raw, raw + b"}", b"\xff" + raw, raw[:-1] + b',"seed":NaN}']))
    assert_refused(post(broken))


@pytest.mark.parametrize("depth", [*range(940, 980), 100_000])
def test_deep_nesting_is_answered_or_refused(post: Post, depth: int) -> None:
    """A deeply nested value is read or refused, also around Python's limit on recursion."""
    nest = b"[" * depth + b"]" * depth
    answer = post(b'{"model":"mock-claude","messages":[{"role":"user","content":"Hello"}],"x":%s}' % nest)
    assert answer.status_code in (200, 400)
