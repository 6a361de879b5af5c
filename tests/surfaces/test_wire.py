"""Schemas of the wire: what they describe, what they refuse and where, and what they must allow."""

import copy
import json
import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.base.validation import own_problem, schema_path, schema_problem
from conformance.http import sse
from conformance.mock.server.options import Options
from conformance.mock.server.serving import running
from tests.support.collecting import over
from tests.support.making import contract
from tests.support.wire_changes import FREE, GONE, NEAR_MISSES, NEEDED, STRICTER, TOLERATED, Row

SCHEMAS = {
    path.name.removesuffix(".schema.json"): json.loads(path.read_text(encoding="utf-8"))
    for path in sorted(schema_path("wire/chat-reply").parent.glob("*.schema.json"))
}
LENIENT = [name for name in SCHEMAS if not name.endswith("-strict")]
ANSWERS = [name for name in SCHEMAS if not name.endswith("-request")]

Place = tuple[str | int, ...]


def parts(place: str) -> Place:
    """Return a path as written in messages, as keys and indexes."""
    return tuple(int(each[1:-1]) if each[0] == "[" else each for each in re.findall(r"\[\d+\]|[^.\[\]]+", place))


def at(document: Any, place: Place) -> Any:
    """Return the value at a path; GONE if there is none."""
    for key in place:
        try:
            document = document[key]
        except (KeyError, IndexError, TypeError):
            return GONE
    return document


def changed(name: str, place: str, value: Any) -> Any:
    """Return the first example that has the path, or else can take it, with this one change."""
    *path, last = parts(place) or ("",)
    examples = copy.deepcopy(SCHEMAS[name]["examples"])
    having = [example for example in examples if at(example, (*path, last)) is not GONE]
    taking = [example for example in examples if isinstance(at(example, tuple(path)), dict) and value is not GONE]
    document = value if not place else (having or taking)[0]
    if value is GONE:
        del at(document, tuple(path))[last]
    elif place:
        at(document, tuple(path))[last] = value
    return document


def place_of(problem: str | None) -> str:
    """Return the path that a problem names before its reason."""
    return (problem or "").partition(": ")[0]


def assert_refused_at(problem: str | None, place: str, value: Any) -> None:
    """Assert that a problem names this path; for a missing key, the object that lacks it."""
    if value is GONE:
        holder, _, key = place.rpartition(".")
        assert problem == f"{holder or 'the whole'}: '{key}' is a required property"
    else:
        assert place_of(problem) == (place or "the whole"), problem


def named(rows: list[Row]) -> Any:
    """Return the parametrization of a test over all rows, with readable names."""
    return over("name, place, value, kind", rows, ids=lambda name, place, _, kind: f"{name} {place} {kind}")


@over("name", SCHEMAS)
def test_every_file_is_a_schema_with_a_version(name: str) -> None:
    """Each file is JSON Schema 2020-12, has an id with a version, and examples of several kinds."""
    schema = SCHEMAS[name]
    assert schema_problem(schema) is None
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:llm-conformance:wire:{name}:1"
    assert schema["title"]
    assert schema["description"].endswith(".")
    assert len(schema["examples"]) >= 2


@over("name", SCHEMAS)
def test_every_key_is_described_and_nothing_refers_elsewhere(name: str) -> None:
    """Each property has a description, and each reference leads to a definition in the same file."""
    schema = {key: part for key, part in SCHEMAS[name].items() if key != "examples"}
    used = {part["$ref"] for part in objects(schema) if "$ref" in part}
    assert used == {f"#/$defs/{key}" for key in schema.get("$defs", {})}
    asked = list(conditions(schema))
    for part in objects(schema):
        if part not in asked:
            for key, described in part.get("properties", {}).items():
                assert described.get("description", "").endswith("."), key


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield every object inside a schema, including itself."""
    if isinstance(schema, dict):
        yield schema
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from objects(part)


def conditions(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield the parts of a schema that only refer to keys described elsewhere."""
    for part in objects(schema):
        if "if" in part:
            yield from objects([part["if"], part.get("then")])


@over("name", SCHEMAS)
def test_every_example_validates(name: str) -> None:
    """Examples are valid; those of a stricter layer in both layers."""
    for example in SCHEMAS[name]["examples"]:
        assert own_problem(example, f"wire/{name}") is None
        assert own_problem(example, f"wire/{name.removesuffix('-strict')}") is None


