"""What happens to a run directory in mid-run: another run wants it, the disk is full, it is removed.

Each ends with one sentence and the documented exit code, and what was known is kept.
"""

import shutil
from pathlib import Path

import pytest

from tests.support import driving, held

LIMITED = """
import resource, signal, sys
from conformance.cli import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
main()
"""
TOLD = "cannot be written: File too large; free some disk space, then continue with --resume"


@pytest.mark.parametrize("wanting", ["--out=runs/this", pytest.param("--resume=runs/this", marks=pytest.mark.thorough)])
@pytest.mark.parametrize("more", driving.ALONE_OR_SPREAD)
def test_two_runs_never_write_one_directory(wanting: str, more: tuple[str, ...], tmp_path: Path) -> None:
    """The second ends with exit code 2 before it touches anything; the first comes to its end as if alone."""
    evidence = tmp_path / "runs" / "this" / "evidence.ndjson"
    with held.after(4) as gateway:
        told = gateway.aimed(tmp_path, "--concurrency=2", "-k", "chat.n.")
        process = driving.start(*told, *more, cwd=tmp_path)
        driving.wait_until(lambda: evidence.exists() and gateway.holding > 0)
        second = (
            driving.command("run", wanting, cwd=tmp_path)
            if "resume" in wanting
            else driving.command(*told, cwd=tmp_path)
        )
        gateway.let_go()
        first = driving.finish(process, tmp_path)
    assert second.code == 2, second.said
    assert "another run is writing" in second.said
    assert "wait for its end, or name another directory with --out" in second.said
    assert "Traceback" not in second.said
    assert first.code == 0, first.said
    assert len(first.rows) - 1 == first.run["requests"]
    assert not list(first.folder.glob("*.lock"))


@pytest.mark.parametrize("more", driving.ALONE_OR_SPREAD)
def test_a_full_disk_ends_a_run_with_one_sentence(truthful: str, more: tuple[str, ...], tmp_path: Path) -> None:
    """Exit code 2 and what to do; nothing is a deviation; with room again the run is gone on with."""
    done = driving.python("-c", LIMITED, *driving.aimed(truthful, *more), cwd=tmp_path)
    assert done.code == 2, done.said
    told = "cannot write the run directory: [Errno 27] File too large; make room" if more else TOLD
    assert told in done.said
    assert "INTERNALERROR" not in done.said
    assert "the suite itself broke" not in done.said
    again = driving.command("run", "--resume=runs/this", cwd=tmp_path)
    assert again.code == 0, again.said
    assert again.run["reported"] == again.run["planned"]


def test_a_run_outlives_its_directory(tmp_path: Path) -> None:
    """Somebody tidies up in mid-run: no case is lost, and the matrix is written."""
    with held.after(4) as gateway:
        told = gateway.aimed(tmp_path, "--concurrency=2", "-k", "chat.n. or chat.stop.")
        process = driving.start(*told, cwd=tmp_path)
        driving.wait_until(lambda: gateway.holding == 2)
        shutil.rmtree(tmp_path / "runs" / "this")
        gateway.let_go()
        done = driving.finish(process, tmp_path)
    assert done.code == 0, done.said
    assert done.run["reported"] == done.run["planned"]
