"""Measure how long a run takes on an endpoint with a rate limit, and compare it with the shortest possible time.

    python benchmarks/limited.py [--rate 60] [--kind fixed] [--no-retry-after] [--configured] [--workers 2]
    python benchmarks/limited.py --rate 600 --window 6 --cases 100      # a quick one

A mock gateway admits `rate` requests per minute and answers all others with 429.  `conformance run` sends it the whole contract
for one model, or with --cases one claim with that many values.  Before that, the same is run without a limit.

How to read the output: `requests` were answered, `refused` ones got a 429, and `lost` is the number of cells whose verdict
differs from the run without a limit.  `minimum` is the shortest possible time, where R is the number of requests per window:
    fixed, sliding: (ceil(requests / R) - 1) windows, since each admits R at once;
    bucket:         (requests - R) / R windows, since it is full at first and refills evenly;
    --configured:   (requests - 1) / R windows if that is longer, since --requests-per-minute sends at even intervals.
`measured` is from the start of the process to its end; `ratio` is measured / minimum.  The target is 1.20 or less.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import made

CONCURRENCY = 8  # enough to reach any limit that is measured here, with few requests refused at once


def main() -> int:
    """Measure as the command line says and print the figures; return 1 if cells were lost."""
    options = _parser().parse_args()
    unlimited, _, unlimited_seconds = measure(options, [])
    limit = [f"--requests-per-minute={options.rate:g}", f"--limit={options.kind}", f"--limit-window={options.window:g}"]
    limited, requests, seconds = measure(options, [*limit, *(["--no-retry-after"] if options.no_retry_after else [])])
    shortest = minimum(options, requests)
    lost = sum(limited["cells"].get(name) != verdict for name, verdict in unlimited["cells"].items())
    ratio = seconds / shortest if shortest else math.inf
    how = "without Retry-After" if options.no_retry_after else "with Retry-After"
    rate = "configured" if options.configured else "not configured"
    print(f"{options.rate:g} requests per minute, {options.kind}, {how}, rate {rate}, {options.workers} processes")
    print(
        f"requests {requests}, refused {limited['requests'] - requests}, lost {lost}, waited {limited['waited']:.1f} s"
    )
    print(
        f"minimum {shortest:.1f} s, measured {seconds:.1f} s, ratio {ratio:.2f}; {unlimited_seconds:.1f} s without a limit"
    )
    return int(lost > 0)


def minimum(options: argparse.Namespace, requests: int) -> float:
    """Return the shortest possible time for this number of answered requests, in seconds."""
    size = max(1, round(options.rate * options.window / 60))
    windows = (requests - size) / size if options.kind == "bucket" else math.ceil(requests / size) - 1
    evenly = (requests - 1) / size if options.configured else 0.0
    return max(0.0, windows, evenly) * options.window


def measure(options: argparse.Namespace, limit: list[str]) -> tuple[dict[str, Any], int, float]:
    """Return the facts and cells of a run, the number of answered requests, and the seconds it took."""
    with tempfile.TemporaryDirectory() as folder, made.mock(options.cases, options.latency, *limit) as mock:
        if options.cases:
            command = mock.command(Path(folder), CONCURRENCY)
        else:
            where = [
                f"--base-url={mock.base_url}",
                "--contract=cometapi",
                f"--api-key-env={made.VARIABLE}",
                "--out=run",
            ]
            command = [sys.executable, "-m", "conformance", "run", *where, "--model=openai=mock-openai"]
        command += ["-n", str(options.workers)] if options.workers > 1 else []
        command += [f"--requests-per-minute={options.rate:g}"] if options.configured and limit else []
        begun = time.perf_counter()
        done = subprocess.run(command, cwd=folder, env=made.environment(), capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - begun
        if done.returncode not in {0, 1}:
            raise SystemExit(f"the run ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        matrix = json.loads((Path(folder) / "run" / "matrix.json").read_text(encoding="utf-8"))
        lines = (Path(folder) / "run" / "evidence.ndjson").read_text(encoding="utf-8").splitlines()
        answered = sum('"status": 429' not in line and '"id"' in line for line in lines)
        cells = {f"{cell['claim']}@{cell['column']}:{cell['model']}": cell["verdict"] for cell in matrix["cells"]}
        return {**matrix["run"], "cells": cells}, answered, seconds


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument(
        "--rate", type=float, default=60.0, metavar="N", help="requests per minute that the endpoint admits"
    )
    parser.add_argument("--window", type=float, default=60.0, metavar="SECONDS", help="length of the window")
    parser.add_argument(
        "--kind", choices=("fixed", "sliding", "bucket"), default="fixed", help="how requests are counted"
    )
    parser.add_argument("--no-retry-after", action="store_true", help="the endpoint sends no Retry-After")
    parser.add_argument("--configured", action="store_true", help="give the run the rate as --requests-per-minute")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes (pytest-xdist)")
    parser.add_argument(
        "--cases", type=int, default=0, metavar="N", help="one claim with N values, not the whole contract"
    )
    parser.add_argument(
        "--latency", type=float, default=0.05, metavar="SECONDS", help="time before each answer of the endpoint"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
