"""Whatever surrounds a command (proxies, streams, folders, the terminal), it does its work, or says why it cannot."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import driving

RUN = ("run", "--claim=chat.n.one@openai:mock-openai", "--out=runs/this")
NOTHING = ("plan", "--claim=chat.n.one@openai:mock-openai")
REMOTE = ("run", "--base-url=http://gateway.invalid/v1", "--model=openai=m", "--out=runs/this")
ODD = [
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"LC_ALL": "xx_YY.UTF-99", "TZ": "Not/AZone:::"},
    {"PYTHONIOENCODING": "ascii", "TERM": "dumb"},
    {"PYTHONIOENCODING": "utf-16"},
    {"COLUMNS": "0", "LINES": "0"},
    {"COLUMNS": "1", "TZ": "XYZ-167:59:59"},
    {"COLUMNS": "20"},
    {"COLUMNS": "x"},
    {"HOME": ""},
    {"HOME": "/nonexistent", "TMPDIR": "/nonexistent", "PATH": ""},
    {"SSL_CERT_FILE": "/nonexistent", "SSL_CERT_DIR": "/nonexistent"},
]


def started(
    *arguments: str, cwd: Path, before: Callable[[], object] | None = None, **variables: str
) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a new process, with what changes the process first."""
    return subprocess.run(
        [sys.executable, "-m", "conformance", *arguments],
        cwd=cwd,
        env=driving.environment(**variables),
        capture_output=True,
        timeout=driving.TIMEOUT,
        preexec_fn=before,
        check=False,
    )


def _close_streams() -> None:
    for number in range(3):
        os.close(number)


def test_proxies_are_not_for_the_embedded_gateway(tmp_path: Path) -> None:
    """It is on this machine, so variables that no request could go through change nothing."""
    done = driving.command(*RUN, cwd=tmp_path, ALL_PROXY="socks5://127.0.0.1:1", HTTP_PROXY="::nothing::")
    assert done.code == 0, done.said


@pytest.mark.parametrize("value", ["socks4://user:s3cr3t@127.0.0.1:1", "http://user:s3cr3t@127.0.0.1:99999"])
def test_an_unusable_proxy_ends_a_run_before_it_begins(value: str, tmp_path: Path) -> None:
    """It is exit code 3 and one line that names the variable."""
    done = driving.command(*REMOTE, cwd=tmp_path, ALL_PROXY=value)
    assert (done.code, len(done.lines)) == (3, 1), done.said
    assert done.said.startswith("conformance: ALL_PROXY must be an address such as")
    assert "s3cr3t" not in done.said


@pytest.mark.parametrize("arguments", [("show",), ("run", "--replay"), ("plan", "--contract")])
def test_a_path_that_is_too_long_is_a_sentence(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """It is exit code 2 for every command, and shows only the beginning."""
    done = driving.command(*arguments, "x" * 300, cwd=tmp_path)
    assert (done.code, len(done.lines)) == (2, 1), done.said
    assert done.said.startswith(
        f"conformance: the path that begins with '{'x' * 40}' cannot be used: File name too long"
    )


def test_closed_streams_are_no_failure(tmp_path: Path) -> None:
    """The run writes its directory, and its exit code is that of its verdicts.

    The encoding of its streams is not that in which it hears the process of the embedded gateway.
    """
    done = started(*RUN, cwd=tmp_path, before=_close_streams, PYTHONIOENCODING="utf-16")
    assert done.returncode == 0
    assert (tmp_path / "runs" / "this" / "matrix.json").read_bytes().startswith(b"{")


def test_a_removed_directory_is_a_sentence(tmp_path: Path) -> None:
    """It is exit code 2 for every command, with what to do."""
    (gone := tmp_path / "gone").mkdir()
    done = started("show", cwd=tmp_path, before=lambda: (os.chdir(gone), gone.rmdir()))
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith(b"conformance: the current directory cannot be used: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.thorough
@pytest.mark.parametrize("variables", ODD, ids=str)
def test_odd_variables_change_no_verdict(variables: dict[str, str], tmp_path: Path) -> None:
    """A run, what shows it and its site are made in any locale, terminal and home."""
    for arguments in (RUN, NOTHING, ("show", "runs/this"), ("site", "runs/this", "--out=site")):
        done = started(*arguments, cwd=tmp_path, **variables)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        assert b"Traceback" not in done.stdout + done.stderr


@pytest.mark.thorough
@pytest.mark.parametrize(
    "before",
    [
        *(pytest.param(lambda number=number: os.close(number), id=f"closed-{number}") for number in range(3)),
        pytest.param(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)), id="64-files"),
    ],
)
def test_a_narrow_process_changes_no_verdict(before: Callable[[], object], tmp_path: Path) -> None:
    """Each closed stream alone, and few files."""
    for arguments in (RUN, NOTHING, ("show", "runs/this"), ("site", "runs/this", "--out=site")):
        done = started(*arguments, cwd=tmp_path, before=before)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
