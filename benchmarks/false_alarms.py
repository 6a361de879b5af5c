"""Run the suite against gateways that break no promise, and count the cells that are held against them.

    python benchmarks/false_alarms.py [--mode NAME ...] [--runs 10] [--profile standard] [--latency 0.3] [--model COLUMN=ID ...]

A mode is one of the degraded mock gateways, or `clean` for the one that withholds nothing; the default is all of them.  Every run
is a process of its own; the gateway of a mode goes on from run to run, as its random refusals do.

How to read the output: a line per mode, with the runs in which a cell deviates or differs, the cells that were judged (conforms
or noted, the fewest of all runs), the cells that were not, and the seconds of a run.  Below it is each red cell, with the number
of its runs and its detail.  The exit code is 1 if there is a red cell.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import made

from conformance.mock.defects.degraded import DEGRADED

CLEAN = "clean"
RED = ("deviates", "differs")
JUDGED = ("conforms", "noted")
MODELS = ("openai=mock-openai", "openai=mock-openai-reasoning", "claude=mock-claude", "gemini=mock-gemini")


@dataclass(frozen=True)
class Run:
    """One run: the details of its red cells by name, how many cells were judged and how many were not, and its seconds."""

    red: dict[str, str]
    judged: int
    unjudged: int
    seconds: float


def main() -> int:
    """Measure as the command line says and print the figures; return 1 if a cell is held against a gateway."""
    options = _parser().parse_args()
    alarms = 0
    for mode in options.mode or [CLEAN, *sorted(DEGRADED)]:
        defect = [] if mode == CLEAN else [f"--defect={mode}"]
        with made.mock(0, options.latency, *defect) as mock:
            runs = [measure(mock.base_url, options.profile, options.model or MODELS) for _ in range(options.runs)]
        alarms += report(mode, runs)
    return 1 if alarms else 0


def measure(base_url: str, profile: str, models: list[str]) -> Run:
    """Run the suite once against a gateway and return what it came to."""
    with tempfile.TemporaryDirectory() as folder:
        where = [
            "--target=mock",
            f"--base-url={base_url}",
            "--contract=cometapi",
            f"--api-key-env={made.VARIABLE}",
            f"--profile={profile}",
            "--out=run",
        ]
        command = [sys.executable, "-m", "conformance", "run", *where, *(f"--model={model}" for model in models)]
        begun = time.perf_counter()
        done = subprocess.run(command, cwd=folder, env=made.environment(), capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - begun
        matrix = Path(folder) / "run" / "matrix.json"
        if not matrix.is_file():
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        cells = json.loads(matrix.read_text(encoding="utf-8"))["cells"]
    red = {
        f"{cell['claim']}@{cell['column']}:{cell['model']} {cell['verdict']}": cell["detail"]
        for cell in cells
        if cell["verdict"] in RED
    }
    judged = sum(cell["verdict"] in JUDGED for cell in cells)
    unjudged = sum(cell["verdict"] in ("inconclusive", "blocked") for cell in cells)
    return Run(red, judged, unjudged, seconds)


def report(mode: str, runs: list[Run]) -> int:
    """Print the figures of a mode, and return in how many runs a cell is red."""
    alarms = sum(bool(run.red) for run in runs)
    judged, unjudged = min(run.judged for run in runs), max(run.unjudged for run in runs)
    seconds = sum(run.seconds for run in runs) / len(runs)
    print(
        f"{mode}: {alarms} of {len(runs)} runs red; {judged} cells judged, {unjudged} not; {seconds:.1f} s", flush=True
    )
    counts = Counter(name for run in runs for name in run.red)
    details = {name: detail for run in runs for name, detail in run.red.items()}
    for name, count in counts.most_common():
        print(f"    {count} x {name}: {details[name]}", flush=True)
    return alarms


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--mode", action="append", choices=(CLEAN, *sorted(DEGRADED)), help="repeatable; default: all")
    parser.add_argument("--runs", type=int, default=10, metavar="N", help="runs of each mode")
    parser.add_argument("--profile", choices=("smoke", "standard", "full"), default="standard")
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="time before each answer")
    parser.add_argument(
        "--model", action="append", metavar="COLUMN=ID[,class=NAME]", help="model to run; repeatable; default: four"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
