"""Run the command line as a user does, each time in a folder of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from tests.support import forking

TIMEOUT = 1800.0  # seconds; even on the slowest machine only a command that hangs takes this long
VARIABLE = "PRODUCT_TEST_KEY"
KEY = "sk-test"
MODELS = {
    "openai": "mock-openai",
    "reasoning": "mock-openai-reasoning",
    "claude": "mock-claude",
    "gemini": "mock-gemini",
}
NAMED = tuple(f"--model={'openai' if kind == 'reasoning' else kind}={name}" for kind, name in MODELS.items())
TWO = NAMED[::2]  # of two columns, as few as two workers can share
# The same run in one process and over two; the second takes longer, and test_run_xdist.py always has one.
ALONE_OR_SPREAD = [
    pytest.param((), id="alone"),
    pytest.param(("-n", "2"), id="spread", marks=pytest.mark.thorough),
]
# Claims that a machine under load may turn, left out where runs must be equal.
TIMED = frozenset(f"{surface}.stream.paced" for surface in ("chat", "responses", "messages", "gemini"))
Judged = dict[str, tuple[str, str | None]]


@dataclass(frozen=True)
class Done:
    """A command that has ended, and the run directory that it was to write."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def said(self) -> str:
        """The whole output on one line, so that tests need not know where a terminal wraps."""
        return " ".join(f"{self.out}\n{self.err}".split())

    @property
    def lines(self) -> list[str]:
        return [line for line in f"{self.out}\n{self.err}".splitlines() if line.strip()]

    @cached_property
    def matrix(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.folder / "matrix.json").read_text(encoding="utf-8"))
        return document

    @property
    def run(self) -> dict[str, Any]:
        facts: dict[str, Any] = self.matrix["run"]
        return facts

    @cached_property
    def cells(self) -> dict[str, dict[str, Any]]:
        return {f"{cell['claim']}@{cell['column']}:{cell['model']}": cell for cell in self.matrix["cells"]}

    @property
    def judged(self) -> Judged:
        """Verdict and observation of each cell but those that depend on timing."""
        cells = {name: cell for name, cell in self.cells.items() if cell["claim"] not in TIMED}
        return {name: (cell["verdict"], cell["observed"]) for name, cell in cells.items()}

    @property
    def verdicts(self) -> set[str]:
        return {cell["verdict"] for cell in self.cells.values() if cell["claim"] not in TIMED}

    def named(self, verdict: str) -> set[str]:
        """Return the ids of the cells with this verdict."""
        return {name for name, cell in self.cells.items() if cell["verdict"] == verdict}

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The lines of the evidence."""
        return [json.loads(line) for line in (self.folder / "evidence.ndjson").read_text("utf-8").splitlines()]

    @property
    def latest(self) -> Path:
        return self.folder.parent / "latest"


def environment(**more: str) -> dict[str, str]:
    """Return the environment of this process without the variables of pytest, with the key of the mock gateways."""
    plain = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "TOX", "COV", "COLUMNS"))
    }
    return {**plain, VARIABLE: KEY, **more}


def command(*arguments: str, cwd: Path, **more: str) -> Done:
    """Run `conformance ARGUMENTS` to its end in a process of its own, forked where its environment allows that."""
    given = environment(**more)
    if not forking.usable(given):
        return python("-m", "conformance", *arguments, cwd=cwd, **more)
    done = forking.run("conformance", arguments, cwd, given, TIMEOUT)
    return Done(done.returncode, done.stdout, done.stderr, cwd / "runs" / "this")


def python(*arguments: str, cwd: Path, **more: str) -> Done:
    """Run the interpreter with these arguments to its end."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=environment(**more),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=TIMEOUT,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr, cwd / "runs" / "this")


def shell(line: str, cwd: Path) -> Done:
    """Run a line of a shell to its end; {conformance} stands for the command."""
    spelt = line.format(conformance=f"{sys.executable} -m conformance")
    done = subprocess.run(
        ["sh", "-c", spelt], cwd=cwd, env=environment(), capture_output=True, text=True, encoding="utf-8", timeout=TIMEOUT,
        check=False,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr, cwd / "runs" / "this")


def _hear_interrupts() -> None:
    """Restore the default action of Ctrl-C, which a process that was started in the background ignores."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


_WITH_ITS_PEAK = """
import atexit, pathlib, re, resource, runpy, sys

def note():
    status = pathlib.Path("/proc/self/status")
    peak = re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1] if status.exists() else None
    pathlib.Path("peak").write_text(peak or str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))

atexit.register(note)
runpy.run_module("conformance", run_name="__main__", alter_sys=True)
"""


def measured(*arguments: str, cwd: Path, **more: str) -> tuple[Done, int]:
    """Run `conformance ARGUMENTS` to its end; return it and the peak memory of its process in bytes.

    The process writes the peak itself: the figure of the system for a child includes the parent that it was forked from.
    """
    done = python("-c", _WITH_ITS_PEAK, *arguments, cwd=cwd, **more)
    return done, int((cwd / "peak").read_text()) * 1024


def start(*arguments: str, cwd: Path) -> subprocess.Popen[str]:
    """Start `conformance ARGUMENTS` in a process group of its own, which reacts to Ctrl-C."""
    return subprocess.Popen(
        [sys.executable, "-m", "conformance", *arguments],
        cwd=cwd,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=_hear_interrupts,
    )


def finish(process: subprocess.Popen[str], cwd: Path) -> Done:
    """Wait for the end of a process from `start`."""
    out, err = process.communicate(timeout=TIMEOUT)
    return Done(process.returncode, out, err, cwd / "runs" / "this")


def run(base_url: str, cwd: Path, *arguments: str, models: tuple[str, ...] = NAMED[:1], **more: str) -> Done:
    """Run `conformance run` against an endpoint with the key of the mock gateways, into the folder runs/this."""
    return command(*aimed(base_url, *arguments, models=models), cwd=cwd, **more)


def aimed(base_url: str, *arguments: str, models: tuple[str, ...] = NAMED[:1]) -> list[str]:
    """Return the arguments with which `run` starts a run: against the contract of the mock gateway, unless they name another."""
    if not any(argument.startswith("--contract") for argument in arguments):
        arguments = ("--contract=cometapi", *arguments)
    return ["run", f"--base-url={base_url}", f"--api-key-env={VARIABLE}", *models, "--out=runs/this", *arguments]


def impatient(base_url: str, folder: Path) -> str:
    """Return the option for a target at this address, written to this folder, that waits for no outage."""
    told = f'schema = 1\nname = "mine"\ntitle = "Mine"\nbase_url = "{base_url}"\npatience = 0\n'
    (folder / "mine.toml").write_text(f'{told}api_key_env = "{VARIABLE}"\n', encoding="utf-8")
    return "--target=mine.toml"


def counted(base_url: str) -> int:
    """Return the number of requests that a mock gateway has got."""
    return int(stats(base_url)["requests"])


def stats(base_url: str) -> dict[str, Any]:
    """Return the counts of a mock gateway."""
    with urllib.request.urlopen(base_url.removesuffix("/v1") + "/_mock/stats", timeout=TIMEOUT) as reply:
        counts: dict[str, Any] = json.load(reply)
    return counts


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + TIMEOUT
    while not holds():
        assert time.monotonic() < end, "the condition must hold in time"
        time.sleep(0.02)


def numbers(text: str) -> list[int]:
    """Return the whole numbers of a text in order."""
    return [int(digits) for digits in re.findall(r"\d+", text)]
