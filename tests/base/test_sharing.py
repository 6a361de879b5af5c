"""What the workers of a run share: one at a time changes it, and a worker that dies leaves it whole."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conformance.base.errors import UsageError
from conformance.base.sharing import DirectoryLock, SharedState, Values

COUNT = """\
import sys
from pathlib import Path
from conformance.base.sharing import SharedState
shared = SharedState(Path(sys.argv[1]))
for _ in range(int(sys.argv[2])):
    shared.update(lambda values: ({**values, "count": values.get("count", 0) + 1}, None))
"""
DIE = """\
import os, signal, sys
from pathlib import Path
from conformance.base.sharing import SharedState
def die(values):
    os.kill(os.getpid(), signal.SIGKILL)
SharedState(Path(sys.argv[1])).update(die)
"""


def started(script: str, *arguments: object) -> subprocess.Popen[bytes]:
    """A process of its own with this script."""
    return subprocess.Popen([sys.executable, "-c", script, *map(str, arguments)])


def count(values: Values) -> tuple[Values, int]:
    """One more, and how many there were."""
    before = values.get("count", 0)
    return {**values, "count": before + 1}, before


@pytest.fixture(params=["memory", "file"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> SharedState:
    """A state of each kind."""
    return SharedState(tmp_path / "shared.db" if request.param == "file" else None)


def test_a_change_stays(shared: SharedState) -> None:
    """The next one begins with what the last one left, from nothing at the start; each returns what it found out."""
    assert [shared.update(count) for _ in range(3)] == [0, 1, 2]
    assert shared.update(lambda values: (values, values)) == {"count": 3}


def test_a_change_that_raises_changes_nothing(shared: SharedState) -> None:
    """What went wrong is told, and others can go on."""

    def fail(values: Values) -> Any:
        raise ValueError("told")

    shared.update(count)
    with pytest.raises(ValueError, match="told"):
        shared.update(fail)
    assert shared.update(count) == 1


def test_processes_count_together(tmp_path: Path) -> None:
    """Of all changes that several processes make at once none is lost."""
    path = tmp_path / "shared.db"
    processes = [started(COUNT, path, 300) for _ in range(4)]
    assert [process.wait(timeout=600) for process in processes] == [0] * 4
    assert SharedState(path).update(count) == 1200


def test_a_process_that_dies_in_a_change_blocks_nobody(tmp_path: Path) -> None:
    """What it was about to change is as it was before."""
    path = tmp_path / "shared.db"
    shared = SharedState(path)
    shared.update(count)
    assert started(DIE, path).wait(timeout=600) == -signal.SIGKILL
    assert shared.update(count) == 1


def test_a_process_that_is_killed_at_any_time_leaves_the_state_whole(tmp_path: Path) -> None:
    """Whoever comes after finds a number and goes on from there."""
    path = tmp_path / "shared.db"
    shared = SharedState(path)
    for _ in range(3):
        process = started(COUNT, path, 1_000_000)
        before = shared.update(count)
        while shared.update(lambda values: (values, values["count"])) < before + 50:
            pass
        process.kill()
        process.wait()
        assert shared.update(count) >= before + 50


def test_nothing_is_left_when_it_is_removed(tmp_path: Path) -> None:
    """The folder is as it was, and a run that begins there begins with nothing."""
    shared = SharedState(tmp_path / "shared.db")
    shared.update(count)
    shared.remove()
    assert list(tmp_path.iterdir()) == []
    assert shared.update(count) == 0


def test_alone_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One process keeps its state in memory."""
    monkeypatch.chdir(tmp_path)
    shared = SharedState()
    shared.update(count)
    shared.remove()
    assert shared.in_memory
    assert list(tmp_path.iterdir()) == []


def test_a_run_directory_is_one_runs_at_a_time(tmp_path: Path) -> None:
    """The second is told; when the first has left, nothing is there and another may have it."""
    first = DirectoryLock(tmp_path / "run")
    with pytest.raises(UsageError, match=r"another run is writing .*run; wait for its end, or name another"):
        DirectoryLock(tmp_path / "run")
    first.release()
    assert list((tmp_path / "run").iterdir()) == []
    DirectoryLock(tmp_path / "run").release()


def test_a_run_that_is_killed_leaves_its_directory(tmp_path: Path) -> None:
    """Whatever it left there: nobody has to tidy up before the run is gone on with."""
    occupy = "import sys; from pathlib import Path; from conformance.base.sharing import DirectoryLock\n"
    occupy += "held = DirectoryLock(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", occupy, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(UsageError):
            DirectoryLock(tmp_path)
        process.kill()
    DirectoryLock(tmp_path).release()
