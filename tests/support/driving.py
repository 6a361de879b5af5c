"""How the tests drive the product: as a user does, by its command line in a folder of its own."""

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

from tests.support import forking

TIMEOUT = 1800.0  # seconds; only what hangs takes that long, on the slowest machine as well
VARIABLE = "PRODUCT_TEST_KEY"
KEY = "sk-test"
MODELS = {
    "openai": "mock-openai",
    "reasoning": "mock-openai-reasoning",
    "claude": "mock-claude",
    "gemini": "mock-gemini",
}
NAMED = tuple(f"--model={'openai' if kind == 'reasoning' else kind}={name}" for kind, name in MODELS.items())
Judged = dict[str, tuple[str, str | None]]


@dataclass(frozen=True)
class Done:
    """A command that has ended, and the run directory it was told to write."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def said(self) -> str:
        """All that was printed, on one line, since a terminal wraps where it likes."""
        return " ".join(f"{self.out}\n{self.err}".split())

    @property
    def lines(self) -> list[str]:
        return [line for line in f"{self.out}\n{self.err}".splitlines() if line.strip()]

    @cached_property
    def matrix(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "matrix.json").read_text(encoding="utf-8"))
        return found

    @property
    def run(self) -> dict[str, Any]:
        facts: dict[str, Any] = self.matrix["run"]
        return facts

    @cached_property
    def cells(self) -> dict[str, dict[str, Any]]:
        return {f"{cell['claim']}@{cell['column']}:{cell['model']}": cell for cell in self.matrix["cells"]}

    @property
    def judged(self) -> Judged:
        """Verdict and observation of each cell."""
        return {name: (cell["verdict"], cell["observed"]) for name, cell in self.cells.items()}

    @property
    def verdicts(self) -> set[str]:
        return {cell["verdict"] for cell in self.cells.values()}

    def named(self, verdict: str) -> set[str]:
        """The cells that came to a verdict."""
        return {name for name, cell in self.cells.items() if cell["verdict"] == verdict}

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Every line of the evidence."""
        return [json.loads(line) for line in (self.folder / "evidence.ndjson").read_text("utf-8").splitlines()]

    @property
    def latest(self) -> Path:
        return self.folder.parent / "latest"


def environment(**more: str) -> dict[str, str]:
    """This process's environment without what pytest put there, with the key of the mock gateways."""
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
    """The interpreter with arguments, run to its end."""
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


def _hear_interrupts() -> None:
    """A process that was started in the background may ignore Ctrl-C, and its children with it."""
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
    """`conformance ARGUMENTS`, run to its end, and the most memory in bytes that its process held at once.

    The process notes it itself: what the system tells of a child counts the memory of its parent, which it was forked from.
    """
    done = python("-c", _WITH_ITS_PEAK, *arguments, cwd=cwd, **more)
    return done, int((cwd / "peak").read_text()) * 1024


def start(*arguments: str, cwd: Path) -> subprocess.Popen[str]:
    """`conformance ARGUMENTS`, under way in a process group of its own, which hears Ctrl-C."""
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
    """The end of what `start` started."""
    out, err = process.communicate(timeout=TIMEOUT)
    return Done(process.returncode, out, err, cwd / "runs" / "this")


def run(base_url: str, cwd: Path, *arguments: str, models: tuple[str, ...] = NAMED[:1], **more: str) -> Done:
    """`conformance run` on an endpoint with the mock's key, into the folder runs/this."""
    return command(*aimed(base_url, *arguments, models=models), cwd=cwd, **more)


def aimed(base_url: str, *arguments: str, models: tuple[str, ...] = NAMED[:1]) -> list[str]:
    """The arguments of `run`."""
    return ["run", f"--base-url={base_url}", f"--api-key-env={VARIABLE}", *models, "--out=runs/this", *arguments]


def counted(base_url: str) -> int:
    """How many requests a mock gateway has seen."""
    return int(stats(base_url)["requests"])


def stats(base_url: str) -> dict[str, Any]:
    """What a mock gateway counted."""
    with urllib.request.urlopen(base_url.removesuffix("/v1") + "/_mock/stats", timeout=TIMEOUT) as reply:
        found: dict[str, Any] = json.load(reply)
    return found


def wait_until(holds: Callable[[], bool]) -> None:
    """Returns as soon as it holds."""
    end = time.monotonic() + TIMEOUT
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.02)


def numbers(text: str) -> list[int]:
    """The whole numbers of a text in order."""
    return [int(each) for each in re.findall(r"\d+", text)]
