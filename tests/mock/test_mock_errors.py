"""Refusals that do not concern a parameter: keys, paths, bodies, models, conversations."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

USER = {"role": "user", "content": "Hello"}
CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CALLING = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "4"}


def error_of(reply: httpx.Response, status: int) -> dict[str, Any]:
    """Return the error in an answer with this status, after checking the envelope and its four keys."""
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/json"
    assert set(reply.json()) == {"error"}
    error: dict[str, Any] = reply.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == "invalid_request_error"
    assert error["message"]
    return error


@pytest.mark.parametrize("key", [None, "Bearer wrong", "Bearer", "Basic sk-test", "sk-test", "Bearer é"])
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/chat/completions"), ("GET", "/models"), ("GET", "/models/mock-claude")]
)
def test_a_wrong_key_is_refused(base_url: str, key: str | None, method: str, path: str) -> None:
    """Without the right bearer key, every endpoint answers 401 and names the scheme."""
    headers = {} if key is None else {b"authorization": key.encode()}
    reply = httpx.request(method, base_url + path, headers=headers)
    assert error_of(reply, 401)["code"] == "invalid_api_key"
    assert reply.headers["www-authenticate"] == "Bearer"


def test_unknown_paths_and_methods_are_refused(client: httpx.Client) -> None:
    """An unknown path gets 404, a wrong method 405 with the allowed ones, both with the envelope."""
    assert error_of(client.get("/nothing"), 404)["code"] == "unknown_url"
    wrong = client.get("/chat/completions")
    assert error_of(wrong, 405)["code"] == "method_not_allowed"
    assert wrong.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"text"', b'{"model": NaN}', b"\xff\xfe{", b"[" * 100_000],
    ids=lambda body: repr(body[:9]),
)
def test_a_body_must_be_a_json_object(client: httpx.Client, body: bytes) -> None:
    """Malformed JSON, and JSON other than an object, gets a 400 without param."""
    assert error_of(client.post("/chat/completions", content=body), 400)["param"] is None


@pytest.mark.parametrize("model", ["gpt-9", "mock-openai ", 7, ["mock-openai"]])
def test_an_unknown_model_is_refused(client: httpx.Client, model: Any) -> None:
    """An unknown model gets a 404 with code model_not_found, for completions and for its record."""
    error = error_of(client.post("/chat/completions", json={"model": model, "messages": [USER]}), 404)
    assert (error["param"], error["code"]) == ("model", "model_not_found")
    assert error_of(client.get("/models/gpt-9"), 404)["code"] == "model_not_found"


@pytest.mark.parametrize("body", [{}, {"model": None}, {"model": ""}])
def test_a_missing_model_is_refused(client: httpx.Client, body: dict[str, Any]) -> None:
    """Without a model, the answer is a 400 without param."""
    assert error_of(client.post("/chat/completions", json={**body, "messages": [USER]}), 400)["param"] is None


@pytest.mark.parametrize(
    ("messages", "param", "code"),
    [
        (None, "messages", "missing_required_parameter"),
        ([], "messages", "empty_array"),
        ("Hello", "messages", "invalid_type"),
        ([7], "messages[0]", "invalid_type"),
        ([{"content": "x"}], "messages[0].role", "missing_required_parameter"),
        ([{"role": "robot", "content": "x"}], "messages[0].role", "invalid_value"),
        ([{"role": "user"}], "messages.[0].content", None),
        ([USER, {"role": "assistant", "content": None}], "messages.[1].content", None),
        ([{"role": "user", "content": 7}], "messages[0].content", "invalid_type"),
        ([{"role": "user", "content": [7]}], "messages[0].content[0]", "invalid_type"),
        ([{"role": "user", "content": [{"type": "smell"}]}], "messages[0].content[0].type", "invalid_value"),
        ([{"role": "user", "content": [{"type": "text"}]}], "messages[0].content[0].text", "invalid_type"),
        ([RESULT], "messages.[0].role", None),
        ([USER, CALLING, USER], "messages.[2].role", None),
        ([USER, CALLING], "messages.[1].role", None),
        ([USER, CALLING, RESULT, RESULT], "messages.[3].role", None),
        ([USER, CALLING, {"role": "tool", "content": "4"}], "messages[2].tool_call_id", "missing_required_parameter"),
        ([USER, {**CALLING, "tool_calls": 7}], "messages[1].tool_calls", "invalid_type"),
        ([USER, {**CALLING, "tool_calls": [{}]}], "messages[1].tool_calls[0].id", "missing_required_parameter"),
    ],
)
def test_a_malformed_conversation_is_refused(client: httpx.Client, messages: Any, param: str, code: str | None) -> None:
    """Each fault of the messages gets a 400 that names where it is."""
    error = error_of(client.post("/chat/completions", json={"model": "mock-gemini", "messages": messages}), 400)
    assert (error["param"], error["code"]) == (param, code)


@pytest.mark.parametrize(
    "messages",
    [
        [
            {"role": "developer", "content": "Be brief."},
            {"role": "system", "content": ""},
            {"role": "user", "content": []},
        ],
        [USER, CALLING, RESULT],
        [USER, CALLING, RESULT, USER],
        [{"role": "assistant", "content": "I am here."}],
    ],
)
def test_a_valid_conversation_is_answered(client: httpx.Client, messages: Any) -> None:
    """Every role, empty content and calls with results are answered."""
    reply = client.post("/chat/completions", json={"model": "mock-openai", "messages": messages})
    assert reply.status_code == 200, reply.text


def test_half_a_surrogate_pair_is_answered(client: httpx.Client) -> None:
    """A character that UTF-8 cannot encode comes back as a question mark, plain and streamed."""
    for stream in (b"false", b"true"):
        body = b'{"model":"mock-openai","stream":%s,"logprobs":true,' % stream
        body += b'"messages":[{"role":"user","content":"Repeat exactly: a\\ud83db"}]}'
        reply = client.post("/chat/completions", content=body)
        assert (reply.status_code, b"?" in reply.content) == (200, True)


def test_the_content_type_must_be_json_or_missing(client: httpx.Client) -> None:
    """Another content type gets a 415 with its own code."""
    for kind, status in (("text/plain", 415), ("application/json; charset=utf-8", 200), ("", 200)):
        headers = {"authorization": "Bearer sk-test", **({"content-type": kind} if kind else {})}
        body = b'{"model": "mock-openai", "messages": [{"role": "user", "content": "Hello"}]}'
        reply = client.post("/chat/completions", content=body, headers=headers)
        assert reply.status_code == status
        assert status == 200 or reply.json()["error"]["code"] == "unsupported_media_type"


def test_every_answer_has_its_own_request_id(client: httpx.Client, ask: Callable[..., httpx.Response]) -> None:
    """Answers, streams and refusals carry an x-request-id, no two the same."""
    replies = [
        ask(),
        ask(stream=True),
        ask(n=0),
        client.get("/models"),
        client.get("/nothing"),
        httpx.get(client.base_url, timeout=600),
    ]
    ids = {reply.headers["x-request-id"] for reply in replies}
    assert len(ids) == len(replies)


def test_models_are_listed(client: httpx.Client) -> None:
    """The list has the mock's own models and those of the options, with the same records as their own paths."""
    body = client.get("/models").json()
    assert body["object"] == "list"
    assert [row["id"] for row in body["data"]] == [
        "mock-openai",
        "mock-openai-reasoning",
        "mock-claude",
        "mock-gemini",
        "mock-gemini-3",
        "mock-claude-4-7",
        "mock-claude-5-5",
        "claude-opus-5",
        "vendor/gpt-4.1",
    ]
    for row in body["data"]:
        assert set(row) == {"id", "object", "created", "owned_by"}
        assert row["object"] == "model"
        assert type(row["created"]) is int
        assert client.get("/models/" + row["id"]).json() == row


def test_an_imitated_id_is_echoed(client: httpx.Client) -> None:
    """An id of the options is served with its column and class, and is echoed as model."""
    reply = client.post("/chat/completions", json={"model": "vendor/gpt-4.1", "messages": [USER], "temperature": 1})
    assert reply.json()["model"] == "vendor/gpt-4.1"
