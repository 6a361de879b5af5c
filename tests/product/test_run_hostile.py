"""Whole runs on endpoints that misbehave: all planned cases are reported, in bounded memory, whatever comes back."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from conformance.http.body import MAX_BODY
from tests.support import driving
from tests.support.driving import Done
from tests.support.hostile_answers import ROWS, answer
from tests.support.hostile_answers import chunks as stream_of
from tests.support.hostile_endpoint import EVENTS, GOOD, serving

MOST_MEMORY = 300 * 1024 * 1024
SELECTED = "chat.n."
TARGET = """\
schema = 1
name = "hostile"
title = "Hostile"
base_url = "{url}"
api_key_env = "{variable}"
timeout = {timeout}
concurrency = 32
[[models]]
column = "openai"
id = "m"
class = "chat"
"""
WHOLE = {"10 GB body": 3, "no HTTP": 4, "status 999": 4, "HTML": 3}  # what is over without a time limit: exit codes
NEARLY = MAX_BODY - 1000  # bytes; a few more are too large
LARGE = {
    "nearly too large": answer(GOOD[:-1] + b', "x": "' + b"a" * NEARLY + b'"}'),
    "nearly too large and wide": answer(GOOD[:-1] + b', "x": "\xf0\x9f\x98\x80' + b"a" * NEARLY + b'"}'),
    "nearly too large and no UTF-8": answer(GOOD[:-1] + b', "x": "' + b"\xff" * NEARLY + b'"}'),
    "many values": answer(GOOD[:-1] + b', "x": [' + b"0," * 500_000 + b"0]}"),
    "a long stream": answer(stream_of(13_000), kind=EVENTS),
}
BESIDE = ("10 GB body", "a gzip bomb", "an error of 1.5 MB", "lone surrogates")
ANSWERS = {**LARGE, **{name: ROWS[name].answer for name in BESIDE}}
# In continuous integration these are enough.
SHORT = ("nearly too large and wide", "many values", "10 GB body", "lone surrogates")
SOME = [pytest.param(name, marks=[] if name in SHORT else [pytest.mark.thorough]) for name in ANSWERS]


def run(url: str, folder: Path, selected: str = SELECTED, timeout: float = driving.TIMEOUT) -> tuple[Done, int]:
    """A run of a selection on a target of 32 requests at once, and its memory."""
    target = TARGET.format(url=url, variable=driving.VARIABLE, timeout=timeout)
    (folder / "target.toml").write_text(target, encoding="utf-8")
    arguments = ["run", "--target=target.toml", "--out=runs/this", "--junitxml=junit.xml", "-k", selected]
    return driving.measured(*arguments, cwd=folder, PRODUCT_TEST_KEY="sk-test-0123456789abcdefghijklmnopq")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], tuple[Done, int]]]:
    """One run on each endpoint, which answers plain requests well and everything else as it likes."""
    with serving(ANSWERS) as endpoint:
        yield cache(lambda name: run(endpoint.url(name), tmp_path_factory.mktemp("hostile")))


@pytest.mark.parametrize("name", SOME)
def test_a_run_ends_with_everything_reported(done: Callable[[str], tuple[Done, int]], name: str) -> None:
    """The matrix is whole, the exit code is one of the documented ones, and no test of the suite broke."""
    ended, _ = done(name)
    assert ended.code in {0, 1, 5}, ended.said[-2000:]
    assert ended.run["planned"] == ended.run["reported"] > 15
    assert not ended.run["stopped"]
    assert "Traceback" not in ended.said
    assert len(ended.out) < 40_000
    assert (ended.folder / "matrix.json").stat().st_size < 1_000_000
    assert (ended.folder.parents[1] / "junit.xml").stat().st_size < 1_000_000


@pytest.mark.parametrize("name", SOME)
def test_a_run_keeps_its_memory(done: Callable[[str], tuple[Done, int]], name: str) -> None:
    """At 32 requests at once, each answered by all that it may be."""
    _, memory = done(name)
    assert memory < MOST_MEMORY


@pytest.mark.parametrize(
    ("name", "timeout", "code"),
    [("silence", 0.5, 4), *((name, driving.TIMEOUT, code) for name, code in WHOLE.items())],
)
def test_an_endpoint_that_answers_nothing_well_is_blocked(tmp_path: Path, name: str, timeout: float, code: int) -> None:
    """After its preflight, with one reason and the exit code for it."""
    with serving({name: ROWS[name].answer}) as endpoint:
        endpoint.polite = False
        ended, memory = run(endpoint.url(name), tmp_path, "chat.top_p.", timeout)
    assert ended.code == code, ended.said
    assert ended.verdicts == {"blocked"}
    assert ended.run["planned"] == ended.run["reported"]
    assert len(ended.lines) < 25
    assert memory < MOST_MEMORY
