"""What a run that is killed at a random moment has lost, and what it takes to go on with it.

    python benchmarks/killed.py [--kills 100] [--latency 0.05] [--concurrency 8] [--seed 1] [--select EXPRESSION]

A mock gateway of its own stays up all the while.  First the suite runs undisturbed, in one process and with `-n 2`.  Then,
by turns of the two, a run is started, all its processes are killed by SIGKILL after a random part of the time that the
undisturbed one took, and `conformance run --resume` goes on with it, in one process or in two, whichever comes up.  Every
other time, by chance, a first resume is killed in the same way.

How to read it: `recorded` are the exchanges that were on disk after the kill.  `asked twice` counts recorded exchanges that
were sent again: those that stand in the evidence a second time, and requests that the mock counted during the resume beyond
those that the evidence gained.  `differing cells` are those that are not as in the undisturbed run, but for the words that the
mock makes up anew each time; the facts of the run, times apart, count as one more cell.  Both have to be 0; the exit code is 1
where they are not.  A run that is killed before its first line is on disk has nothing to go on with: it is refused with a
sentence that says so, counted as `too early`, and started anew.
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
from conformance.evidence.recording import files, opened, read

VARIABLE = "CONFORMANCE_BENCHMARK_KEY"
KEY = "sk-test"
WAYS = ((), ("-n", "2"))


@dataclass(frozen=True)
class Kill:
    """One run that was killed and gone on with: how far it was, and what went wrong."""

    recorded: int
    asked: int
    twice: int
    differing: int
    too_early: bool
    written: bool


def main() -> int:
    given = options()
    chance = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as folder, gateway(given.latency) as url:
        arguments = ["run", f"--base-url={url}", f"--api-key-env={VARIABLE}", "--model=openai=mock-openai"]
        arguments.append(f"--concurrency={given.concurrency}")
        selection = ["-k", given.select] if given.select else []
        undisturbed = [whole(Path(folder), arguments, [*selection, *way]) for way in WAYS]
        wanted = undisturbed[0][0]
        print(f"undisturbed: {len(wanted['cells'])} cells, {wanted['run']['requests']} requests,", end=" ")
        print(
            ", ".join(
                f"{seconds:.1f} s {' '.join(way)}".strip() for (_, seconds), way in zip(undisturbed, WAYS, strict=True)
            )
        )
        print(f"differing cells between the two: {differing(undisturbed[1][0], wanted)}")
        kills = []
        for number in range(given.kills):
            way, after = WAYS[number % 2], chance.choice(WAYS)
            moments = [chance.uniform(0, undisturbed[number % 2][1]) for _ in range(chance.choice((1, 2)))]
            run = Path(folder) / f"run-{number}"
            lost = one(run, arguments, [*selection, *way], [*selection, *after], moments, url, wanted)
            after_seconds = " and ".join(f"{each:.2f}" for each in moments)
            print(f"kill {number + 1}: {' '.join(way) or 'alone'}, after {after_seconds} s: {lost}", flush=True)
            kills.append(lost)
    return told(kills)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds before each answer")
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--select", help="what pytest selects with -k; default: the whole contract")
    return parser.parse_args()


def one(
    run: Path,
    arguments: list[str],
    first: list[str],
    then: list[str],
    moments: list[float],
    url: str,
    wanted: dict[str, Any],
) -> Kill:
    """Start a run, kill it, go on with it, and hold what came of it against the undisturbed one."""
    kill([*arguments, f"--out={run}", *first], moments[0])
    for moment in moments[1:]:
        kill(["run", f"--resume={run}", *first], moment)
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


def kill(arguments: list[str], moment: float) -> None:
    """Start a run and kill all its processes after so many seconds, unless it has ended."""
    process = start(arguments)
    try:
        process.wait(timeout=moment)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def whole(folder: Path, arguments: list[str], more: list[str]) -> tuple[dict[str, Any], float]:
    """The matrix of an undisturbed run, and the seconds it took."""
    run = folder / f"undisturbed{len(more)}"
    begun = time.perf_counter()
    start([*arguments, f"--out={run}", *more]).wait()
    return matrix(run), time.perf_counter() - begun


def start(arguments: list[str]) -> subprocess.Popen[bytes]:
    """`conformance ARGUMENTS` in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "conformance", *arguments],
        env={**os.environ, VARIABLE: KEY},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def recorded(run: Path) -> list[str]:
    """The ids that can be read after a kill; none where there is no evidence yet."""
    try:
        return [each.id for each in read(run)]
    except UsageError:
        return []


def lines(run: Path) -> list[dict[str, Any]]:
    """Every exchange of a finished run, in the order of its file."""
    [file] = files(run)
    with opened(file) as rows:
        return [json.loads(row) for row in rows][1:]


def matrix(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "matrix.json").read_text(encoding="utf-8"))
    return found


def differing(found: dict[str, Any], wanted: dict[str, Any]) -> int:
    """How many cells are not as they should be; the facts of the run, times and tokens of made-up words apart, count as one."""
    one, other = judged(found), judged(wanted)
    facts = [{**each["run"], "started": "", "ended": "", "cost": asked(each)} for each in (found, wanted)]
    return sum(one.get(name) != other.get(name) for name in one.keys() | other.keys()) + (facts[0] != facts[1])


def asked(found: dict[str, Any]) -> dict[str, Any]:
    """The requests of each model, planned and sent."""
    return {
        each["model"]: [each[which]["requests"] for which in ("planned", "spent")]
        for each in found["run"]["cost"]["models"]
    }


def judged(found: dict[str, Any]) -> dict[tuple[str, ...], Any]:
    """Cells by what they are about, without what differs between two undisturbed runs as well: the model's words, and the
    ids of requests that quote the id of a tool call.
    """
    return {
        (each["claim"], each["column"], each["model"]): {
            **each,
            "evidence": len(each["evidence"]),
            "detail": re.sub(r"'.*?'", "...", each["detail"]),
        }
        for each in found["cells"]
    }


@contextmanager
def gateway(latency: float) -> Iterator[str]:
    """A mock gateway in a process of its own; its base URL."""
    command = [sys.executable, "-m", "conformance.mock", "--port=0", f"--latency={latency}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.kill()


def stats(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url.removesuffix("/v1") + "/_mock/stats") as reply:
        found: dict[str, Any] = json.load(reply)
    return found


def requests(url: str) -> int:
    return int(stats(url)["requests"])


def settle(url: str) -> None:
    """Returns when the mock has nothing in flight any more."""
    while stats(url)["in_flight"]:
        time.sleep(0.02)


def told(kills: list[Kill]) -> int:
    """Print the figures of all; 1 where something was lost or asked again."""
    known = [each.recorded for each in kills]
    twice, cells = sum(each.twice for each in kills), sum(each.differing for each in kills)
    print(f"{len(kills)} kills, {sum(each.too_early for each in kills)} too early,", end=" ")
    print(f"{sum(each.written for each in kills)} after the matrix was written")
    print(f"recorded at the kill: min {min(known)}, median {statistics.median(known):g}, max {max(known)}")
    print(f"asked twice: {twice}; differing cells: {cells}")
    return 1 if twice or cells else 0


if __name__ == "__main__":
    sys.exit(main())