@over("name", ANSWERS)
def test_answers_may_hold_unknown_keys_everywhere(name: str) -> None:
    """An unknown key in any object of any example is allowed."""
    for example in copy.deepcopy(SCHEMAS[name]["examples"]):
        for part in list(objects(example)):
            part["x_new"] = {"any": [1, None]}
        assert own_problem(example, f"wire/{name}") is None


@named(NEAR_MISSES)
def test_a_near_miss_is_refused_where_it_is(name: str, place: str, value: Any, kind: str) -> None:
    """One change makes an example invalid, and the problem names its path."""
    assert_refused_at(own_problem(changed(name, place, value), f"wire/{name}"), place, value)


@over(
    "name, place",
    [
        (name, f"{holder}.{key}".lstrip("."))
        for name, holders in NEEDED.items()
        for holder, keys in holders.items()
        for key in keys.split()
    ],
)
def test_a_needed_key_that_is_missing_is_named(name: str, place: str) -> None:
    """The problem names the key and the object that lacks it."""
    holder, _, key = place.rpartition(".")
    problem = own_problem(changed(name, place, GONE), f"wire/{name}")
    assert problem == f"{holder or 'the whole'}: '{key}' is a required property"


@over("name", LENIENT)
def test_every_value_of_another_type_is_refused_where_it_is(name: str) -> None:
    """A negative fraction is refused for anything but a number, and an object for a number, anywhere in any example."""
    for example in SCHEMAS[name]["examples"]:
        for place, value in values(example):
            document = copy.deepcopy(example)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            at(document, place[:-1])[place[-1]] = {} if number else -0.5
            assert parts(place_of(own_problem(document, f"wire/{name}"))) == place


