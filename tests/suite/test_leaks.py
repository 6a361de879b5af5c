"""What counts as a leak: only what cannot be anything else, and nothing that documents show in their own errors."""

import base64
import hashlib
import json

import pytest

from conformance.suite.leaks import leak, shown_key

LEAKS = [
    ("a stack trace", "Traceback (most recent call last):"),
    ("a stack trace", 'File "/app/main.py", line 12, in <module>'),
    ("a stack trace", "TypeError: x\n    at Server.handle (/app/server.js:12:3)"),
    ("a stack trace", "Error\n\tat com.example.Gateway.send(Gateway.java:77)"),
    ("a stack trace", "panic: nil map\n\ngoroutine 12 [running]:"),
    ("a stack trace", "thread 'main' panicked\nstack backtrace:"),
    ("the path of a source file", "raised in /usr/lib/python3/site-packages/gateway/router.py"),
    ("the path of a source file", "error at C:\\inetpub\\gateway\\Chat.cs"),
    ("a host of the server's own network", "dial tcp 10.0.3.7:8000: connection refused"),
    ("a host of the server's own network", "POST http://192.168.1.20/v1/chat failed"),
    ("a host of the server's own network", "no answer from 172.20.0.5:4000"),
    ("a host of the server's own network", "http://vllm.models.svc.cluster.local/v1 is down"),
    ("a host of the server's own network", "cannot reach router.prod.internal:8080"),
    ("a key", "Upstream refused sk-proj-" + "Ab3" * 12),
    ("a key", "key AIza" + "B" * 35),
]


@pytest.mark.parametrize(("what", "text"), LEAKS)
def test_internals_of_the_server_are_a_leak(what: str, text: str) -> None:
    """It is found in plain text and in the strings of JSON, at any depth."""
    for written in (text, json.dumps({"error": {"message": text}}), json.dumps([{"details": [text, 1, None]}])):
        found = leak(written)
        assert found is not None
        assert found.startswith(what)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Invalid type for 'messages[0].content': expected a string, but got an integer instead.",
        "no available channel for group default and model gpt-9 (distributor) (request id: 20261121)",
        "[json.exception.parse_error.101] parse error at line 1, column 29: unexpected end of input",
        "litellm.BadRequestError: OpenAIException - 'int' object is not iterable",
        "Invalid URL (POST /v1/conformance-no-such-path)",
        "See https://docs.example.com/guides/errors.py and https://example.com/a/b.html for help.",
        "The model /models/tiny-1.5B.gguf does not exist.",
        "Incorrect API key provided: sk-conf**************-key.",
        "Incorrect API key provided: sk-conformance-no-such-key.",
        "Key sk-xxxx is not valid; find yours at https://platform.example.com/account/api-keys.",
        "Version 10.2.3.4 of the API is not known. Ratio 10.20.30.40 is not.",
        "code server.internal, type internal_error, at localhost:8000",
    ],
)
def test_what_documents_show_is_no_leak(text: str) -> None:
    """Addresses of pages, names of models, masked keys, paths in the request and words that sound internal are not leaks."""
    assert leak(text) is None
    assert leak(json.dumps({"error": {"message": text}})) is None


def test_a_detail_does_not_repeat_a_key() -> None:
    """The detail is written into reports."""
    assert leak("sk-" + "a1B2" * 10) == "a key"


@pytest.mark.parametrize("depth", [1, 100_000])
def test_any_text_can_be_looked_at(depth: int) -> None:
    """Deep nesting is read as plain text."""
    assert leak("[" * depth + "]" * depth) is None


def test_the_key_that_was_sent_is_a_leak_and_not_repeated() -> None:
    """The caller knows the key; the detail does not repeat it."""
    assert leak("Incorrect key: mine-1", shows_key=lambda text: "mine-1" in text) == "the key that was sent"
    assert leak("Incorrect key", shows_key=lambda text: "mine-1" in text) is None


KEY = "sk-some-key"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Incorrect API key provided: {KEY}", "the key as it was sent"),
        (base64.b64encode(KEY.encode()).decode(), "the key in base64"),
        (hashlib.sha256(KEY.encode()).hexdigest(), "the sha256 of the key"),
        (hashlib.md5(KEY.encode()).hexdigest().upper(), "the md5 of the key"),
        ("Incorrect API key provided: sk-s***-key", None),
        (hashlib.sha256(b"sk-another-key").hexdigest(), None),
    ],
)
def test_a_key_is_shown_whole_or_by_its_hash(text: str, shown: str | None) -> None:
    """A masked key or the hash of another key gives nothing away."""
    assert shown_key(text, KEY) == shown
