"""A full disk: no traceback, nothing half written, the verdict is told all the same, and the exit code is 2."""

import errno
import signal
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest
from click.testing import CliRunner

from conformance.base.errors import UsageError
from conformance.base.writing import replacing, write_text
from conformance.cli import cli
from tests.support import driving, held, matrices
from tests.support.pages import save

FULL = Path("/dev/full")
pytestmark = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
SMALL = (
    "run",
    "--target=mock",
    "--contract=cometapi",
    "--model=openai=mock-openai",
    "--claim=chat.n.count",
    "--out=runs/this",
)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two runs, and a file on a full disk."""
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "one", matrices.matrix(*matrices.of_all_verdicts()[:1]))
    save(tmp_path / "two", matrices.matrix(*matrices.of_all_verdicts()))
    (tmp_path / "full").symlink_to(FULL)
    return tmp_path


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Makes the disk of a folder full: files can be made there, and nothing be written."""

    def fill(folder: Path) -> None:
        real = Path.open

        def opened(path: Path, mode: str = "r", *rest: Any, **more: Any) -> IO[Any]:
            writes = folder in path.absolute().parents and mode[0] in "wa"
            if writes:
                path.touch()
            return real(FULL if writes else path, mode, *rest, **more)

        monkeypatch.setattr(Path, "open", opened)

    return fill


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("gate", "one", "two", "--json=full"), "gate: passed"),
        (("gate", "one", "two", "--markdown=full"), "gate: passed"),
        (("gate", "one", "two", "--sarif=full"), "gate: passed"),
        (("gate", "one", "two", "--write-expectations=out/new.toml"), "gate: passed"),
        (("gate", "one", "--write-expectations=out/new.toml"), ""),
        (("history", "*", "one", "--feed=full"), ""),
        (("report", "one", "--out=out"), ""),
        (("site", "one", "--out=out"), ""),
        (("target", "--init=out/new.toml"), ""),
    ],
    ids=lambda words: "-".join(words) if isinstance(words, tuple) else "",
)
def test_what_a_command_writes(command: tuple[str, ...], says: str, runs: Path, full: Callable[[Path], None]) -> None:
    """One sentence with the path; no draft is left, and a file that was there is as it was."""
    (runs / "out").mkdir()
    full(runs / "out")
    done = CliRunner().invoke(cli, command, standalone_mode=False)
    assert isinstance(done.exception, UsageError), done.exception
    assert "No space left on device" in str(done.exception)
    assert says in done.output
    assert not list(runs.rglob("*.part"))


def test_every_file_that_can_be_written_is(runs: Path) -> None:
    """Of several, one cannot: the others are there."""
    done = CliRunner().invoke(cli, ["gate", "one", "two", "--json=full", "--sarif=two.sarif"], standalone_mode=False)
    assert str(done.exception).startswith("full cannot be written: No space left on device")
    assert (runs / "two.sarif").stat().st_size


def test_an_old_file_stays_whole(runs: Path, full: Callable[[Path], None]) -> None:
    """Until the new one is written; a link leads to the new one."""
    (runs / "out").mkdir()
    (runs / "out" / "old").write_text("old", encoding="utf-8")
    (runs / "link").symlink_to("out/old")
    write_text(runs / "link", "new", "do that")
    assert ((runs / "link").is_symlink(), (runs / "out" / "old").read_text("utf-8")) == (True, "new")
    full(runs / "out")
    with pytest.raises(UsageError, match="No space left on device; do that"):
        write_text(runs / "out" / "old", "newer", "do that")
    with pytest.raises(OSError), replacing(runs / "out" / "old") as file:  # noqa: PT011  whatever stops it
        raise OSError(errno.EIO, "the cable", file.name)
    assert [path.name for path in (runs / "out").iterdir()] == ["old"]
    assert (runs / "out" / "old").read_bytes() == b"new"


@pytest.mark.parametrize(
    "command",
    [
        ("gate", "one", "two"),
        pytest.param(("show", "two"), marks=pytest.mark.thorough),
        pytest.param(("--help",), marks=pytest.mark.thorough),
    ],
)
def test_stdout_on_a_full_disk(command: tuple[str, ...], runs: Path) -> None:
    """What it does not take goes to stderr; a full stderr changes no exit code."""
    whole = driving.command(*command, cwd=runs)
    done = driving.shell(f"{{conformance}} {' '.join(command)} > /dev/full", cwd=runs)
    assert done.code == 2
    assert [line for line in whole.lines if line not in done.lines] == []
    assert "conformance: stdout cannot be written: No space left on device" in done.said
    assert "Traceback" not in done.said
    assert driving.shell("{conformance} show nothing 2> /dev/full", cwd=runs).code == 2


def test_a_run_whose_stdout_is_full_is_written(tmp_path: Path) -> None:
    """It goes on to its end."""
    done = driving.shell(f"{{conformance}} {' '.join(SMALL)} > /dev/full", cwd=tmp_path)
    assert done.code == 2
    assert len(done.cells) == 1
    assert "1 conforms" in done.said or "hold" in done.said
    assert "Traceback" not in done.said


def test_a_report_of_pytest_on_a_full_disk(tmp_path: Path) -> None:
    """The run and its end are as ever."""
    (tmp_path / "full").symlink_to(FULL)
    done = driving.command(*SMALL, "--junitxml=full", cwd=tmp_path)
    assert done.code == 2, done.said
    assert "a report cannot be written: No space left on device" in done.said
    assert "written to runs/this" in done.said
    assert "Traceback" not in done.said


@pytest.fixture
def ended(tmp_path: Path) -> Callable[[int], driving.Done]:
    """Ends a run in its middle by a signal to its first process only."""

    def end(number: int) -> driving.Done:
        with held.after(30) as gateway:
            process = driving.start(*gateway.aimed(tmp_path, "--concurrency=4", models=driving.NAMED[:1]), cwd=tmp_path)
            driving.wait_until(lambda: gateway.holding > 0)
            process.send_signal(number)
            return driving.finish(process, tmp_path)

    return end


@pytest.mark.parametrize("name", ["SIGTERM", pytest.param("SIGHUP", marks=pytest.mark.thorough)])
def test_a_request_to_end_keeps_what_is_known(name: str, ended: Callable[[int], driving.Done]) -> None:
    """As Ctrl-C does: matrix and evidence are written, the rest is blocked, the exit code is 5."""
    done = ended(getattr(signal, name))
    assert done.code == 5, done.said
    assert done.run["stopped"]
    assert 0 < done.run["reported"] < done.run["planned"]
    assert "Traceback" not in done.said
