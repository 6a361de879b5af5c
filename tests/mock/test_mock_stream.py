"""Streams as bytes: framing, order of chunks, and whether they add up to the plain answer."""

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from conformance.mock.defects.defect import Defect
from conformance.mock.server.wire import CutOff, Piece, Wire
from conformance.mock.surfaces.chat.request import ChatRequest

Ask = Callable[..., httpx.Response]
Chunk = dict[str, Any]

TOOLS = [
    {"type": "function", "function": {"name": "get_time"}},
    {
        "type": "function",
        "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {}}}},
    },
]


def chunks_of(reply: httpx.Response) -> list[Chunk]:
    """Return the chunks of a stream, after checking that it has no other bytes."""
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
    *events, done, rest = reply.content.split(b"\n\n")
    assert (done, rest) == (b"data: [DONE]", b"")
    assert all(event.startswith(b"data: {") and b"\n" not in event for event in events)
    return [json.loads(event.removeprefix(b"data: ")) for event in events]


def choices_of(chunks: list[Chunk]) -> list[dict[str, Any]]:
    """Return the choice of each chunk that has one."""
    assert all(len(chunk["choices"]) <= 1 for chunk in chunks)
    return [chunk["choices"][0] for chunk in chunks if chunk["choices"]]


@pytest.mark.parametrize("model", ["mock-openai", "mock-openai-reasoning", "mock-claude", "mock-gemini"])
def test_a_stream_has_a_beginning_pieces_and_an_end(ask: Ask, model: str) -> None:
    """A stream begins with the role, has a piece per token, and ends with an empty delta and the finish_reason."""
    chunks = chunks_of(ask("Count from 1 to 3", model, stream=True))
    deltas = [choice["delta"] for choice in choices_of(chunks)]
    assert deltas == [{"role": "assistant", "content": ""}, {"content": "1"}, {"content": " 2"}, {"content": " 3"}, {}]
    assert [choice["finish_reason"] for choice in choices_of(chunks)] == [None] * 4 + ["stop"]
    assert all(choice["logprobs"] is None and choice["index"] == 0 for choice in choices_of(chunks))
    assert all(chunk["object"] == "chat.completion.chunk" and "usage" not in chunk for chunk in chunks)
    for key in ("id", "created", "model", "system_fingerprint"):
        assert len({chunk[key] for chunk in chunks}) == 1


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"max_tokens": 3},
        {"stop": "7"},
        {"n": 3},
        {"response_format": {"type": "json_object"}},
        {"logprobs": True, "top_logprobs": 2},
    ],
    ids=lambda row: "-".join(row) or "plain",
)
def test_a_stream_adds_up_to_the_plain_answer(ask: Ask, parameters: dict[str, Any]) -> None:
    """Text, finish_reason, log probabilities and usage are those of the same request without stream."""
    prompt = "Count from 1 to 9. No json otherwise."
    plain = ask(prompt, **parameters).json()
    chunks = chunks_of(ask(prompt, stream=True, stream_options={"include_usage": True}, **parameters))
    for choice in plain["choices"]:
        pieces = [item for item in choices_of(chunks) if item["index"] == choice["index"]]
        assert "".join(item["delta"].get("content", "") for item in pieces) == choice["message"]["content"]
        assert pieces[-1]["finish_reason"] == choice["finish_reason"]
        entries = [entry for item in pieces if item["logprobs"] for entry in item["logprobs"]["content"]]
        assert entries == (choice["logprobs"] or {"content": []})["content"]
    assert chunks[-1]["usage"] == plain["usage"]


def test_usage_comes_in_a_chunk_of_its_own(ask: Ask) -> None:
    """With include_usage, the last chunk has the usage and no choices, and all others have a usage of null."""
    *others, last = chunks_of(ask("Count from 1 to 3", stream=True, stream_options={"include_usage": True}))
    assert last["choices"] == []
    assert last["usage"]["completion_tokens"] == 3
    assert all(chunk["usage"] is None and chunk["choices"] for chunk in others)
    without = chunks_of(ask("Count from 1 to 3", stream=True, stream_options={"include_usage": False}))
    assert all("usage" not in chunk for chunk in without)


def test_choices_take_turns(ask: Ask) -> None:
    """With n above 1, the chunks of the choices are interleaved, and each choice has its own end."""
    choices = choices_of(chunks_of(ask("Count from 1 to 4", stream=True, n=3)))
    assert [choice["index"] for choice in choices] == [0, 1, 2] * 6
    assert [choice["finish_reason"] for choice in choices][-3:] == ["stop"] * 3


