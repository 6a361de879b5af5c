"""The state that workers share, and the lock of a run directory; both survive the death of a process."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
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


def start(script: str, *arguments: object) -> subprocess.Popen[bytes]:
    """Start a process that runs this script."""
    return subprocess.Popen([sys.executable, "-c", script, *map(str, arguments)])


def count(values: Values) -> tuple[Values, int]:
    """Increment the count and return the old one."""
    before = values.get("count", 0)
    return {**values, "count": before + 1}, before


@pytest.fixture(params=["memory", "file"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SharedState]:
    """A state in memory, and one in a file."""
    state = SharedState(tmp_path / "shared.db" if request.param == "file" else None)
    yield state
    state.close()


def test_changes_add_up(shared: SharedState) -> None:
    """The state begins empty, each change gets the values that the last one left, and returns its own result."""
    assert [shared.update(count) for _ in range(3)] == [0, 1, 2]
    assert shared.update(lambda values: (values, values)) == {"count": 3}


def test_a_change_that_raises_changes_nothing(shared: SharedState) -> None:
    """The exception reaches the caller, and later changes work."""

    def fail(values: Values) -> Any:
        raise ValueError("broken change")

    shared.update(count)
    with pytest.raises(ValueError, match="broken change"):
        shared.update(fail)
    assert shared.update(count) == 1


def test_no_change_of_concurrent_processes_is_lost(tmp_path: Path) -> None:
    """Four processes that each count to 300 in one state reach 1200."""
    path = tmp_path / "shared.db"
    processes = [start(COUNT, path, 300) for _ in range(4)]
    assert [process.wait(timeout=600) for process in processes] == [0] * 4
    with closing(SharedState(path)) as shared:
        assert shared.update(count) == 1200


def test_a_process_killed_during_a_change_blocks_nobody(tmp_path: Path) -> None:
    """Its change is rolled back, and its lock is released."""
    path = tmp_path / "shared.db"
    with closing(SharedState(path)) as shared:
        shared.update(count)
        assert start(DIE, path).wait(timeout=600) == -signal.SIGKILL
        assert shared.update(count) == 1


def test_a_process_killed_at_any_moment_leaves_a_valid_state(tmp_path: Path) -> None:
    """The next process reads a number and continues from it."""
    path = tmp_path / "shared.db"
    with closing(SharedState(path)) as shared:
        for _ in range(3):
            process = start(COUNT, path, 1_000_000)
            before = shared.update(count)
            while shared.update(lambda values: (values, values["count"])) < before + 50:
                pass
            process.kill()
            process.wait()
            assert shared.update(count) >= before + 50


def test_remove_deletes_all_files(tmp_path: Path) -> None:
    """The folder is empty, and a run that starts there begins with an empty state."""
    with closing(SharedState(tmp_path / "shared.db")) as shared:
        shared.update(count)
        shared.remove()
        assert list(tmp_path.iterdir()) == []
        assert shared.update(count) == 0


def test_without_a_path_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A single process keeps its state in memory."""
    monkeypatch.chdir(tmp_path)
    shared = SharedState()
    shared.update(count)
    shared.remove()
    assert shared.in_memory
    assert list(tmp_path.iterdir()) == []


def test_only_one_run_at_a_time_has_a_directory(tmp_path: Path) -> None:
    """A second run gets a usage error; once the first has released the lock, its file is gone and another run can start."""
    first = DirectoryLock(tmp_path / "run")
    with pytest.raises(UsageError, match=r"another run is writing .*run; wait for its end, or name another"):
        DirectoryLock(tmp_path / "run")
    first.release()
    assert list((tmp_path / "run").iterdir()) == []
    DirectoryLock(tmp_path / "run").release()


def test_a_killed_run_releases_its_directory(tmp_path: Path) -> None:
    """The lock file stays, but no one has to delete it before the run is resumed."""
    hold = "import sys; from pathlib import Path; from conformance.base.sharing import DirectoryLock\n"
    hold += "held = DirectoryLock(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(UsageError):
            DirectoryLock(tmp_path)
        process.kill()
    DirectoryLock(tmp_path).release()
