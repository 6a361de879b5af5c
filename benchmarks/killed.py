"""Kill runs at random moments, resume them, and count what was lost or sent twice.

    python benchmarks/killed.py [--kills 100] [--latency 0.05] [--concurrency 8] [--seed 1] [--select EXPRESSION]

A mock gateway runs all the time.  First the suite runs without interruption, in one process and with `-n 2`.  Then, alternating
between the two, a run is started, all its processes are killed by SIGKILL after a random part of the time that the complete
run took, and `conformance run --resume` continues it, in one process or two at random.  At random, about half of the time, a
first resume is killed in the same way.

How to read the output: `recorded` are the exchanges that were on disk after the kill.  `sent twice` counts recorded exchanges
that were sent again: those with a second line in the evidence, and requests that the mock received during the resume and
that the evidence lacks.  `differing cells` are those that differ from the complete run, apart from the words that the mock
invents each time; the facts of the run, apart from times, count as one more cell.  Both must be 0, otherwise the exit code is 1.
A run that is killed before its first line is on disk cannot be resumed: it is refused with a sentence that says so, counted
as `too early`, and started again.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.base.errors import UsageError
from conformance.evidence.lines import opened
from conformance.evidence.recording import files, read

VARIABLE = "CONFORMANCE_BENCHMARK_KEY"
KEY = "sk-test"
WAYS = ((), ("-n", "2"))


@dataclass(frozen=True)
class Kill:
    """One run that was killed and resumed: exchanges recorded at the kill and sent after it, and what went wrong."""

    recorded: int
    resumed: int
    twice: int
    differing: int
    too_early: bool
    written: bool


def main() -> int:
    """Kill and resume runs as the command line says and print the figures; return 1 if anything was lost or sent twice."""
    options = parse_options()
    dice = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder, gateway(options.latency) as url:
        arguments = [
            "run",
            f"--base-url={url}",
            "--contract=cometapi",
            f"--api-key-env={VARIABLE}",
            "--model=openai=mock-openai",
        ]
        arguments.append(f"--concurrency={options.concurrency}")
        selection = ["-k", options.select] if options.select else []
        complete = [run_complete(Path(folder), arguments, [*selection, *way]) for way in WAYS]
        wanted = complete[0][0]
        print(f"complete run: {len(wanted['cells'])} cells, {wanted['run']['requests']} requests,", end=" ")
        print(
            ", ".join(
                f"{seconds:.1f} s {' '.join(way)}".strip() for (_, seconds), way in zip(complete, WAYS, strict=True)
            )
        )
        print(f"differing cells between the two: {differing(complete[1][0], wanted)}")
        kills = []
        for number in range(options.kills):
            way, after = WAYS[number % 2], dice.choice(WAYS)
            moments = [dice.uniform(0, complete[number % 2][1]) for _ in range(dice.choice((1, 2)))]
            run = Path(folder) / f"run-{number}"
            result = kill_and_resume(run, arguments, [*selection, *way], [*selection, *after], moments, url, wanted)
            after_seconds = " and ".join(f"{moment:.2f}" for moment in moments)
            print(f"kill {number + 1}: {' '.join(way) or 'alone'}, after {after_seconds} s: {result}", flush=True)
            kills.append(result)
    return report(kills)


def parse_options() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100, help="runs to kill")
    parser.add_argument("--latency", type=float, default=0.05, help="seconds before each answer")
    parser.add_argument("--concurrency", type=int, default=8, help="requests in flight")
    parser.add_argument("--seed", type=int, default=1, help="seed of the random moments and choices")
    parser.add_argument("--select", help="selection for -k of pytest; default: the whole contract")
    return parser.parse_args()


def kill_and_resume(
    run: Path,
    arguments: list[str],
    first: list[str],
    then: list[str],
    moments: list[float],
    url: str,
    wanted: dict[str, Any],
) -> Kill:
    """Start a run, kill it, resume it, and compare its result with that of the complete run."""
    run_and_kill([*arguments, f"--out={run}", *first], moments[0])
    for moment in moments[1:]:
        run_and_kill(["run", f"--resume={run}", *first], moment)
    settle(url)
    before, written = recorded(run), (run / "matrix.json").is_file()
    count = requests(url)
    process = start(["run", f"--resume={run}", *then])
    too_early = process.wait() == 2
    if too_early:
        start([*arguments, f"--out={run}", *then]).wait()
    settle(url)
    gained = lines(run)[len(before) :]
    repeated = sum(row["id"] in before for row in gained)
    unrecorded = requests(url) - count - sum(1 + row["retries"] for row in gained)
    return Kill(len(before), len(gained), repeated + unrecorded, differing(matrix(run), wanted), too_early, written)


def run_and_kill(arguments: list[str], moment: float) -> None:
    """Start a run and kill all its processes after `moment` seconds, unless it has ended."""
    process = start(arguments)
    try:
        process.wait(timeout=moment)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def run_complete(folder: Path, arguments: list[str], more: list[str]) -> tuple[dict[str, Any], float]:
    """Return the matrix of a complete run, and the seconds it took."""
    run = folder / f"complete{len(more)}"
    begun = time.perf_counter()
    start([*arguments, f"--out={run}", *more]).wait()
    return matrix(run), time.perf_counter() - begun


def start(arguments: list[str]) -> subprocess.Popen[bytes]:
    """Start `conformance ARGUMENTS` in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "conformance", *arguments],
        env={**os.environ, VARIABLE: KEY},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def recorded(run: Path) -> list[str]:
    """Return the ids of the exchanges that can be read after a kill; none if there is no evidence yet."""
    try:
        return [exchange.id for exchange in read(run)]
    except UsageError:
        return []


