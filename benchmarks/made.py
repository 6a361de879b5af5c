"""What the benchmarks share: a mock gateway in a process of its own, a contract of so many cases, a command that is measured.

Each case of the made contract is one request, so the number of requests is known, and what is measured is the suite.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from conformance.evidence import recording

KEY = "sk-benchmark"
VARIABLE = "CONFORMANCE_BENCHMARK_KEY"
CLIENT = "CONFORMANCE_HTTP_CLIENT"
CASES_OF_A_MODEL = 1000
_HIGHEST = 2.0
# Hypothesis is needed for the tests of this package, not for a run, and its plugin for pytest takes 0.1 s of CPU to import.
_WITHOUT_HYPOTHESIS = ("-p", "no:hypothesispytest")

_CONTRACT = """\
schema = 2
contract = "benchmark"
surface = "chat"
path = "/chat/completions"
title = "One claim with many values"

[sources.made]
page = "made for the benchmark"
url = "https://example.com/"
section = "none"
read = 2026-01-01

[columns.openai]
title = "OpenAI"
plain = "chat"

[classes.chat]
column = "openai"
title = "chat models"
patterns = []

[traits.chat]
cap = "max_tokens"
room = 0
sampling = true

[parameters.temperature]
type = "number"
documented = "0-2"
range = [0, 2]

[[claims]]
id = "chat.temperature.range"
probe = "value.acceptance"
statement = "A temperature inside the documented range is accepted."
source = "made"
says = "supported"
level = "must"
values = {values}
"""


@dataclass(frozen=True)
class Measured:
    """What one command took: seconds of wall time, and of CPU with its children's; the peak in MB of the largest process."""

    seconds: float
    cpu: float
    peak: float


class Mock:
    """A mock gateway that waits `latency` seconds before each answer, with the models of so many cases."""

    def __init__(self, base_url: str, cases: int, process: subprocess.Popen[str]) -> None:
        self.base_url = base_url
        self.cases = cases
        self.process = process

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.base_url.rsplit(":", 1)[1].removesuffix("/v1"))

    def command(self, folder: Path, concurrency: int, *options: str) -> list[str]:
        """Return a run of its cases in folder/run, with further options; its contract is written into the folder."""
        contract = folder / "contract.toml"
        each = math.ceil(self.cases / _models(self.cases))
        values = [round(_HIGHEST * number / each, 9) for number in range(each)]
        contract.write_text(_CONTRACT.format(values=json.dumps(values)), encoding="utf-8")
        named = [f"--model={each}" for each in _named(self.cases)]
        where = [f"--contract={contract}", f"--base-url={self.base_url}", f"--api-key-env={VARIABLE}", "--out=run"]
        command = [sys.executable, "-m", "conformance", "run", *where, *named, f"--concurrency={concurrency}"]
        return [*command, *_WITHOUT_HYPOTHESIS, *options]

    def plain_loop(self, folder: Path, concurrency: int) -> list[str]:
        """Return a plain loop that sends the requests that the run in folder/run has sent."""
        bodies = folder / "bodies.txt"
        sent = (exchange.request.body for exchange in recording.read(folder / "run"))
        bodies.write_text("\n".join(body for body in sent if body), encoding="utf-8")
        script = Path(__file__).with_name("plain_loop.py")
        return [sys.executable, str(script), f"{self.base_url}/chat/completions", str(bodies), str(concurrency)]

    def requests(self) -> int:
        """Completions that it was asked for."""
        with urllib.request.urlopen(self.base_url.removesuffix("/v1") + "/_mock/stats") as reply:
            counted: dict[str, int] = json.load(reply)["by_path"]
        return counted["/v1/chat/completions"]


@contextmanager
def mock(cases: int, latency: float, *options: str) -> Iterator[Mock]:
    """Starts and ends it; `options` are further ones of the mock."""
    port = [] if any(option.startswith("--port=") for option in options) else ["--port=0"]
    command = [sys.executable, "-m", "conformance.mock", *port, f"--latency={latency}", *options]
    named = [f"--model={each}" for each in _named(cases)]
    with subprocess.Popen(
        [*command, *named, f"--api-key-env={VARIABLE}", "--until-stdin-closes"],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield Mock(process.stdout.readline().split()[-1], cases, process)
        finally:
            process.terminate()


def measure(command: Sequence[str], folder: Path, expected: int = 0, **variables: str) -> Measured:
    """Run a command to its end in a folder; ends the script where its exit code is another than expected."""
    log = folder / "log.txt"
    with log.open("w", encoding="utf-8") as said:
        begun = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment(**variables), stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != expected:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{log.read_text(encoding='utf-8')}")
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024  # getrusage counts bytes there, kilobytes elsewhere
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a benchmark's processes.

    They keep compiled modules, as an installed package has them, even where this process is told not to: compiling this package
    takes as long as importing everything that a run needs.
    """
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "", VARIABLE: KEY, **more}


def spread(figures: Sequence[float]) -> str:
    """Return the smallest, the middle and the largest of several figures: the first says most about the code."""
    return f"min {min(figures):.2f}, median {statistics.median(figures):.2f}, max {max(figures):.2f}"


def _models(cases: int) -> int:
    return math.ceil(cases / CASES_OF_A_MODEL)


def _named(cases: int) -> list[str]:
    return [f"openai=mock-{number},class=chat" for number in range(_models(cases))]
