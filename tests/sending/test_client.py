"""Which HTTP client library is used: httpx2 if it is installed, else httpx, or the one that the user names."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ABSENT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in {absent!r}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
from conformance.sending.client import CLIENT_NAME
print(CLIENT_NAME)
"""


def python(program: str, *, chosen: str | None = None, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program in a new process, with or without a chosen client."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("CONFORMANCE_HTTP", "PYTEST"))}
    environment = {**plain, "CONFORMANCE_HTTP_CLIENT": chosen} if chosen else plain
    command = [sys.executable, *(["-c", program] if "\n" in program else program.split())]
    return subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, timeout=600, check=False)


@pytest.mark.parametrize(("absent", "used"), [(["httpx2"], "httpx "), (["httpx"], "httpx2 ")])
def test_the_installed_client_is_used(absent: list[str], used: str) -> None:
    """Only one of the two libraries has to be installed."""
    pytest.importorskip("httpx2")
    assert python(ABSENT.format(absent=absent)).stdout.startswith(used)


def test_a_folder_named_like_a_client_is_ignored() -> None:
    """If httpx2 is not installed, `python -m` imports any folder of that name as an empty package."""
    program = "import sys, types\nsys.modules['httpx2'] = types.ModuleType('httpx2')\n"
    assert python(f"{program}from conformance.sending.client import CLIENT_NAME\nprint(CLIENT_NAME)").stdout.startswith(
        "httpx 0."
    )


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (
            "requests",
            "CONFORMANCE_HTTP_CLIENT must be one of httpx2, httpx, got 'requests'; set it to one of these, or unset it",
        )
    ],
)
def test_an_unknown_client_is_a_one_line_error(tmp_path: Path, chosen: str, message: str) -> None:
    """The exit code is 3 and there is no traceback; under plain pytest it is a usage error."""
    done = python("-m conformance run -k chat.n.one", chosen=chosen, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.strip() == f"conformance: {message}"
    plain = python("-m pytest --pyargs conformance.suite -k chat.n.one", chosen=chosen, cwd=tmp_path)
    assert plain.returncode == 4
    assert message in plain.stdout + plain.stderr
    assert "Traceback" not in plain.stdout + plain.stderr


def test_a_session_without_the_suite_ignores_the_choice(tmp_path: Path) -> None:
    """Pytest loads the plugin in every project, and there it imports no client."""
    (tmp_path / "test_own.py").write_text("def test_own():\n    pass\n", encoding="utf-8")
    assert python("-m pytest -q test_own.py", chosen="requests", cwd=tmp_path).returncode == 0


def test_the_header_of_a_run_names_its_client(tmp_path: Path) -> None:
    """It contains the version too, for whoever reads the log later."""
    done = python("-m conformance run -k chat.n.one", chosen="httpx", cwd=tmp_path)
    assert "HTTP client httpx 0." in done.stdout, done.stdout + done.stderr
