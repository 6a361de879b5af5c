"""A watch over some nights: one message for each turn and recipient, and an outage is no news."""

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import cli
from conformance.mock.server.options import Options
from conformance.mock.server.serving import running
from conformance.sending.posting import NotDelivered
from tests.support.driving import KEY, VARIABLE

CLAIMS = ("--claim=chat.n.*", "--claim=chat.tools.stream_first", "--claim=chat.logprobs.given")
Post = tuple[str, dict[str, str], Any]


@contextmanager
def listening(*statuses: int) -> Iterator[tuple[str, list[Post]]]:
    """Run a server that keeps what is posted to it: its address, and path, headers and document of each request.

    It answers with the statuses in turn, and then with 200.
    """
    posts: list[Post] = []
    answers = list(statuses)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            posts.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(answers.pop(0) if answers else 200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", posts
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def night(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Spends a night of a watch on a mock gateway with defects, or on none; gives the exit code and what was printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLE, KEY)

    def spend(*arguments: str, defects: tuple[str, ...] = (), url: str = "") -> tuple[int, str]:
        capsys.readouterr()  # of a night before that ended with an error
        with running(Options(port=0, defects=defects)) as gateway:
            code = cli.main(
                ["watch", "--target=mock", f"--base-url={url or gateway}",
                 f"--api-key-env={VARIABLE}", "--model=openai=mock-openai",
                 "--state=state", *CLAIMS, *arguments],
                standalone_mode=False,
            )  # fmt: skip
        return int(code), capsys.readouterr().out

    return spend


def test_everybody_is_told_once_what_turned(
    night: Callable[..., tuple[int, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever could not be told is told the next night, the others are not again; an outage is no news, and secrets stay secret.

    docs/nightly.md, which a test follows, has the nights before: silent, then worse.
    """
    metrics = pytest.importorskip("prometheus_client.openmetrics.parser", reason="prometheus-client is not installed")
    with listening(500) as (url, posts):
        monkeypatch.setenv("HOOK", f"{url}/hook/secret")
        monkeypatch.setenv("GITHUB_API_URL", url)
        monkeypatch.setenv("GITHUB_TOKEN", "ghp_secret")
        tell = ("--webhook-env=HOOK", "--github-issue=acme/gateway", "--metrics=m.prom", "--link=https://site.example")
        with pytest.raises(NotDelivered) as failed:
            night(*tell, defects=("drops_n",))
        assert (
            str(failed.value)
            == "the webhook in HOOK must answer with 2xx, got 500; it is told again with the next night"
        )
        families = metrics.text_string_to_metric_families((tmp_path / "m.prom").read_text(encoding="utf-8"))
        [against] = [family for family in families if family.name == "conformance_against"]
        assert [sample.labels["claim"] for sample in against.samples] == ["chat.n.count"]
        assert night(*tell, defects=("drops_n",)) == (0, "")
        state = json.loads((tmp_path / "state" / "matrix.json").read_text(encoding="utf-8"))
        assert state["run"]["requests"] <= 15, "what is known is not repeated, and no statement asks anything itself"
        assert night(*tell, url="http://127.0.0.1:9/v1")[0] == 4
        code, said = night(*tell)
        assert (code, "better: chat.n.count@openai:mock-openai: deviates, ignored -> conforms" in said) == (0, True)
    hook, issue = "/hook/secret", "/repos/acme/gateway/issues"
    assert [path for path, _, _ in posts] == [hook, issue, hook, hook, issue]
    (_, _, told), (_, _, better) = posts[2:4]
    assert told["text"].splitlines()[1:] == [
        "• worse: chat.n.count@openai:mock-openai (not asked before -&gt; deviates, ignored)",
        "https://site.example",
    ]
    assert [turn["direction"] for turn in told["turned"] + better["turned"]] == ["worse", "better"]
    assert posts[1][1]["authorization"] == "Bearer ghp_secret"
    assert posts[1][2]["title"].endswith("1 cell turned worse")
    written = "".join(path.read_text(encoding="utf-8") for path in tmp_path.rglob("*") if path.is_file())
    assert "chat.n.count" in written
    assert not [secret for secret in (hook, "ghp_secret", KEY) if secret in written]
