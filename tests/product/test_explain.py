"""`conformance explain`: everything that is known about a cell or a claim, and a command line that reproduces it."""

import html
import json
import shlex
import subprocess
import urllib.request
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support import driving
from tests.support.driving import Done

ROOT = Path(__file__).parents[2]
CELL = "chat.n.count@openai:mock-openai"


def test_explaining_a_cell(gateway: Callable[..., str], tmp_path: Path) -> None:
    """`conformance explain CELL` shows statement, source, observation and evidence, and a command that repeats it."""
    url = gateway(defects=("drops_n",))
    driving.run(url, tmp_path, "-k", "chat.n.count")
    told = driving.command("explain", CELL, "--run=runs/this", cwd=tmp_path)
    assert told.code == 0, told.said
    for part in (
        "A request for n choices gets n choices",
        "source: CometAPI: Chat Completions, section 'Parameter support across providers', read 2026-",
        "https://apidoc.cometapi.com/",
        f"deviates {CELL}",
        "contract: supported, must; documented 1-128",
        "observed: ignored",
        "detail: 2: 1 choice for n=2 (3 of 3 times)",
        "reply: 200 application/json",
    ):
        assert part in told.said, part


def test_the_printed_command_reproduces(gateway: Callable[..., str], tmp_path: Path) -> None:
    """The curl line of the first exchange, run by a shell with the key's variable set, gets the same answer."""
    url = gateway(defects=("drops_n",))
    driving.run(url, tmp_path, "-k", "chat.n.count")
    told = driving.command("explain", CELL, "--run=runs/this", cwd=tmp_path)
    line = next(line.strip() for line in told.lines if line.strip().startswith("curl "))
    assert url in line
    assert driving.KEY not in line
    again = subprocess.run(
        ["/bin/sh", "-c", line],
        env=driving.environment(),
        capture_output=True,
        text=True,
        timeout=driving.TIMEOUT,
        check=True,
    )
    head, _, body = again.stdout.partition("\n\n") if "\r" not in again.stdout else again.stdout.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200")
    assert json.loads(line_of_data(line))["n"] == 2
    assert len(json.loads(body)["choices"]) == 1


def test_a_key_in_the_query_is_shown_as_its_variable(gateway: Callable[..., str], tmp_path: Path) -> None:
    """The curl line is answered by the gateway, and no file of the run holds the key."""
    url = gateway()
    driving.run(
        url, tmp_path, "-k", "gemini.auth.query_key", "--surface=gemini", models=("--model=gemini=mock-gemini",)
    )
    told = driving.command("explain", "gemini.auth.query_key@endpoint:any", "--run=runs/this", cwd=tmp_path)
    lines = [line.strip() for line in told.lines if line.strip().startswith("curl ")]
    line = next(line for line in lines if "key=" in line)
    assert f'generateContent"?key=${driving.VARIABLE}"' in line
    again = subprocess.run(
        ["/bin/sh", "-c", line],
        env=driving.environment(),
        capture_output=True,
        text=True,
        timeout=driving.TIMEOUT,
        check=True,
    )
    assert again.stdout.startswith("HTTP/1.1 200")
    written = [path for path in (tmp_path / "runs").rglob("*") if path.is_file()]
    assert written
    assert not any(driving.KEY.encode() in path.read_bytes() for path in written)


def test_every_command_names_the_headers_of_the_target(gateway: Callable[..., str], tmp_path: Path) -> None:
    """In the explanation, on the site and in Allure's results; their values are nowhere."""
    url = gateway(defects=("drops_n",))
    target = f'schema = 1\nname = "mine"\ntitle = "Mine"\nbase_url = "{url}"\napi_key_env = "{driving.VARIABLE}"\n'
    headers = '[headers]\nX-Organisation = "org-0815"\n[[models]]\ncolumn = "openai"\nid = "mock-openai"\n'
    (tmp_path / "mine.toml").write_text(target + headers, encoding="utf-8")
    chosen = ("--target=mine.toml", "--out=runs/this", "--alluredir=allure", "-k", "chat.n.count")
    assert driving.command("run", *chosen, cwd=tmp_path).code == 1
    driving.command("site", "runs/this", "--out=site", cwd=tmp_path)
    said = "-H 'X-Organisation: <value of header X-Organisation>'"
    told = driving.command("explain", CELL, "--run=runs/this", cwd=tmp_path)
    line = next(line.strip() for line in told.lines if line.strip().startswith("curl "))
    assert f'-H "Authorization: Bearer ${driving.VARIABLE}" {said} ' in line
    assert any(said in path.read_text(encoding="utf-8") for path in (tmp_path / "allure").glob("*-attachment.txt"))
    pages = [html.unescape(path.read_text(encoding="utf-8")) for path in (tmp_path / "site").rglob("*.html")]
    assert any(said in page for page in pages)
    written = [path for name in ("runs", "allure", "site") for path in (tmp_path / name).rglob("*") if path.is_file()]
    assert not any(b"org-0815" in path.read_bytes() for path in written)


