"""How near a whole run comes to the time that the endpoint itself needs.

    python benchmarks/ahead.py [--cases 1000] [--concurrency 64] [--latency 0.3] [--runs 3]

A mock gateway waits `latency` seconds before each answer.  Against it, `conformance run` is started as a process of its own
with a contract of one claim with that many values, so that each case is one request, and is timed from start to exit:
interpreter, imports, collection, requests, matrix and files are all in the figure.

How to read it: `requests` is what the mock counted, which is the cases, one preflight, and one negative control for what
their acceptance is worth.  `ideal` is ceil(requests / concurrency) x latency, the time of an endpoint that is kept busy all
the while; no client can be faster.  `ratio` is measured / ideal: 1.00 cannot be beaten, 1.40 at 1,000 cases is what the
project allows itself.  The smallest of several ratios says most about the code, the largest about the machine.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

KEY = "sk-benchmark"
VARIABLE = "CONFORMANCE_BENCHMARK_KEY"
HIGHEST = 2.0

CONTRACT = """\
schema = 1
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
cap = "max_tokens"
room = 0
sampling = true

[parameters.temperature]
type = "number"
documented = "0-2"
range = [0, 2]

[[claims]]
id = "chat.temperature.range"
statement = "A temperature inside the documented range is accepted."
source = "made"
says = "supported"
level = "must"
values = {values}
"""


def main() -> int:
    """Measures as the command line says and prints one line per run and a summary."""
    given = _parser().parse_args()
    ratios = []
    print(f"{given.cases} cases, {given.latency:g} s per answer, {given.concurrency} in flight")
    for number in range(1, given.runs + 1):
        requests, seconds = measure(given.cases, given.concurrency, given.latency)
        ideal = math.ceil(requests / given.concurrency) * given.latency
        ratios.append(seconds / ideal)
        print(
            f"run {number}: requests {requests}, ideal {ideal:.2f} s, measured {seconds:.2f} s, ratio {ratios[-1]:.2f}"
        )
    least, middle, most = min(ratios), statistics.median(ratios), max(ratios)
    print(f"ratio measured/ideal: min {least:.2f}, median {middle:.2f}, max {most:.2f}")
    return 0


def measure(cases: int, concurrency: int, latency: float) -> tuple[int, float]:
    """Requests that the mock counted and seconds that one run took, from the start of its process to its end."""
    with tempfile.TemporaryDirectory() as folder, _mock(latency) as base_url:
        contract = Path(folder) / "contract.toml"
        values = [round(HIGHEST * number / cases, 9) for number in range(cases)]
        contract.write_text(CONTRACT.format(values=json.dumps(values)), encoding="utf-8")
        command = [sys.executable, "-m", "conformance", "run", f"--contract={contract}", f"--base-url={base_url}"]
        command += [
            f"--api-key-env={VARIABLE}",
            "--model=openai=mock-openai",
            f"--concurrency={concurrency}",
            "--out=run",
        ]
        begun = time.perf_counter()
        done = subprocess.run(command, cwd=folder, env=_environment(), capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - begun
        if done.returncode != 0:
            raise SystemExit(f"the run ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return _requests(base_url), seconds


@contextmanager
def _mock(latency: float) -> Iterator[str]:
    """A mock gateway in a process of its own: its base URL."""
    command = [
        sys.executable,
        "-m",
        "conformance.mock",
        "--port=0",
        f"--latency={latency}",
        f"--api-key-env={VARIABLE}",
    ]
    with subprocess.Popen(
        [*command, "--until-stdin-closes"],
        env=_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def _requests(base_url: str) -> int:
    """Completions that the mock was asked for."""
    with urllib.request.urlopen(base_url.removesuffix("/v1") + "/_mock/stats") as reply:
        counted: dict[str, int] = json.load(reply)["by_path"]
    return counted["/v1/chat/completions"]


def _environment() -> dict[str, str]:
    return {**os.environ, VARIABLE: KEY}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--cases", type=int, default=1000, metavar="N", help="requests to send, each a case")
    parser.add_argument("--concurrency", type=int, default=64, metavar="N", help="requests in flight at once")
    parser.add_argument("--latency", type=float, default=0.3, metavar="SECONDS", help="what the endpoint waits")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="repetitions")
    return parser


if __name__ == "__main__":
    sys.exit(main())
