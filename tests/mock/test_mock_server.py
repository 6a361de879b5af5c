"""The server as a process: how it starts, waits, counts and ends, and what it may import."""

import ast
import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

import conformance.mock
from conformance.mock.server import app
from conformance.mock.server.nearest import StartError
from conformance.mock.server.options import Options
from conformance.mock.server.serving import listen, running, serve

FOLDER = Path(conformance.mock.__file__).parent
BODY = {"model": "mock-openai", "messages": [{"role": "user", "content": "Count to 3"}]}
KEY = {"authorization": "Bearer sk-test"}
PATIENCE = 600.0  # seconds after which a test gives up; only a server that hangs takes that long


@contextmanager
def process(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Yield a server in a process of its own, on a free port, and its base URL."""
    command = [sys.executable, "-m", "conformance.mock", "--port", "0", *arguments]
    pipe = subprocess.PIPE
    # With PYTHONUNBUFFERED set, an announcement that is not flushed would arrive too.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    root = FOLDER.parent.parent
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=root, env=environment) as child:
        try:
            assert child.stdout is not None
            line = child.stdout.readline()
            assert line.startswith("mock gateway on http://127.0.0.1:"), child.stderr and child.stderr.read()
            yield child, line.removeprefix("mock gateway on ").strip()
        finally:
            child.kill()


def stats(base_url: str) -> dict[str, object]:
    """Return the statistics of a server."""
    counted: dict[str, object] = httpx.get(base_url.removesuffix("/v1") + "/_mock/stats", timeout=PATIENCE).json()
    return counted


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_at_once(number: signal.Signals) -> None:
    """The server ends with exit code 0 and prints the number of requests, though an answer is unfinished."""
    with process("--latency", "36000") as (child, url):
        with socket.create_connection(("127.0.0.1", int(url.split(":")[2].removesuffix("/v1")))) as waiting:
            waiting.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")
            while stats(url)["in_flight"] != 1:
                time.sleep(0.01)
            child.send_signal(number)
            rest, said = child.communicate(timeout=PATIENCE)
        assert (child.returncode, rest, said) == (0, "", "mock gateway answered 1 requests\n")


def test_the_end_of_stdin_ends_it() -> None:
    """With --until-stdin-closes, the server ends with the process that started it."""
    with process("--until-stdin-closes") as (child, url):
        assert httpx.get(url + "/models", headers=KEY, timeout=PATIENCE).status_code == 200
        assert child.stdin is not None
        child.stdin.close()
        assert child.wait(timeout=PATIENCE) == 0


def test_an_open_stdin_is_not_needed() -> None:
    """Without the option, a closed stdin changes nothing."""
    with process() as (child, url):
        assert child.stdin is not None
        child.stdin.close()
        time.sleep(0.2)
        assert httpx.get(url + "/models", headers=KEY, timeout=PATIENCE).status_code == 200


def test_the_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """--api-key-env names the variable that holds the key to accept."""
    monkeypatch.setenv("MOCK_TEST_KEY", "other")
    with process("--api-key-env", "MOCK_TEST_KEY") as (_, url):
        assert httpx.get(url + "/models", headers=KEY, timeout=PATIENCE).status_code == 401
        assert (
            httpx.get(url + "/models", headers={"authorization": "bearer other"}, timeout=PATIENCE).status_code == 200
        )


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--defect", "drop_n"], 2, "Did you mean drops_n"),
        (["--model", "opnai=x"], 2, "Did you mean openai"),
        (["--model", "gpt-4"], 2, "openai=gpt-4.1,class=chat"),
        (["--model", "claude=x,class=claud"], 2, "Did you mean claude"),
        (["--port", "99999"], 2, "0-65535"),
        (["--host", "no.such.host.invalid"], 2, "cannot listen"),
        (["--api-key-env", "MOCK_TEST_UNSET"], 3, "MOCK_TEST_UNSET is not set"),
    ],
)
def test_a_start_error_is_one_sentence(arguments: list[str], code: int, words: str) -> None:
    """A mock that cannot start prints one sentence on stderr, nothing on stdout, and returns its exit code."""
    command = [sys.executable, "-m", "conformance.mock", "--port", "0", *arguments]
    ended = subprocess.run(
        command, capture_output=True, text=True, cwd=FOLDER.parent.parent, check=False, timeout=PATIENCE
    )
    assert (ended.returncode, ended.stdout) == (code, "")
    assert words in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_port_in_use_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """The error names the port and the option to change."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert serve(Options(port=port)) == 2
        said = capsys.readouterr()
        assert (said.out, said.err.count("\n")) == ("", 1)
        assert f"port {port} of 127.0.0.1 is in use" in said.err
        with pytest.raises(StartError), running(Options(port=port)):
            pass


def test_requests_are_counted() -> None:
    """Every request counts, also a refused one; requests for the statistics do not count and need no key."""
    with running(Options(port=0)) as url, httpx.Client(base_url=url, timeout=PATIENCE) as client:
        assert stats(url) == {"requests": 0, "by_path": {}, "most_in_flight": 0, "in_flight": 0}
        client.post("/chat/completions", json=BODY, headers=KEY)
        client.post("/chat/completions", json=BODY)
        client.get("/models", headers=KEY)
        client.get("/nothing")
        counted = {"/v1/chat/completions": 2, "/v1/models": 1, "/v1/nothing": 1}
        assert stats(url) == {"requests": 4, "by_path": counted, "most_in_flight": 1, "in_flight": 0}


def test_defects_show_on_a_share_of_the_requests() -> None:
    """The seed says on which requests; the others are answered truthfully, and so are the errors of the others."""
    defects, dice = ("leaves_id_empty", "flat_errors"), random.Random(7)
    drawn = [dice.random() < 0.5 for _ in range(12)]
    with (
        running(Options(port=0, defects=defects, share=0.5, seed=7)) as url,
        httpx.Client(base_url=url, headers=KEY, timeout=PATIENCE) as client,
    ):
        bodies = [BODY | {"n": number % 2} for number in range(12)]  # no n of 0 is answered
        replies = [client.post("/chat/completions", json=body).json() for body in bodies]
    assert [not (reply.get("id") or "error" in reply) for reply in replies] == drawn
    assert 0 < sum(drawn[::2]) < 6 > sum(drawn[1::2]) > 0


def test_latency_delays_completions_concurrently(monkeypatch: pytest.MonkeyPatch) -> None:
    """All completions, streams and refusals wait for the latency at the same time: here until the last one waits too."""
    bodies = [{**BODY, "stream": True}, {**BODY, "n": 0}, *([BODY] * 8)]
    waits: list[float] = []
    all_wait = asyncio.Event()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == len(bodies):
            all_wait.set()
        await all_wait.wait()

    async def run(url: str) -> None:
        async with httpx.AsyncClient(base_url=url, headers=KEY, timeout=PATIENCE) as client:
            await asyncio.gather(*(client.post("/chat/completions", json=body) for body in bodies))

    monkeypatch.setattr(app, "asyncio", SimpleNamespace(sleep=sleep))
    with running(Options(port=0, latency=0.3)) as url:
        asyncio.run(run(url))
        assert waits == [0.3] * 10
        assert stats(url)["most_in_flight"] == 10


def test_only_completions_wait() -> None:
    """Other paths are answered without the latency."""
    with running(Options(port=0, latency=36000)) as url:
        assert httpx.get(url + "/models", headers=KEY, timeout=PATIENCE).status_code == 200


def test_servers_do_not_share_counts_of_requests() -> None:
    """The same requests to a new server get the same texts."""

    def texts() -> list[str]:
        body = {"model": "mock-openai", "messages": [{"role": "user", "content": "Tell me about sand."}]}
        with running(Options(port=0)) as url, httpx.Client(base_url=url, headers=KEY, timeout=PATIENCE) as client:
            replies = [client.post("/chat/completions", json=body).json() for _ in range(3)]
        return [reply["choices"][0]["message"]["content"] for reply in replies]

    assert texts() == texts()


def test_small_answers_are_sent_at_once() -> None:
    """The socket names its protocol; otherwise asyncio lets small pieces wait for an acknowledgement."""
    with listen(Options(port=0)) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_it_serves_on_ipv6() -> None:
    """An IPv6 host is in brackets in the base URL."""
    with running(Options(host="::1", port=0)) as url:
        assert url.startswith("http://[::1]:")
        assert httpx.get(url + "/models", headers=KEY, timeout=PATIENCE).status_code == 200


def imported(path: Path) -> set[str]:
    """Return the dotted names that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.name} imports relatively"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_it_imports_nothing_else_of_the_project() -> None:
    """No file of the mock imports another part of the project, so that it shares no bug with the suite."""
    for path in FOLDER.rglob("*.py"):
        foreign = [
            name for name in imported(path) if name.split(".")[0] == "conformance" and name.split(".")[1] != "mock"
        ]
        assert not foreign, f"{path.name} imports {foreign}"


def test_it_loads_nothing_else_of_the_project() -> None:
    """A running mock has loaded no other module of the project, and none of the suite's libraries."""
    script = (
        "import sys, conformance.mock.__main__;"
        "print([name for name in sys.modules if name.startswith('conformance.') and name.split('.')[1] != 'mock'"
        " or name in ('httpx', 'jsonschema', 'pytest', 'openai')])"
    )
    command = [sys.executable, "-c", script]
    ended = subprocess.run(
        command, capture_output=True, text=True, cwd=FOLDER.parent.parent, check=True, timeout=PATIENCE
    )
    assert ended.stdout.strip() == "[]"


def test_files_stay_small() -> None:
    """Every file has a module docstring and fewer than 250 lines."""
    for path in FOLDER.rglob("*.py"):
        assert ast.get_docstring(ast.parse(path.read_text())), f"{path.name} has no docstring"
        assert len(path.read_text().splitlines()) < 250, path.name