def line_of_data(command: str) -> str:
    """The body that a curl line sends."""
    words = shlex.split(command)
    return next(word for before, word in pairwise(words) if before.startswith("--data"))


def test_an_embedded_run_is_reproduced_on_a_mock_of_ones_own(embedded: Done, truthful: str) -> None:
    """For a run on the embedded mock gateway the command is one for `conformance mock`, whose port and key it names."""
    told = driving.command("explain", CELL, "--run=runs/this", cwd=embedded.folder.parents[1])
    line = next(line.strip() for line in told.lines if line.strip().startswith("curl "))
    assert "http://127.0.0.1:8123/v1/chat/completions" in line
    words = shlex.split(line)
    headers = dict(word.split(": ", 1) for before, word in pairwise(words) if before == "-H")
    request = urllib.request.Request(
        f"{truthful}/chat/completions", data=line_of_data(line).encode(), headers=headers, method="POST"
    )
    with urllib.request.urlopen(request, timeout=driving.TIMEOUT) as reply:
        assert len(json.load(reply)["choices"]) == 2


def test_explaining_a_claim(embedded: Done, tmp_path: Path) -> None:
    """`conformance explain CLAIM` shows all its cells of a run, and without any run what is documented."""
    told = driving.command("explain", "chat.n.count", "--run=runs/this", cwd=embedded.folder.parents[1])
    assert told.code == 0, told.said
    assert told.said.count("chat.n.count@") == sum(cell["claim"] == "chat.n.count" for cell in embedded.cells.values())
    alone = driving.command("explain", "chat.n.count", cwd=tmp_path)
    assert alone.code == 0, alone.said
    assert "A request for n choices gets n choices" in alone.said
    assert "no run has judged it yet" in alone.said


def test_a_run_that_is_named_has_to_be_there(tmp_path: Path) -> None:
    """A claim can be explained without any run, but not by one that does not exist or was killed."""
    told = driving.command("explain", "chat.n.count", "--run=nowhere", cwd=tmp_path)
    assert (told.code, told.err) == (
        2,
        "conformance: nowhere must be an existing run; give a run directory or its matrix.json\n",
    )
    (tmp_path / "killed").mkdir()
    (tmp_path / "killed" / "evidence.ndjson").write_text("{}\n", encoding="utf-8")
    told = driving.command("explain", "chat.n.count", "--run=killed", cwd=tmp_path)
    assert told.code == 2
    assert "killed must hold matrix.json; its run is incomplete; continue it: " in told.said
    assert "conformance run --resume killed" in told.said


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("chat.n.cuont", "did you mean chat.n.count"),
        ("n@claude", "got 'n@claude'; all models at once: conformance explain n"),
        ("chat.n@claude", "got 'chat.n@claude'; all models at once: conformance explain chat.n"),
        ("chat.n.count@openai:mock-opnai", f"did you mean {CELL}"),
        ("chat.n.cuont@openai:mock-openai", "did you mean chat.n.count"),
    ],
)
def test_a_name_that_nobody_knows(embedded: Done, name: str, near: str) -> None:
    """A typing mistake is exit code 2, with the nearest names."""
    told = driving.command("explain", name, "--run=runs/this", cwd=embedded.folder.parents[1])
    assert told.code == 2, told.said
    assert near in told.said
    assert len(told.lines) == 1


def test_a_run_that_is_not_there(tmp_path: Path) -> None:
    """A cell without a run to look in is exit code 2 and one sentence."""
    told = driving.command("explain", CELL, cwd=tmp_path)
    assert told.code == 2, told.said
    assert len(told.lines) == 1
    assert "reports/runs/latest" in told.said


def test_explaining_a_parameter_lists_its_claims(tmp_path: Path) -> None:
    """By its name or with its API, with the verdicts of a run if there is one; a misspelt one is answered with the nearest."""
    published = sorted(ROOT.glob("reports/*/matrix.json"))[0]
    for name in ("temperature", "chat.temperature"):
        told = driving.command("explain", name, "--run", str(published), "--contract=cometapi", cwd=tmp_path)
        assert told.code == 0, told.said
        assert "chat.temperature.range (" in told.said
        assert "chat.temperature.limit (" in told.said
        assert "openai:gpt-4o: documented 0-2; accepted" in told.said
        assert "chat.n." not in told.said
    alone = driving.command("explain", "temperature", cwd=tmp_path)
    assert (alone.code, "chat.temperature.range (" in alone.said) == (0, True)
    wrong = driving.command("explain", "temprature", cwd=tmp_path)
    assert (wrong.code, "did you mean temperature" in wrong.said) == (2, True)
