"""A run that does not come to its end: by Ctrl-C, or because the endpoint is gone."""

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import driving, held

Problem = Callable[[Any, str], str | None]
# A plugin for pytest: the file `reported` is there once a case was reported, not by a worker.
TELLING = """
import pathlib, pytest

class Telling:
    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report):
        if report.when == "teardown":
            pathlib.Path("reported").touch()

def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Telling())
"""


@pytest.mark.parametrize("more", driving.ALONE_OR_SPREAD)
def test_an_interrupt_keeps_what_is_known(problem: Problem, tmp_path: Path, more: tuple[str, ...]) -> None:
    """Ctrl-C in mid-run: matrix and evidence are written and valid, the rest is blocked, the exit code is 5."""
    (tmp_path / "telling.py").write_text(TELLING, encoding="utf-8")
    with held.after(30) as gateway:
        told = gateway.aimed(tmp_path, "--concurrency=4", "-p", "telling", *more, models=driving.NAMED[:3:2])
        process = driving.start(*told, cwd=tmp_path)
        driving.wait_until(lambda: gateway.holding > 0 and (tmp_path / "reported").exists())
        os.killpg(process.pid, signal.SIGINT)
        done = driving.finish(process, tmp_path)
        _nothing_more_is_sent(gateway.url)
    assert done.code == 5, done.said
    assert problem(done.matrix, "data/matrix") is None
    assert 0 < done.run["reported"] < done.run["planned"]
    assert done.run["stopped"]
    assert done.verdicts <= {"conforms", "noted", "not applicable", "blocked"}
    assert len(done.rows) - 1 >= 20
    assert all(problem(row, "data/evidence") is None for row in done.rows)
    assert not done.latest.exists()
    assert "Traceback" not in done.said
    used = {name for cell in done.cells.values() for name in cell["evidence"]}
    asked = {row["id"] for row in done.rows[1:]}
    assert used <= asked
    assert asked - used <= _preflights(done.rows)


def _preflights(rows: list[dict[str, Any]]) -> set[str]:
    """The exchanges that belong to no case: the plain request of each model."""
    message = r'{"content":"Reply with the single word: \w+","role":"user"}'
    plain = re.compile(rf'{{"max_(?:completion_)?tokens":\d+,"messages":\[{message}\],"model":"[^"]+"}}')
    rows = [row for row in rows[1:] if row["sample"] in (0, 999) and row["request"]["auth"] == "key"]
    return {row["id"] for row in rows if plain.fullmatch(row["request"]["body"] or "")}


def _nothing_more_is_sent(url: str) -> None:
    """What the gateway counted stays as it is once the run has ended."""
    before = driving.counted(url)
    driving.wait_until(lambda: True)
    assert driving.counted(url) == before


def test_an_endpoint_that_goes_away_is_no_deviation(tmp_path: Path) -> None:
    """A gateway killed in mid-run: what was judged stays, nothing is held against it, and it is not asked on and on."""
    with held.after(30) as gateway:
        process = driving.start(*gateway.aimed(tmp_path, "--concurrency=16"), cwd=tmp_path)
        driving.wait_until(lambda: gateway.holding > 0)
        gateway.process.kill()
        done = driving.finish(process, tmp_path)
    assert done.code == 5, done.said
    assert done.verdicts <= {"conforms", "noted", "not applicable", "blocked", "inconclusive"}
    assert done.named("conforms")
    unasked = {name for name in done.named("blocked") if "the endpoint no longer answers" in done.cells[name]["detail"]}
    lost = [row for row in done.rows[1:] if row["failure"] == "connection"]
    assert unasked == done.named("blocked")
    assert 0 < len(lost) < 60
    assert f"{len(unasked)} cells were not asked, the endpoint no longer answers" in done.said


def test_an_interrupt_before_a_case_is_judged_says_how_to_go_on(tmp_path: Path) -> None:
    """Ctrl-C while the workers are coming up: one sentence with the command to go on, not one about a wrong selection."""
    with held.after(0) as gateway:
        process = driving.start(*gateway.aimed(tmp_path, "-n", "2", models=driving.NAMED[:3:2]), cwd=tmp_path)
        driving.wait_until(lambda: (tmp_path / "runs/this/evidence.ndjson").is_file())
        os.killpg(process.pid, signal.SIGINT)
        done = driving.finish(process, tmp_path)
    assert done.code == 5, done.said
    assert "interrupted before a case was judged; go on: conformance run --resume" in done.said
    assert "nothing selected" not in done.said