def values(document: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Yield every value in a document that a schema describes, with its path."""
    keys = document if isinstance(document, dict) else range(len(document)) if isinstance(document, list) else ()
    for key in keys:
        if key not in FREE:
            yield (*place, key), document[key]
            yield from values(document[key], (*place, key))


@over("name", LENIENT)
def test_every_described_key_is_in_an_example(name: str) -> None:
    """The examples use every key."""
    described = {key for part in objects({**SCHEMAS[name], "examples": []}) for key in part.get("properties", {})}
    assert described <= {key for part in objects(SCHEMAS[name]["examples"]) for key in part}


@over("name, document", product(SCHEMAS, [None, [], "text", 7, True, {}]))
def test_what_is_no_object_or_empty_is_refused(name: str, document: Any) -> None:
    """No layer accepts an empty document or one that is not an object."""
    assert place_of(own_problem(document, f"wire/{name}")) == "the whole"


@named(STRICTER)
def test_the_stricter_layer_refuses_what_documents_leave_open(name: str, place: str, value: Any, kind: str) -> None:
    """The change is valid in the binding layer, and invalid in the stricter one, at its path."""
    document = changed(f"{name}-strict", place, value)
    assert own_problem(document, f"wire/{name}") is None
    assert_refused_at(own_problem(document, f"wire/{name}-strict"), place, value)


@named(TOLERATED)
def test_what_is_legal_or_open_passes_every_layer(name: str, place: str, value: Any, kind: str) -> None:
    """Conforming servers send this too, or no document mentions it."""
    for layer in (name, f"{name}-strict"):
        if layer in SCHEMAS:
            assert own_problem(changed(layer, place, value), f"wire/{layer}") is None


def test_the_stricter_layer_refuses_an_empty_content_next_to_calls() -> None:
    """D004: the content next to calls must be null rather than an empty text."""
    document = copy.deepcopy(SCHEMAS["chat-reply-strict"]["examples"][1])
    document["choices"][0]["message"]["content"] = ""
    assert own_problem(document, "wire/chat-reply") is None
    assert place_of(own_problem(document, "wire/chat-reply-strict")) == "choices[0].message.content"


def test_the_stricter_layer_wants_usage_alone() -> None:
    """D218, D224: usage with choices, and D106, D220: neither of them, fail only the stricter layer."""
    usage = SCHEMAS["chat-chunk-strict"]["examples"][2]
    both = {**usage, "choices": [{"index": 0, "delta": {}, "finish_reason": None}]}
    neither = {key: part for key, part in usage.items() if key != "usage"}
    assert own_problem(both, "wire/chat-chunk") is own_problem(neither, "wire/chat-chunk") is None
    assert place_of(own_problem(both, "wire/chat-chunk-strict")) == "choices"
    assert own_problem(neither, "wire/chat-chunk-strict") == "the whole: 'usage' is a required property"
    assert place_of(own_problem({**neither, "usage": None}, "wire/chat-chunk-strict")) == "usage"
    assert own_problem({**neither, "moderation": {}}, "wire/chat-chunk-strict") is None


def test_a_message_in_place_of_the_delta_is_refused() -> None:
    """D120: the last chunk is not a reply."""
    choice = {"index": 0, "message": {"role": "assistant", "content": "Po"}, "finish_reason": "stop"}
    problem = own_problem(changed("chat-chunk", "choices[0]", choice), "wire/chat-chunk")
    assert problem == "choices[0]: 'delta' is a required property"


# ------------------------------------------------------------------ limits

SPELLED = {
    "number": lambda limit: limit,
    "integer": lambda limit: limit,
    "strings": lambda limit: ["x"] * limit,
    "biases": lambda limit: {"7": limit},
}


@pytest.mark.parametrize(
    "parameter",
    ["temperature", "top_p", "n", "stop", "top_logprobs", "presence_penalty", "frequency_penalty", "logit_bias"],
)
def test_a_request_has_the_widest_limits_of_the_contract(parameter: str) -> None:
    """Both ends are valid, and one step beyond is not."""
    limits = contract().surfaces["chat"].parameters[parameter]
    ranges = [place.range for place in (limits, *limits.on.values()) if place.range]
    low, high = min(int(ends[0]) for ends in ranges), max(int(ends[1]) for ends in ranges)
    spell = SPELLED[limits.type]
    for limit in (low, high):
        assert own_problem(request(**{parameter: spell(limit)}), "wire/chat-request") is None
    for limit in (low - 1, high + 1):
        place = place_of(own_problem(request(**{parameter: spell(limit)}), "wire/chat-request"))
        assert place.removesuffix(".7") == parameter


@pytest.mark.parametrize("parameter", ["max_tokens", "max_completion_tokens"])
def test_a_cap_starts_at_one_and_has_no_end(parameter: str) -> None:
    """Every positive number of tokens is valid, also with both caps."""
    assert own_problem(request(**{"max_tokens": 9, parameter: 1}), "wire/chat-request") is None
    assert own_problem(request(**{parameter: 10**9}), "wire/chat-request") is None
    assert place_of(own_problem(request(**{parameter: 0}), "wire/chat-request")) == parameter


def test_at_most_128_tools() -> None:
    """129 tools are refused."""
    tools = [{"type": "function", "function": {"name": f"tool_{number}"}} for number in range(129)]
    assert own_problem(request(tools=tools[:128]), "wire/chat-request") is None
    assert place_of(own_problem(request(tools=tools), "wire/chat-request")) == "tools"


def test_null_depends_on_nothing() -> None:
    """A dependency on another parameter holds only if the parameter is set."""
    asked = request(logprobs=None, top_logprobs=None, stream=None, stream_options=None)
    assert own_problem(asked, "wire/chat-request") is None


def request(**parameters: Any) -> dict[str, Any]:
    """Return a small request for log probabilities, with these parameters."""
    messages = [{"role": "user", "content": "Tell me something about rivers."}]
    return {"model": "mock-openai", "messages": messages, "logprobs": True, **parameters}


# ------------------------------------------------------------------ the project's own mock

MODELS = ("mock-openai", "mock-openai-reasoning", "mock-claude", "mock-gemini")
STONE = {
    "type": "object",
    "properties": {"stone": {"type": "string"}, "grams": {"type": "integer"}},
    "required": ["stone", "grams"],
    "additionalProperties": False,
}
TOOLS = [{"type": "function", "function": {"name": "weigh", "parameters": STONE}}]
ASKED: dict[str, dict[str, Any]] = {
    "plain": {},
    "n=2": {"n": 2},
    "tools": {"tools": TOOLS, "tool_choice": "required"},
    "json_schema": {"response_format": {"type": "json_schema", "json_schema": {"name": "stone", "schema": STONE}}},
    "logprobs": {"logprobs": True, "top_logprobs": 2},
    "capped": {"max_completion_tokens": 3},
}
MISTAKES: dict[str, dict[str, Any]] = {
    "temperature": {"temperature": 9},
    "n": {"n": 0},
    "no messages": {"messages": []},
    "role": {"messages": [{"role": "nobody", "content": "x"}]},
    "tool_call_id": {"messages": [{"role": "tool", "content": "x"}]},
    "response_format": {"response_format": {"type": "xml"}},
    "tools": {"tools": [{"type": "function", "function": {"name": "no name"}}]},
    "stream": {"stream": "yes"},
    "model": {"model": "nothing"},
}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """Yield a client of a mock gateway with the right key."""
    with (
        running(Options(port=0)) as url,
        httpx.Client(base_url=url, headers={"authorization": "Bearer sk-test"}, timeout=600) as client,
    ):
        yield client


def assert_valid(document: Any, name: str) -> None:
    """Assert that both layers accept a document."""
    assert own_problem(document, f"wire/{name}") is None
    assert own_problem(document, f"wire/{name}-strict") is None


@over("model, asked", product(MODELS, ASKED))
def test_requests_and_replies_of_the_mock_validate(client: httpx.Client, model: str, asked: str) -> None:
    """Requests, replies and refusals are valid in both layers."""
    body = {"model": model, "messages": request()["messages"], **ASKED[asked]}
    assert own_problem(body, "wire/chat-request") is None
    answer = client.post("/chat/completions", json=body)
    refused = (model, asked) == ("mock-openai-reasoning", "logprobs")
    assert answer.status_code == (400 if refused else 200)
    assert_valid(answer.json(), "error" if refused else "chat-reply")


@over("model, asked, usage", product(MODELS, ASKED, [False, True]))
def test_chunks_of_the_mock_validate(client: httpx.Client, model: str, asked: str, usage: bool) -> None:
    """Every event except the last of every stream is valid in both layers."""
    body = {"model": model, "messages": request()["messages"], **ASKED[asked], "stream": True}
    if usage:
        body["stream_options"] = {"include_usage": True}
    assert own_problem(body, "wire/chat-request") is None
    answer = client.post("/chat/completions", json=body)
    if (model, asked) == ("mock-openai-reasoning", "logprobs"):
        assert_valid(answer.json(), "error")
        return
    *chunks, done = [event.data for event in sse.parse(answer.text).events]
    assert done == "[DONE]"
    assert len(chunks) >= 2
    for chunk in chunks:
        assert_valid(json.loads(chunk), "chat-chunk")
    assert usage == (json.loads(chunks[-1])["choices"] == [])


@over("mistake", MISTAKES)
def test_refusals_of_the_mock_validate(client: httpx.Client, mistake: str) -> None:
    """A request outside the schema is refused with a valid error; an unknown model is not a fault of form."""
    body = {**request(), **MISTAKES[mistake]}
    assert (own_problem(body, "wire/chat-request") is None) == (mistake == "model")
    answer = client.post("/chat/completions", json=body)
    assert answer.is_client_error
    assert_valid(answer.json(), "error")


@pytest.mark.parametrize(
    ("method", "path", "given"),
    [
        ("POST", "/chat/completions", {"headers": {"authorization": "Bearer wrong"}}),
        ("POST", "/chat/completions", {"headers": {"authorization": ""}}),
        ("POST", "/chat/completions", {"content": b"{"}),
        ("POST", "/chat/completions", {"content": b""}),
        ("POST", "/chat/completions", {"json": {}}),
        ("GET", "/chat/completions", {}),
        ("GET", "/nothing", {}),
        ("GET", "/models/nothing", {}),
    ],
)
def test_errors_before_any_request_is_read_validate(
    client: httpx.Client, method: str, path: str, given: dict[str, Any]
) -> None:
    """Errors about keys, paths, methods and bodies that are not JSON have the same envelope."""
    answer = client.request(method, path, **given)
    assert answer.is_client_error
    assert_valid(answer.json(), "error")


def test_the_list_of_the_mock_validates(client: httpx.Client) -> None:
    """The list is valid, and so is each record that is requested alone."""
    listed = client.get("/models").json()
    assert_valid(listed, "models-list")
    alone = [client.get(f"/models/{model['id']}").json() for model in listed["data"]]
    assert alone == listed["data"]


# ------------------------------------------------------------------ anything at all

WORDS = sorted({key for schema in SCHEMAS.values() for example in schema["examples"] for key in example})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS) | st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(sorted(SCHEMAS)), JSON)
def test_any_document_is_valid_or_has_a_problem(name: str, document: Any) -> None:
    """Validation never raises, whatever a server sends."""
    problem = own_problem(document, f"wire/{name}")
    assert problem is None or place_of(problem)


@given(st.sampled_from(sorted(SCHEMAS)), st.data())
def test_an_example_with_anything_anywhere_is_valid_or_has_a_problem(name: str, data: st.DataObject) -> None:
    """Validation never raises for documents that are nearly valid, either."""
    document = copy.deepcopy(data.draw(st.sampled_from(SCHEMAS[name]["examples"])))
    part = data.draw(st.sampled_from(list(objects(document))))
    part[data.draw(st.sampled_from(sorted(part)) if part else st.just("id"))] = data.draw(JSON)
    problem = own_problem(document, f"wire/{name}")
    assert problem is None or place_of(problem)
