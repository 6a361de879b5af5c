"""What goes wrong before anything can be judged: one clear message and the documented exit code, no wall of failures."""

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import canned, driving
from tests.support.driving import Done

ROOT = Path(__file__).parents[2]
MANY = 30  # lines; a run has some hundred cases
ALL_BLOCKED = {"blocked", "not applicable"}


@pytest.fixture
def closed() -> Iterator[str]:
    """The base URL of a port on which nothing listens, held so that nothing else takes it."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{holder.getsockname()[1]}/v1"


def told_once(done: Done, message: str) -> bool:
    """Whether the message came once and little else with it."""
    return done.said.count(message) == 1 and len(done.lines) < MANY and "Traceback" not in done.said


def test_a_wrong_key(truthful: str, tmp_path: Path) -> None:
    """A key that is not accepted blocks everything, after one request, with exit code 3."""
    before = driving.counted(truthful)
    done = driving.run(truthful, tmp_path, PRODUCT_TEST_KEY="sk-wrong")
    assert done.code == 3, done.said
    assert told_once(done, "the key was not accepted (401 invalid_api_key: Incorrect API key provided.)")
    assert "--api-key-env" in done.said
    assert _of_models(done) <= ALL_BLOCKED
    assert driving.counted(truthful) - before < 30


def test_a_missing_key(truthful: str, tmp_path: Path) -> None:
    """Where the target names no key, the message does not speak of one that was refused, but of how to name it."""
    done = driving.command(
        "run", f"--base-url={truthful}", driving.NAMED[0], "--claim=chat.n.one", "--out=runs/this", cwd=tmp_path
    )
    assert done.code == 3, done.said
    assert told_once(done, "the endpoint asks for authorization, and the target names no key (401 invalid_api_key: ")
    assert "was not accepted" not in done.said
    assert "name the variable that holds it with --api-key-env" in done.said


def _of_models(done: Done) -> set[str]:
    """The verdicts on cells of the models; what concerns the endpoint alone needs no model."""
    return {cell["verdict"] for cell in done.cells.values() if cell["column"] != "endpoint"}


def test_a_closed_port(closed: str, tmp_path: Path) -> None:
    """An endpoint that cannot be reached is exit code 4; the run says why in two lines, and is not among those others read."""
    done = driving.command("run", f"--base-url={closed}", driving.NAMED[0], cwd=tmp_path)
    assert done.code == 4, done.said
    assert told_once(done, "the endpoint does not answer (connection: ")
    [path] = tmp_path.rglob("matrix.json")
    matrix = json.loads(path.read_text(encoding="utf-8"))
    assert {cell["verdict"] for cell in matrix["cells"]} <= ALL_BLOCKED
    assert matrix["run"]["requests"] < 50
    assert path.parent.parent == tmp_path / "reports" / "runs" / "incomplete"
    assert not list(path.parent.rglob("*lock*"))
    why, where, _ = done.lines[-3:]
    assert why.startswith("blocked: openai:mock-openai, the endpoint: the endpoint does not answer (connection: ")
    assert where.startswith(
        f"written to {path.parent.relative_to(tmp_path)}: matrix.json, matrix.md, evidence.ndjson; once"
    )


def test_an_endpoint_that_dies(tmp_path: Path) -> None:
    """The last request that it answered and those that ended it are named, little is asked after that; exit code 5."""
    command = [sys.executable, "-m", "tests.support.dying", '"logprobs":true']
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        assert server.stdout is not None
        base_url = server.stdout.readline().split()[-1]
        given = [driving.impatient(base_url, tmp_path), driving.NAMED[0], "--profile=standard", "--concurrency=4"]
        done = driving.command("run", *given, "--out=runs/this", cwd=tmp_path)
        assert server.wait(10) == 9, "it ended by itself, in the middle of the run"
    died = done.run["died"]
    sent = {row["id"]: row for row in done.rows[1:]}
    fatal = [each for each in died["asked"] if '"logprobs":true' in sent[each]["request"]["body"]]
    assert fatal
    assert len(died["asked"]) <= 4
    assert {sent[each]["status"] for each in died["asked"]} == {None}
    assert sent[died["answered"]]["status"] is not None
    assert f"the endpoint stopped answering: the last it answered is {died['answered']}" in done.said
    assert f"{fatal[0]} of chat." in done.said
    assert "cells were not asked, the endpoint no longer answers" in done.said
    assert sum(row["status"] is None for row in sent.values()) <= 4
    assert done.code == 5, done.said


def test_a_fault_on_every_request(tmp_path: Path) -> None:
    """A 500 on everything is exit code 4, and nothing is held against the endpoint."""
    with canned.serving(lambda *_: (500, canned.error("boom", type="server_error"), {})) as endpoint:
        done = driving.run(endpoint.base_url, tmp_path)
    assert done.code == 4, done.said
    assert told_once(
        done, "the endpoint fails on a plain request (the server failed on this request: 500 server_error: boom)"
    )
    assert _of_models(done) <= ALL_BLOCKED


def test_a_web_page_in_place_of_an_answer(tmp_path: Path) -> None:
    """A base URL that leads to a web site is exit code 3, and the message points to it."""
    page = "<!doctype html><title>Welcome</title>" + "<p>hello</p>" * 500
    with canned.serving(lambda *_: (200, page, {"content-type": "text/html"})) as endpoint:
        done = driving.run(endpoint.base_url, tmp_path)
    assert done.code == 3, done.said
    assert told_once(
        done, "a plain request is not answered (status 200, expected an answer in the body, got <!doctype html>"
    )
    assert "check base URL" in done.said
    assert _of_models(done) <= ALL_BLOCKED


def test_an_unknown_model_on_one_of_two_columns(truthful: str, tmp_path: Path) -> None:
    """The known column is judged, the other is one blocked line, and the exit code is 3."""
    models = ("--model=openai=mock-opnai", "--model=claude=mock-claude")
    done = driving.run(truthful, tmp_path, "-k", "chat.top_p.range or chat.top_p.null", models=models)
    assert done.code == 3, done.said
    assert done.said.count("the endpoint does not know the model or the path (404 model_not_found model: ") == 1
    assert "check --model" in done.said
    assert {cell["verdict"] for cell in done.cells.values() if cell["column"] == "claude"} == {"conforms", "noted"}
    assert {cell["verdict"] for cell in done.cells.values() if cell["column"] == "openai"} == {"blocked"}
    assert len(done.lines) < MANY


def test_models_that_are_all_unknown(truthful: str, tmp_path: Path) -> None:
    """With no model left it is exit code 3 too, one line per reason, one request per model."""
    done = driving.run(truthful, tmp_path, "-k", "mock-", models=("--model=openai=mock-a", "--model=claude=mock-b"))
    assert done.code == 3, done.said
    assert done.said.count("the endpoint does not know the model or the path") == 2
    assert done.run["requests"] == 2
    assert _of_models(done) <= ALL_BLOCKED
    assert len(done.lines) < MANY


def test_a_limited_rate_is_no_deviation(tmp_path: Path) -> None:
    """An endpoint that only says 429 gives no verdict: exit code 5."""
    busy = canned.error("slow down", code="rate_limit_exceeded")
    with canned.serving(lambda *_: (429, busy, {"retry-after": "0.01"})) as endpoint:
        patient = tmp_path / "mine.toml"
        told = f'schema = 1\nname = "mine"\ntitle = "Mine"\nbase_url = "{endpoint.base_url}"\npatience = 0.5\n'
        patient.write_text(told, encoding="utf-8")
        chosen = ["-k", "chat.n. or chat.stop. or chat.http."]
        done = driving.command("run", "--target=mine.toml", driving.NAMED[0], "--out=runs/this", *chosen, cwd=tmp_path)
    assert done.code == 5, done.said
    assert told_once(done, "the endpoint limits the rate")
    assert _of_models(done) <= ALL_BLOCKED


def test_nothing_selected(tmp_path: Path) -> None:
    """A selection that matches nothing is not green: exit code 5, with words to try, and nothing written."""
    done = driving.command("run", "-k", "nothing-matches", "--out=runs/this", cwd=tmp_path)
    assert done.code == 5, done.said
    assert told_once(done, "nothing selected of ")
    assert "for instance --claim 'chat.temperature.*'" in done.said
    assert not done.folder.exists()


SMALL = {
    "unknown target": (
        ["--target=moc"],
        2,
        "--target must be a built-in target or a file, got 'moc'; did you mean mock?",
    ),
    "unknown contract": (["--contract=comet"], 2, "contract 'comet' must be a built-in name, a folder or a TOML file"),
    "key variable not set": (
        ["--base-url={url}", "--api-key-env=NO_SUCH_KEY", *driving.NAMED],
        3,
        "variable NO_SUCH_KEY must hold the key",
    ),
    "no model": (["--base-url={url}"], 3, "must name at least one model; add --model openai=MODEL_ID"),
    "model without column": (
        ["--model=mock-openai"],
        2,
        "--model must be COLUMN=ID[,class=NAME][,version=DATE], got 'mock-openai'",
    ),
    "unknown column": (["--model=opnai=m"], 3, "must be in contract cometapi, got 'opnai'; did you mean openai?"),
    "unknown class": (["--model=openai=m,class=reasonin"], 3, "did you mean reasoning"),
    "a model twice": (["--model=openai=m", "--model=openai=m"], 3, "duplicate model openai:m"),
    "no address": (
        ["--base-url=gateway.example/v1"],
        2,
        "--base-url must be an http or https address, got 'gateway.example/v1'",
    ),
    "no concurrency": (["--concurrency=0"], 2, "--concurrency must be a number from 1 to 1024, got 0"),
    "unknown option": (["--no-such-option"], 2, "unknown option --no-such-option"),
    "broken expression": (["-k", "(("], 2, "Wrong expression passed to '-k'"),
    "no such path": (["no/such/test.py"], 2, "no/such/test.py"),
}


@pytest.mark.parametrize("name", SMALL)
def test_what_cannot_be_used(truthful: str, tmp_path: Path, name: str) -> None:
    """Each mistake on the command line is one message and exit code 2 or 3, and nothing is sent."""
    arguments, code, message = SMALL[name]
    before = driving.counted(truthful)
    done = driving.command("run", *(each.format(url=truthful) for each in arguments), "--out=runs/this", cwd=tmp_path)
    assert done.code == code, done.said
    assert told_once(done, message), done.said
    assert driving.counted(truthful) == before
    assert not done.folder.exists()


TARGET = """\
schema = 1
name = "mine"
title = "a gateway"
base_url = "http://127.0.0.1:1/v1"
{line}
[[models]]
column = "openai"
id = "m"
"""


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("concurency = 3", "target.toml, line 5: unknown key 'concurency' in "),
        ('concurrency = "3"', "target.toml, line 5: "),
        ("concurrency = ", "target.toml"),
    ],
)
def test_a_target_file_with_a_mistake(tmp_path: Path, line: str, message: str) -> None:
    """A mistake in a target is told with file and line, and with the nearest key: exit code 2."""
    (tmp_path / "target.toml").write_text(TARGET.format(line=line), encoding="utf-8")
    done = driving.command("run", "--target=target.toml", cwd=tmp_path)
    assert done.code == 2, done.said
    assert told_once(done, message), done.said
    assert "line 5" in done.said


def test_a_deviation(gateway: Callable[..., str], tmp_path: Path) -> None:
    """Against a must: exit code 1, and the cell is named with what is documented and what was seen."""
    done = driving.run(gateway(defects=("drops_n",)), tmp_path, "-k", "chat.n.count")
    assert done.code == 1, done.said
    assert "deviates: chat.n.count on openai:mock-openai documented 1-128; ignored: 2: 1 choice for n=2" in done.said


@pytest.mark.parametrize(("option", "code"), [((), 0), (("--fail-on-differs",), 1)])
def test_a_difference(gateway: Callable[..., str], tmp_path: Path, option: tuple[str, ...], code: int) -> None:
    """Against a should: shown, and exit code 0 unless differences are to fail."""
    url = gateway(defects=("usage_chunk_has_choices",))
    done = driving.run(url, tmp_path, *option, "-k", "chat.stream_options.usage_chunk")
    assert done.code == code, done.said
    assert done.verdicts == {"differs"}
    assert "differs: chat.stream_options.usage_chunk on openai:mock-openai" in done.said


def test_a_deviation_and_an_unknown_model(gateway: Callable[..., str], tmp_path: Path) -> None:
    """Where several exit codes hold, what is wrong with the configuration comes before a deviation."""
    url = gateway(defects=("drops_n",))
    models = (driving.NAMED[0], "--model=claude=none")
    done = driving.run(url, tmp_path, "-k", "chat.n.count", models=(*models, "--model=gemini=nor"))
    assert done.named("deviates")
    assert done.code == 3, done.said


@pytest.mark.parametrize(("more", "code"), [("", 5), (" or chat.unknown_parameter", 5), (" or chat.n.one", 0)])
def test_no_evidence_is_neither_green_nor_red(tmp_path: Path, more: str, code: int) -> None:
    """An endpoint that is overloaded once it was asked is inconclusive; exit code 0 if as much was judged, else 5.

    An unstated claim, which cannot fail, is not counted as judged.
    """
    asked = False

    def behave(_: dict[str, str], sent: object) -> canned.Answer:
        nonlocal asked
        known = isinstance(sent, dict) and sent.keys() <= {"model", "messages", "max_tokens", "top_p"}
        asked = asked or (known and "top_p" in sent)
        if asked and known:
            return 503, canned.error("overloaded", type="server_error"), {"retry-after": "0"}
        return 200, canned.completion("ready"), {}

    with canned.serving(behave) as endpoint:
        given = [driving.impatient(endpoint.base_url, tmp_path), driving.NAMED[0], "-k", f"chat.top_p.range{more}"]
        done = driving.command("run", *given, "--out=runs/this", cwd=tmp_path)
    assert done.code == code, done.said
    assert done.named("inconclusive") == {"chat.top_p.range@openai:mock-openai"}
    assert "1 inconclusive" in done.said
    assert done.verdicts <= {"inconclusive", "noted", "conforms"}


def test_a_failure_of_one_kind_of_request_is_no_outage(tmp_path: Path) -> None:
    """What fails each time, while plain requests in between are answered, is held against the endpoint."""

    def behave(_: dict[str, str], sent: object) -> canned.Answer:
        if isinstance(sent, dict) and "top_p" in sent:
            return 503, canned.error("overloaded", type="server_error"), {"retry-after": "0"}
        return 200, canned.completion("ready"), {}

    with canned.serving(behave) as endpoint:
        done = driving.run(endpoint.base_url, tmp_path, "-k", "chat.top_p.range")
    assert done.code == 1, done.said
    assert "fails 3 of 3 times, each followed by a control that succeeds: 503" in done.said


def test_a_gateway_that_does_not_start(tmp_path: Path) -> None:
    """If the embedded mock gateway cannot be started it is our own error, told in one sentence: exit code 70."""
    program = "import sys; sys.executable = '/bin/false'; sys.argv = ['conformance', 'run', '--out=runs/this']\n"
    done = driving.python("-c", f"{program}from conformance.cli import main; main()\n", cwd=tmp_path)
    assert done.code == 70, done.said
    assert told_once(done, "the embedded mock gateway did not start; run conformance mock to see why")


def test_an_error_of_our_own_is_never_a_deviation(tmp_path: Path) -> None:
    """What nobody foresaw ends with exit code 70, not with Python's 1, and shows where it happened."""
    broken = "import sys; from conformance import cli\ncli.cli.main = lambda **_: 1 // 0\ncli.main()\n"
    done = driving.python("-c", broken, cwd=tmp_path)
    assert done.code == 70, done.said
    assert "ZeroDivisionError" in done.said
    assert "please report the traceback above" in done.said


def test_a_run_directory_that_cannot_be(truthful: str, tmp_path: Path) -> None:
    """A run directory that cannot be made is a usage error, and nothing is sent."""
    (tmp_path / "runs").write_text("a file", encoding="utf-8")
    before = driving.counted(truthful)
    done = driving.run(truthful, tmp_path, "-k", "chat.n.one")
    assert done.code == 2, done.said
    assert told_once(done, "cannot write the run directory: ")
    assert driving.counted(truthful) == before


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "spread"])
def test_a_run_directory_that_cannot_be_written_is_one_sentence(workers: tuple[str, ...], tmp_path: Path) -> None:
    """Before anything is sent; with workers as well as without."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = driving.command("run", "--out=file/run", "-k", "chat.n.", *workers, cwd=tmp_path)
    assert done.code == 2
    assert "cannot write the run directory" in done.said
    assert "name another directory with --out" in done.said
    assert "Traceback" not in done.said
    assert "INTERNALERROR" not in done.said
