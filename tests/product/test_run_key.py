"""A key is sent to its endpoint and stands nowhere else, whatever the endpoint does with it."""

import base64
import html
import json
import secrets
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support import canned, driving
from tests.support.driving import Done
from tests.support.scanning import shows


def stream(key: str, every: str) -> str:
    """Chunks that hold the key in parts, and a comment that holds it whole."""
    parts = [key[:5], key[5:6], key[6:17], key[17:]]
    chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 1_800_000_000, "model": "m"}
    choices = [[{"index": 0, "delta": {"content": each}, "finish_reason": None}] for each in parts]
    ends = [{"index": 0, "delta": {}, "finish_reason": "stop"}]
    events = "".join(f"data: {json.dumps({**chunk, 'choices': each})}\n\n" for each in [*choices, ends])
    return f": {every}\n\n{events}data: [DONE]\n\n"


def echo(headers: dict[str, str], sent: object) -> canned.Answer:
    """An endpoint that shows the key wherever it can: in text, ids, error messages and headers, in several spellings."""
    shown = headers.get("authorization", "nothing")
    key = shown.removeprefix("Bearer ")
    spelled = {
        "x-debug-authorization": shown,
        "x-debug-key": base64.b64encode(key.encode()).decode(),
        "set-cookie": f"session={quote(key, safe='')}",
        "location": f"https://login.example/?key={quote(key, safe='')}",
    }
    escaped = "".join(f"\\\\u{ord(each):04x}" for each in key)
    more = [base64.urlsafe_b64encode(key.encode()).decode(), base64.b64encode(shown.encode()).decode(), escaped]
    every = " ".join(
        [shown, *spelled.values(), *more, key.upper(), key.encode().hex(), html.escape(key), quote(quote(key))]
    )
    asked = set(sent) if isinstance(sent, dict) else set()
    if "top_p" in asked:
        return 400, canned.error(f"bad request from {every}", code="invalid_value", param=key), spelled
    if "stop" in asked:
        return 500, f"<html>{every}</html>", {**spelled, "content-type": "text/html"}
    if "stream" in asked:
        return 200, stream(key, every), {**spelled, "content-type": "text/event-stream"}
    return 200, canned.completion(f"ready {every}", id=key, model=f"m-{key}", system_fingerprint=shown), spelled


@pytest.fixture(scope="module", params=[("-v", "-s", "--tb=long"), ("-n", "2")], ids=["loud", "spread"])
def shown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Done, str]:
    """A run on an endpoint that echoes its key, with every report switched on, and the key."""
    key = f"sk-{secrets.token_urlsafe(24)}+/={secrets.token_hex(4)}"
    folder = tmp_path_factory.mktemp("key")
    chosen = [
        "--junitxml=junit.xml",
        "--alluredir=allure",
        "--showlocals",
        "-k",
        "chat.top_p. or chat.stop. or chat.stream_options.",
    ]
    with canned.serving(echo) as endpoint:
        done = driving.run(endpoint.base_url, folder, *request.param, *chosen, PRODUCT_TEST_KEY=key)
    assert done.code == 1, done.said
    return done, key


def test_no_file_holds_the_key(shown: tuple[Done, str]) -> None:
    """Neither the run directory nor JUnit, Allure or pytest's own cache holds the key in any spelling or in parts."""
    done, key = shown
    files = [path for path in done.folder.parents[1].rglob("*") if path.is_file()]
    names = {path.name for path in files}
    assert {"matrix.json", "matrix.md", "evidence.ndjson", "junit.xml"} <= names
    assert any(name.endswith("-result.json") for name in names)
    for path in files:
        assert shows(path.read_bytes().decode("utf-8", "replace"), key) is None, path


def test_no_format_holds_the_key(shown: tuple[Done, str]) -> None:
    """Nor does anything that is made of the run afterwards: reports, the site, a feed of its history."""
    done, key = shown
    root = done.folder.parents[1]
    told = [
        driving.command("report", "runs/this", "--out=formats", cwd=root),
        driving.command("site", "runs/this", "--out=site", cwd=root),
        driving.command("history", "*", "runs/this", "--feed=feed.xml", cwd=root),
    ]
    assert {each.code for each in told} == {0}, [each.said for each in told]
    made = [path for name in ("formats", "site", "feed.xml") for path in [root / name, *(root / name).rglob("*")]]
    for path in made:
        if path.is_file():
            assert shows(path.read_bytes().decode("utf-8", "replace"), key) is None, path


