"""Replies are judged as they came and redacted before every file: a key that is a word of the wire turns no cell."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.mock.server.options import Options
from conformance.mock.server.serving import running
from tests.support import canned, driving
from tests.support.driving import Done
from tests.support.scanning import shows

TARGET = """\
schema = 1
name = "worded"
title = "Worded"
base_url = "{url}"
api_key_env = "{variable}"
[headers]
{headers}
[[models]]
column = "openai"
id = "mock-openai"
"""
SELECTED = "chat.n. or chat.stop. or chat.tool_choice. or chat.stream_options."
WORDS = {
    "a key that is a word": ("finish_reason", 'x-plain = "1"'),
    "a short key that is a word": ("stop", 'x-plain = "1"'),
    "a key that stands in every reply": ("token", 'x-plain = "1"'),
    "a header whose name sounds secret": ("sk-test", 'x-session-mode = "content"'),
}


def run(url: str, folder: Path, headers: str, *arguments: str, key: str) -> Done:
    """A run of a selection on a target with these headers."""
    target = TARGET.format(url=url, variable=driving.VARIABLE, headers=headers)
    (folder / "worded.toml").write_text(target, encoding="utf-8")
    chosen = ["run", "--target=worded.toml", "--out=runs/this", *arguments]
    return driving.command(*chosen, cwd=folder, **{driving.VARIABLE: key})


def again(folder: Path, *arguments: str) -> Done:
    """The replay of the run in a folder; the key is not known to it."""
    done = driving.command("run", "--replay=runs/this", "--out=runs/again", *arguments, cwd=folder)
    return Done(done.code, done.out, done.err, folder / "runs" / "again")


@pytest.fixture(scope="module")
def ordinary(truthful: str, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """What the selection comes to with a key that stands in no reply."""
    return run(truthful, tmp_path_factory.mktemp("ordinary"), 'x-plain = "1"', "-k", SELECTED, key=driving.KEY)


@pytest.fixture(scope="module", params=WORDS)
def worded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Done, str]:
    """The same with a secret that is a word of the wire, and that word."""
    key, headers = WORDS[request.param]
    word = key if key != driving.KEY else "content"
    with running(Options(port=0, api_key=key)) as url:
        return run(url, tmp_path_factory.mktemp("worded"), headers, "-k", SELECTED, key=key), word


def test_a_secret_that_is_a_word_of_the_wire_turns_no_cell(ordinary: Done, worded: tuple[Done, str]) -> None:
    """Verdict, observation and limits are those of a key that stands in no reply."""
    done, _ = worded
    assert done.code == ordinary.code == 0, done.said
    measured = {name: cell["measured"] for name, cell in ordinary.cells.items()}
    assert done.judged == ordinary.judged
    assert {name: cell["measured"] for name, cell in done.cells.items()} == measured


def test_no_recorded_reply_holds_it(worded: tuple[Done, str]) -> None:
    """It is taken out of the evidence, which says where."""
    done, word = worded
    rows = done.rows[1:]
    assert all(word not in row["text"] for row in rows)
    assert any("text" in row["taken"] for row in rows)
    assert all(("[redacted]" in row["text"]) == ("text" in row["taken"]) for row in rows)
    assert all(word not in cell["detail"] for cell in done.cells.values())


def test_a_replay_takes_the_verdicts_of_what_it_cannot_judge(worded: tuple[Done, str]) -> None:
    """From the recorded run; each such cell says so, and everything else of it is as it was."""
    done, _ = worded
    folder = done.folder.parents[1]
    replayed = again(folder)
    assert replayed.code == done.code, replayed.said
    assert replayed.judged == done.judged
    taken = {row["id"] for row in done.rows[1:] if row["taken"]}
    resting = {name for name, cell in replayed.cells.items() if "as the recorded run judged it" in cell["detail"]}
    assert {name for name, cell in done.cells.items() if taken & set(cell["evidence"])} <= resting
    for name in resting:
        assert {**replayed.cells[name], "detail": ""} == {**done.cells[name], "detail": ""}
    assert replayed.run["models"] == done.run["models"]
    twice = driving.command("run", "--replay=runs/again", "--out=runs/twice", cwd=folder)
    assert twice.code == done.code
    text = (folder / "runs" / "twice" / "matrix.json").read_text(encoding="utf-8")
    assert json.loads(text)["cells"] == replayed.matrix["cells"]


def test_a_replay_without_the_recorded_verdicts_judges_no_gap(worded: tuple[Done, str], tmp_path: Path) -> None:
    """Where the run that was recorded has no matrix, the case is inconclusive, and says why."""
    done, _ = worded
    shutil.copytree(done.folder, tmp_path / "runs" / "this")
    (tmp_path / "runs" / "this" / "matrix.json").unlink()
    replayed = again(tmp_path)
    taken = {row["id"] for row in done.rows[1:] if row["taken"]}
    for name, cell in done.cells.items():
        if replayed.cells[name]["looks"] and replayed.cells[name]["looks"]["left_out"]:
            continue  # a statement about every reply leaves out what lacks a secret
        if taken & set(cell["evidence"]):
            assert replayed.cells[name]["verdict"] == "inconclusive"
            assert "a secret was removed from a reply that this depends on" in replayed.cells[name]["detail"]
    assert replayed.verdicts <= done.verdicts | {"inconclusive"}


def test_a_resumed_run_asks_again_what_it_cannot_judge(ordinary: Done, tmp_path: Path) -> None:
    """What was judged stays; what was not is asked with the key, and judged on what comes."""
    with running(Options(port=0, api_key="token")) as url:
        done = run(url, tmp_path, 'x-plain = "1"', "-k", SELECTED, key="token")
        matrix = done.matrix
        cut = [cell for cell in matrix["cells"] if cell["claim"].startswith("chat.stop.")]
        for cell in cut:
            cell.update(verdict="blocked", detail="stopped", observed=None, counts={"blocked": 1}, evidence=[], seen={})
        (done.folder / "matrix.json").write_text(json.dumps(matrix), encoding="utf-8")
        before, requests = driving.counted(url), done.run["requests"]
        resumed = driving.command("run", "--resume=runs/this", cwd=tmp_path, **{driving.VARIABLE: "token"})
        sent = driving.counted(url) - before
    assert resumed.code == 0, resumed.said
    assert resumed.judged == ordinary.judged
    assert 0 < sent < requests
    assert resumed.run["requests"] == requests + sent
    assert all("token" not in row["text"] for row in resumed.rows[1:])


@pytest.fixture
def leaking(tmp_path: Path) -> Callable[[str], Done]:
    """A run about leaks on an endpoint whose errors repeat the key that was sent."""

    def behave(headers: dict[str, str], sent: object) -> canned.Answer:
        plain = isinstance(sent, dict) and set(sent) == {"model", "messages", "max_tokens"} and sent["max_tokens"] > 0
        plain = (
            plain and sent["messages"][0].get("role") == "user" and isinstance(sent["messages"][0].get("content"), str)
        )
        if plain:
            return 200, canned.completion("ready"), {}
        return 400, canned.error(f"bad request of {headers.get('authorization')}", code="invalid_value"), {}

    def run(key: str) -> Done:
        with canned.serving(behave) as endpoint:
            named = ["run", f"--base-url={endpoint.base_url}", "--model=openai=m,class=chat", "--out=runs/this"]
            chosen = [f"--api-key-env={driving.VARIABLE}", "-k", "no_leak", "--fail-on-differs"]
            return driving.command(*named, *chosen, cwd=tmp_path, **{driving.VARIABLE: key})

    return run


@pytest.mark.parametrize("key", ["gateway-key-0123456789", f"sk-{'aB3' * 12}"])
def test_a_reply_that_shows_our_own_key_is_a_finding_without_it(leaking: Callable[[str], Done], key: str) -> None:
    """The claim turns, and neither its detail nor the evidence repeats the key."""
    done = leaking(key)
    assert done.code == 1, done.said
    found = [cell for name, cell in done.cells.items() if name.startswith("chat.error.no_leak")]
    assert {cell["verdict"] for cell in found} <= {"deviates", "differs"}
    assert found
    assert all("the key that was sent" in cell["detail"] for cell in found)
    for path in (done.folder / "matrix.json", done.folder / "evidence.ndjson"):
        assert shows(path.read_text(encoding="utf-8"), key) is None
    assert shows(done.said, key) is None


def test_a_key_that_is_a_word_is_no_finding(leaking: Callable[[str], Done]) -> None:
    """An error may well name a parameter that is spelt like it."""
    assert "the key that was sent" not in json.dumps(leaking("invalid_request_error").matrix)