def test_calls_come_in_fragments(ask: Ask) -> None:
    """Each call begins with id, type and name; pieces of its arguments follow, with the index of the call."""
    choices = choices_of(chunks_of(ask("Call get_time and get_weather for Rome.", stream=True, tools=TOOLS)))
    assert choices[0]["delta"] == {"role": "assistant", "content": None}
    assert choices[-1]["finish_reason"] == "tool_calls"
    fragments = [choice["delta"]["tool_calls"][0] for choice in choices[1:-1]]
    for index, name, arguments in ((0, "get_time", {}), (1, "get_weather", {"city": "Rome"})):
        start, *pieces = [fragment for fragment in fragments if fragment["index"] == index]
        assert start["id"].startswith("call_")
        assert (start["type"], start["function"]) == ("function", {"name": name, "arguments": ""})
        assert all(set(piece) == {"index", "function"} and set(piece["function"]) == {"arguments"} for piece in pieces)
        assert json.loads("".join(piece["function"]["arguments"] for piece in pieces)) == arguments


def test_text_beyond_ascii_is_sent_as_utf_8(ask: Ask) -> None:
    """Characters beyond ASCII are sent in UTF-8, not as escapes."""
    reply = ask("Repeat exactly: Zürich 漢字 🙂", stream=True)
    assert "漢字".encode() in reply.content
    assert "".join(choice["delta"].get("content", "") for choice in choices_of(chunks_of(reply))) == "Zürich 漢字 🙂"


def test_refusals_are_not_streamed(ask: Ask) -> None:
    """An invalid request for a stream gets a 400, not an event."""
    reply = ask(stream=True, n=0)
    assert (reply.status_code, reply.headers["content-type"]) == (400, "application/json")


def test_events_are_written_one_by_one(client: httpx.Client) -> None:
    """Every event is an HTTP chunk of its own, so that a client can read it before the next one is made."""
    body = {"model": "mock-openai", "stream": True, "messages": [{"role": "user", "content": "Count from 1 to 50"}]}
    with client.stream("POST", "/chat/completions", json=body) as reply:
        assert reply.headers["transfer-encoding"] == "chunked"
    raw = raw_answer(str(client.base_url), json.dumps(body).encode())
    sizes = [line for line in raw.split(b"\r\n\r\n", 1)[1].split(b"\r\n")[::2] if line]
    assert len(sizes) == 50 + 3 + 1  # tokens, role, end, [DONE], and the empty chunk that ends the body


def raw_answer(base_url: str, body: bytes) -> bytes:
    """Return all bytes of the answer to one request on a connection that is closed after it."""
    url = urlsplit(base_url)
    lines = [
        b"POST /v1/chat/completions HTTP/1.1",
        b"host: mock",
        b"connection: close",
        b"authorization: Bearer sk-test",
        b"content-length: %d" % len(body),
    ]
    with socket.create_connection((url.hostname, url.port or 80), timeout=600) as connection:
        connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_client_that_goes_away_is_harmless(client: httpx.Client, ask: Ask, base_url: str) -> None:
    """If a client disconnects in the middle of a stream, the stream ends and the next request is answered."""
    prompt = [{"role": "user", "content": "Count from 1 to 5000"}]
    body = {"model": "mock-openai", "stream": True, "messages": prompt, "n": 3}
    with client.stream("POST", "/chat/completions", json=body) as reply:
        next(reply.iter_raw(10))
    assert ask("Count to 2").status_code == 200
    stats = base_url.removesuffix("/v1") + "/_mock/stats"
    assert any(httpx.get(stats, timeout=600).json()["in_flight"] == 0 for _ in range(10_000))


def cut_off(request: ChatRequest, wire: Wire) -> Wire:
    """Return the first two pieces of a stream, then close the connection."""

    def pieces() -> Iterator[Piece]:
        yield from islice(iter(wire.pieces), 2)
        raise CutOff

    return replace(wire, pieces=pieces())


def test_a_stream_that_is_cut_off_leaves_no_trace(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], ask: Ask, base_url: str
) -> None:
    """The client sees the connection closed; the server logs nothing, counts the request as done and answers the next one."""
    cutting = Defect("cuts", "The connection is closed.", claims=(), streamed=cut_off)
    monkeypatch.setattr("conformance.mock.server.registry.find", lambda name: cutting)
    with pytest.raises(httpx.RemoteProtocolError):
        ask("Count from 1 to 9", "mock-openai", "cuts", stream=True)
    assert ask("Count to 2").status_code == 200
    assert httpx.get(base_url.removesuffix("/v1") + "/_mock/stats", timeout=600).json()["in_flight"] == 0
    assert capfd.readouterr().err == ""
