"""Requests and exchanges: their ids, their JSON form, strict JSON, and the command line that sends a request again."""

import itertools
import json
import math
import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.base.validation import own_problem
from conformance.http.exchange import MAX_DEPTH, Exchange, Request, address, curl_command, parse_json
from conformance.surfaces import registry
from conformance.target.keys import in_shell
from tests.support.collecting import over
from tests.support.making import exchange, request

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=8,
)


def test_equal_bodies_make_equal_requests() -> None:
    """The order of keys makes no difference; another value does."""
    assert request(n=1, model="m") == request(model="m", n=1)
    assert request(n=1, model="m").key == request(model="m", n=1).key
    assert request(n=2, model="m").key != request(n=1, model="m").key


def test_the_key_depends_on_method_path_and_body() -> None:
    """Surface and model only label a request and do not change its key."""
    one = Request("GET", "/models", None, "models", "openai:m")
    assert one.json is None
    assert one.key == Request("GET", "/models", None, "chat", "openai:x").key
    assert one.key != Request("GET", "/model", None, "models", "openai:m").key
    assert one.key != Request("POST", "/models", None, "models", "openai:m").key


def test_an_id_contains_key_sample_and_attempt() -> None:
    """So each repeat of one request has a different id."""
    first, other = exchange(body={}), exchange(body={}, sample=3, attempt=2)
    assert first.id == f"{first.request.key}.0.0"
    assert other.id == f"{first.request.key}.3.2"


@given(st.binary(max_size=200), st.integers(100, 599), st.integers(0, 9))
def test_the_json_form_keeps_every_byte(body: bytes, status: int, sample: int) -> None:
    """A body that is not UTF-8 comes back from the JSON form byte for byte."""
    before = exchange(status, text=body.decode("utf-8", "surrogateescape"), sample=sample)
    after = Exchange.from_document(json.loads(json.dumps(before.document())))
    assert after == before
    assert after.id == before.id
    assert after.text.encode("utf-8", "surrogateescape") == body


@pytest.mark.parametrize("failure", [None, "timeout", "connection", "protocol", "too large"])
def test_the_json_form_follows_its_schema(failure: str | None) -> None:
    """With and without a failure, the document validates against schemas/data/evidence."""
    assert own_problem(exchange(body={"a": 1}, failure=failure).document(), "data/evidence") is None


def test_headers_are_found_whatever_their_case() -> None:
    """Of several headers with one name the first is returned."""
    found = exchange(headers={"X-Request-Id": "1", "x-request-id": "2"})
    assert found.header("x-REQUEST-id") == "1"
    assert found.header("retry-after") is None


@given(st.text() | JSON.map(json.dumps))
def test_any_body_reads_as_json_or_none(text: str) -> None:
    """Invalid JSON, NaN and Infinity read as None; nothing raises."""
    try:
        wanted = None if re.search("NaN|Infinity", text) else json.loads(text)
    except ValueError:
        wanted = None
    assert repr(exchange(text=text).json) == repr(wanted)


def test_a_body_nested_too_deep_reads_as_none() -> None:
    """A body that would exhaust the parser does not raise."""
    assert exchange(text="[" * 100_000).json is None


ODD = [
    "it's",
    'a "quoted" word',
    "$HOME `id` $(id) \\ !",
    "two\nlines\ttab",
    "'\"'\"' ; rm *",
    "crème ✗ \ud83d",
    "@file %s",
]


KEYED = {"Authorization": "Bearer $SOME_KEY"}


@pytest.fixture
def argued(tmp_path: Path) -> Path:
    """A folder with a program `curl` that prints its arguments, each followed by a zero byte."""
    script = tmp_path / "curl"
    script.write_text('#!/bin/sh\nprintf "%s\\0" "$@"\n')
    script.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("prompt", ODD)
def test_the_command_line_sends_the_very_same_body(argued: Path, prompt: str) -> None:
    """A shell passes the exact method, address, headers and body to curl, whatever quotes the prompt contains."""
    sent = request(model="m", messages=[{"role": "user", "content": prompt}])
    command = curl_command(sent, "http://gateway.example/v1/", KEYED)
    environment = {"PATH": f"{argued}:{os.environ['PATH']}", "SOME_KEY": "sk-'1"}
    done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, check=True)
    arguments = done.stdout.decode().split("\0")[:-1]
    assert arguments[arguments.index("-X") + 1] == "POST"
    assert "http://gateway.example/v1/chat/completions" in arguments
    assert "Authorization: Bearer sk-'1" in arguments
    assert "Content-Type: application/json" in arguments
    assert arguments[arguments.index("--data-binary") + 1] == sent.body