def test_no_output_holds_the_key(shown: tuple[Done, str]) -> None:
    """Neither stdout nor stderr shows it."""
    done, key = shown
    assert shows(f"{done.out}{done.err}", key) is None


def test_what_was_taken_out_is_marked(shown: tuple[Done, str]) -> None:
    """The evidence says where something was taken out, in bodies and in headers."""
    done, _ = shown
    rows = done.rows[1:]
    assert any("[redacted]" in row["text"] for row in rows)
    assert all(any("[redacted]" in value for _, value in row["headers"]) for row in rows if row["status"])


def test_explain_does_not_know_it_either(shown: tuple[Done, str]) -> None:
    """`conformance explain` shows the variable's name in its command line, not the key."""
    done, key = shown
    cell = next(name for name in done.cells if name.startswith("chat.top_p.range@"))
    told = driving.command("explain", cell, "--run=runs/this", cwd=done.folder.parents[1], PRODUCT_TEST_KEY=key)
    assert told.code == 0, told.said
    assert f"Authorization: Bearer ${driving.VARIABLE}" in told.out
    assert shows(told.out, key) is None


LOUD = (
    ("--log-level=DEBUG", "-rA"),
    ("--log-cli-level=DEBUG", "-o", "log_cli=true"),
    ("--log-file=run.log", "--log-file-level=DEBUG"),
    ("-o", "log_level=DEBUG", "-vv", "--capture=no", "--tb=long", "--showlocals"),
)


@pytest.mark.parametrize("options", LOUD, ids=range(len(LOUD)))
def test_no_log_holds_the_key(tmp_path: Path, options: tuple[str, ...]) -> None:
    """Whatever pytest is told to log: the libraries beneath would print the headers of requests and replies as they came."""
    key = f"sk-{secrets.token_urlsafe(24)}"
    with canned.serving(echo) as endpoint:
        done = driving.run(endpoint.base_url, tmp_path, *options, "-k", "chat.top_p.range", PRODUCT_TEST_KEY=key)
    assert done.code == 1, done.said
    assert shows(f"{done.out}{done.err}", key) is None
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert shows(path.read_bytes().decode("utf-8", "replace"), key) is None, path


def test_a_traceback_of_our_own_holds_no_key(tmp_path: Path) -> None:
    """A test of the suite that breaks over a reply shows its locals, without the key; JUnit as well."""
    key = f"sk-{secrets.token_urlsafe(24)}"
    (tmp_path / "breaking.py").write_text(BREAKING, encoding="utf-8")
    chosen = ("-p", "breaking", "--tb=long", "--showlocals", "-vv", "--junitxml=junit.xml", "-k", "chat.n.one")
    with canned.serving(echo) as endpoint:
        told = {"PRODUCT_TEST_KEY": key, "PYTHONPATH": str(tmp_path)}
        done = driving.run(endpoint.base_url, tmp_path, *chosen, **told)
    assert done.code == 70, done.said
    assert "ZeroDivisionError" in done.said
    assert "[redacted]" in done.said
    assert shows(f"{done.out}{done.err}", key) is None
    assert shows((tmp_path / "junit.xml").read_text(encoding="utf-8"), key) is None


BREAKING = """
from conformance.surfaces.chat.reply import ChatReply

def break_over(self):
    text, headers = self.exchange.text, dict(self.exchange.headers)
    beginning, middle = text[: len(text) // 2], text[40:90]
    raise ZeroDivisionError(f"{text[:90]}")

ChatReply.acceptance = break_over
ChatReply.problem = property(lambda self: None)
ChatReply.choices = property(break_over)
"""


def test_without_a_key_none_is_sent(tmp_path: Path) -> None:
    """Without --api-key-env no Authorization header is sent, though a variable of the default target is set."""
    seen: list[str | None] = []

    def behave(headers: dict[str, str], _: object) -> canned.Answer:
        seen.append(headers.get("authorization"))
        return 200, canned.completion("ready"), {}

    with canned.serving(behave) as endpoint:
        arguments = [
            "run",
            f"--base-url={endpoint.base_url}",
            "--model=openai=m",
            "--out=runs/this",
            "-k",
            "chat.n.one",
        ]
        done = driving.command(*arguments, cwd=tmp_path, CONFORMANCE_MOCK_KEY="sk-other", OPENAI_API_KEY="sk-mine")
    assert done.code == 0, done.said
    assert set(seen) == {None}