def lines(run: Path) -> list[dict[str, Any]]:
    """Return every exchange of a finished run, in the order of its file."""
    [file] = files(run)
    with opened(file) as rows:
        return [json.loads(row) for row in rows][1:]


def matrix(run: Path) -> dict[str, Any]:
    """Return the matrix of a run."""
    document: dict[str, Any] = json.loads((run / "matrix.json").read_text(encoding="utf-8"))
    return document


def differing(actual: dict[str, Any], expected: dict[str, Any]) -> int:
    """Return how many cells differ; the facts of the run, without times and tokens of invented words, count as one."""
    cells, expected_cells = comparable_cells(actual), comparable_cells(expected)
    names = cells.keys() | expected_cells.keys()
    facts, expected_facts = (
        {**document["run"], "started": "", "ended": "", "cost": requests_by_model(document)}
        for document in (actual, expected)
    )
    return sum(cells.get(name) != expected_cells.get(name) for name in names) + (facts != expected_facts)


def requests_by_model(document: dict[str, Any]) -> dict[str, Any]:
    """Return the planned and sent requests of each model."""
    return {
        cost["model"]: [cost[which]["requests"] for which in ("planned", "spent")]
        for cost in document["run"]["cost"]["models"]
    }


def comparable_cells(document: dict[str, Any]) -> dict[tuple[str, ...], Any]:
    """Return the cells by claim, column and model, without what differs between two complete runs as well.

    That are the words of the model, and the ids of requests that quote the id of a tool call.
    """
    return {
        (cell["claim"], cell["column"], cell["model"]): {
            **cell,
            "evidence": len(cell["evidence"]),
            "detail": re.sub(r"'.*?'", "...", cell["detail"]),
        }
        for cell in document["cells"]
    }


@contextmanager
def gateway(latency: float) -> Iterator[str]:
    """Yield the base URL of a mock gateway in a process of its own."""
    command = [sys.executable, "-m", "conformance.mock", "--port=0", f"--latency={latency}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.kill()


def stats(url: str) -> dict[str, Any]:
    """Return the statistics of the mock."""
    with urllib.request.urlopen(url.removesuffix("/v1") + "/_mock/stats") as reply:
        document: dict[str, Any] = json.load(reply)
    return document


def requests(url: str) -> int:
    """Return how many requests the mock has received."""
    return int(stats(url)["requests"])


def settle(url: str) -> None:
    """Wait until the mock has no request in flight."""
    while stats(url)["in_flight"]:
        time.sleep(0.02)


def report(kills: list[Kill]) -> int:
    """Print the figures of all runs; return 1 if anything was lost or sent twice."""
    known = [kill.recorded for kill in kills]
    twice, cells = sum(kill.twice for kill in kills), sum(kill.differing for kill in kills)
    print(f"{len(kills)} kills, {sum(kill.too_early for kill in kills)} too early,", end=" ")
    print(f"{sum(kill.written for kill in kills)} after the matrix was written")
    print(f"recorded at the kill: min {min(known)}, median {statistics.median(known):g}, max {max(known)}")
    print(f"sent twice: {twice}; differing cells: {cells}")
    return 1 if twice or cells else 0


if __name__ == "__main__":
    sys.exit(main())