def test_the_command_line_has_the_headers_of_the_target(argued: Path) -> None:
    """Each is one argument with the text shown for its value; a header that the request sets itself is not repeated."""
    headers = {
        "X-Org": "<value of header X-Org>",
        "X-Odd": "it's $(id)",
        "authorization": "Bearer other",
        "CONTENT-TYPE": "x",
    }
    command = curl_command(request(model="m"), "http://gateway.example/v1", KEYED, headers)
    done = subprocess.run(
        ["sh", "-c", command], env={"PATH": f"{argued}:{os.environ['PATH']}"}, capture_output=True, check=True
    )
    arguments = done.stdout.decode().split("\0")[:-1]
    headers_sent = [value for name, value in itertools.pairwise(arguments) if name == "-H"]
    assert headers_sent == [
        "Authorization: Bearer ", "X-Org: <value of header X-Org>", "X-Odd: it's $(id)", "Content-Type: application/json",
    ]  # fmt: skip
    keyless = curl_command(Request("GET", "/models", None, "models", "", "none"), "http://a.example/v1", {}, headers)
    assert "authorization: Bearer other" in keyless, "the client sends it too"


def test_no_part_of_a_command_line_is_run(argued: Path) -> None:
    """Method, path, address, types, headers and padding of evidence that somebody else wrote are words; so is a variable."""
    bad = "'; touch owned; $(touch owned) `touch owned` \"& |"
    sent = Request("X" + bad, f"/p{bad}", f"b{bad}", "none", "m", content_type=bad, headers=((bad, bad),))
    padded = replace(sent, padding=bad)  # type: ignore[arg-type]  as a file could have it
    for each in (sent, padded):
        key = f"Bearer {in_shell('KEY' + bad, None)}"
        command = curl_command(each, f"http://a.example/{bad}", {"Authorization": key}, {"x": bad}, {"key": key})
        subprocess.run(
            ["sh", "-c", command],
            cwd=argued,
            env={"PATH": f"{argued}:{os.environ['PATH']}"},
            input=b"",
            capture_output=True,
            check=False,
        )
        assert not (argued / "owned").exists(), command


@pytest.mark.skipif(shutil.which("bash") is None, reason="sh knows no escapes")
def test_control_characters_of_a_command_line_are_escaped(argued: Path) -> None:
    """It is one printable line, from which a shell makes the same request."""
    bad = "a\x1b]52;c;eA==\x07\n::error::'\\\u202e\x9b\u00e9"
    command = curl_command(Request("POST", "/p", bad, "none", "m"), "http://a.example/v1", {})
    assert command.isprintable()
    environment = {"PATH": f"{argued}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, check=True)
    assert done.stdout.decode().split("\0")[-2] == bad


@pytest.mark.parametrize(("path", "sent"), [("/g", "/g?key=sk-'1"), ("/g?alt=sse", "/g?alt=sse&key=sk-'1")])
def test_the_command_line_has_the_key_in_the_query(argued: Path, path: str, sent: str) -> None:
    """It shows the variable, which the shell replaces, and no other part of the address."""
    post = Request("POST", path, "{}", "gemini", "m", "query", at_origin=True)
    command = curl_command(post, "http://a.example/$(id)/v1", {}, {}, {"key": "$SOME_KEY"})
    environment = {"PATH": f"{argued}:{os.environ['PATH']}", "SOME_KEY": "sk-'1"}
    done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, check=True)
    assert f"http://a.example/$(id){sent}" in done.stdout.decode().split("\0")


@over(
    "base_url, root",
    [
        ("https://a.example/v1", "https://a.example"),
        ("https://a.example/v1/", "https://a.example"),
        ("https://a.example", "https://a.example"),
        ("https://a.example/gemini", "https://a.example/gemini"),
        ("https://a.example/proxy/v1", "https://a.example/proxy"),
        ("https://a.example/v1beta", "https://a.example"),
        ("https://a.example/v1/account/google-ai-studio", "https://a.example/v1/account/google-ai-studio"),
        ("https://a.example/vault", "https://a.example/vault"),
    ],
)
def test_the_root_of_a_target_is_its_base_url_without_a_version(base_url: str, root: str) -> None:
    """A prefix is kept; a request that is not sent to the root goes below the base URL as it is."""
    post = Request("POST", "/v1beta/models/m:generateContent", "{}", "gemini", "m", at_origin=True)
    assert address(post, base_url) == f"{root}/v1beta/models/m:generateContent"
    assert address(replace(post, at_origin=False), base_url).startswith(f"{base_url.rstrip('/')}/v1beta/")


def test_the_command_line_sends_an_unusual_request_as_it_was_sent(argued: Path) -> None:
    """Its headers come before those of the target; spaces are made by printf; HEAD waits for no body."""
    sent = replace(request(model="m"), headers=(("Accept-Encoding", "gzip"),), padding=3)
    script = argued / "curl"
    script.write_text('#!/bin/sh\nprintf "%s\\0" "$@"\ncat\n')
    command = curl_command(sent, "http://gateway.example/v1", KEYED, {"accept-encoding": "x"})
    done = subprocess.run(
        ["sh", "-c", command], env={"PATH": f"{argued}:{os.environ['PATH']}"}, capture_output=True, check=True
    )
    *arguments, body = done.stdout.decode().split("\0")
    assert arguments[arguments.index("--data-binary") + 1] == "@-"
    assert body == '{   "model":"m"}'
    assert "Accept-Encoding: gzip" in arguments
    assert "accept-encoding: x" not in arguments
    head = curl_command(Request("HEAD", "/models", None, "models", ""), "http://gateway.example/v1", {})
    assert head == "curl -sS --head http://gateway.example/v1/models"


def test_what_is_unusual_in_a_request_is_recorded_and_changes_its_key() -> None:
    """What is usual is left out, so that keys and recordings of ordinary requests stay as they were."""
    plain = request(model="m")
    odd = [
        replace(plain, headers=(("Expect", "100-continue"),)),
        replace(plain, padding=7),
        replace(plain, first=replace(plain, auth="wrong")),
    ]
    assert len({each.key for each in [plain, *odd]}) == 4
    assert not {"headers", "padding", "first"} & plain.document().keys()
    for each in odd:
        assert Request.from_document(json.loads(json.dumps(each.document()))) == each
    assert replace(plain, about="n", quiet=True, mistake=True).key == plain.key


def test_without_key_and_body_the_command_line_has_neither() -> None:
    """It consists of curl, its options, the method and the address."""
    command = curl_command(Request("GET", "/models", None, "models", ""), "http://gateway.example/v1", {})
    assert command == "curl -sS -i -X GET http://gateway.example/v1/models"


@pytest.mark.parametrize(
    ("auth", "header"),
    [("none", None), ("wrong", "Bearer sk-conformance-no-such-key"), ("basic", "Basic sk-conformance-no-such-key")],
)
def test_the_command_line_is_authorised_as_the_request_was(auth: str, header: str | None) -> None:
    """A request without a key or with a wrong one is repeated the same way, and at the root of the host if it was sent there."""
    sent = Request("GET", "/api/models", None, "models", "", auth, at_origin=True)
    command = curl_command(sent, "http://a.example/v1", registry.for_request(sent).authorization(auth, "$KEY"))
    assert "$KEY" not in command
    assert (f'"Authorization: {header}"' in command) is bool(header)
    assert "http://a.example/api/models" in command


def test_authorisation_and_content_type_change_the_key() -> None:
    """A request body that is not JSON reads as None."""
    odd = Request("POST", "/chat/completions", "{", "chat", "", content_type="text/plain")
    assert odd.json is None
    assert len({odd.key, Request("POST", "/chat/completions", "{", "chat", "").key}) == 2
    assert (
        len({Request("GET", "/models", None, "models", "", auth).key for auth in ("key", "none", "wrong", "basic")})
        == 4
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1e999}', {"a": math.inf}),
        (f'{{"a": {"9" * 10_000}}}', {"a": math.inf}),
        (f'{{"a": -{"9" * 10_000}}}', {"a": -math.inf}),
        (f"[{'9' * 300}]", [int("9" * 300)]),
        ('{"a": 1, "a": 2}', {"a": 2}),
        ('"\\ud800"', "\ud800"),
        ("[NaN]", None),
        ("[-Infinity]", None),
        ("\ufeff{}", None),
        ("[" * MAX_DEPTH + "]" * MAX_DEPTH, "deep"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), None),
        ("[" * 900 + "]" * 900, None),
        ('"' + "[" * 900 + '"', "[" * 900),
        ("[" + "[]," * 900 + "[]]", [[]] * 901),
    ],
    ids=range(14),
)
def test_json_from_outside_is_read_strictly(text: str, value: Any) -> None:
    """A value that could not be compared, printed or walked through safely reads as None, or as the number a client gets."""
    assert (parse_json(text) is not None) if value == "deep" else (parse_json(text) == value)
