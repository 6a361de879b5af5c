"""How long a run waits for an endpoint that limits the rate, against the least that anybody would have to.

    python benchmarks/limited.py [--rate 60] [--kind fixed] [--no-retry-after] [--configured] [--workers 2]
    python benchmarks/limited.py --rate 600 --window 6 --cases 100      # a quick one

A mock gateway admits `rate` requests a minute and answers all others with a hard 429.  Against it, `conformance run` asks the
whole contract of one model, or with --cases one claim with that many values.  Before that the same is run without a limit.

How to read it: `requests` are those that were answered, `refused` those that got a 429, `lost` the cells whose verdict is not
that of the run without a limit.  `minimum` is the time nobody can do with less than, R being what a window admits:
    fixed, sliding: (ceil(requests / R) - 1) windows, since each admits R at once;
    bucket:         (requests - R) / R windows, since it is full at first and refilled evenly;
    --configured:   (requests - 1) / R windows if that is longer, an even flow being what --requests-per-minute promises.
`measured` is from the start of the process to its end; `ratio` is measured / minimum, at most 1.20 being the aim.
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

CONCURRENCY = 8


def main() -> int:
    """Measures as the command line says and prints one line; 1 where the ratio is above the highest that is allowed."""
    given = _parser().parse_args()
    freely, _, briefly = measure(given, [])
    limit = [f"--requests-per-minute={given.rate:g}", f"--limit={given.kind}", f"--limit-window={given.window:g}"]
    limited, requests, seconds = measure(given, [*limit, *(["--no-retry-after"] if given.no_retry_after else [])])
    least = minimum(given, requests)
    lost = sum(limited["cells"].get(name) != verdict for name, verdict in freely["cells"].items())
    ratio = seconds / least if least else math.inf
    how = "without Retry-After" if given.no_retry_after else "with Retry-After"
    rate = "configured" if given.configured else "not configured"
    print(f"{given.rate:g} requests a minute, {given.kind}, {how}, rate {rate}, {given.workers} processes")
    print(
        f"requests {requests}, refused {limited['requests'] - requests}, lost {lost}, waited {limited['waited']:.1f} s"
    )
    print(f"minimum {least:.1f} s, measured {seconds:.1f} s, ratio {ratio:.2f}; {briefly:.1f} s without a limit")
    return int(lost > 0)


def minimum(given: argparse.Namespace, requests: int) -> float:
    """Seconds that nobody can do with less than; see above."""
    size = max(1, round(given.rate * given.window / 60))
    windows = (requests - size) / size if given.kind == "bucket" else math.ceil(requests / size) - 1
    even = (requests - 1) / size if given.configured else 0.0
    return max(0.0, windows, even) * given.window


def measure(given: argparse.Namespace, limit: list[str]) -> tuple[dict[str, Any], int, float]:
    """What a run says of itself, how many requests were answered, and the seconds that it took."""
    with tempfile.TemporaryDirectory() as folder, made.mock(given.cases, given.latency, *limit) as mock:
        if given.cases:
            command = mock.command(Path(folder), CONCURRENCY)
        else:
            where = [f"--base-url={mock.base_url}", f"--api-key-env={made.VARIABLE}", "--out=run"]
            command = [sys.executable, "-m", "conformance", "run", *where, "--model=openai=mock-openai"]
        command += ["-n", str(given.workers)] if given.workers > 1 else []
        command += [f"--requests-per-minute={given.rate:g}"] if given.configured and limit else []
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
    parser.add_argument("--rate", type=float, default=60.0, metavar="N", help="requests a minute that are admitted")
    parser.add_argument("--window", type=float, default=60.0, metavar="SECONDS", help="in which they are counted")
    parser.add_argument("--kind", choices=("fixed", "sliding", "bucket"), default="fixed", help="how they are counted")
    parser.add_argument("--no-retry-after", action="store_true", help="the endpoint does not say when to come again")
    parser.add_argument("--configured", action="store_true", help="give the run the rate as --requests-per-minute")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes (pytest-xdist)")
    parser.add_argument(
        "--cases", type=int, default=0, metavar="N", help="one claim with N values, not the whole contract"
    )
    parser.add_argument("--latency", type=float, default=0.05, metavar="SECONDS", help="what the endpoint waits")
    return parser


if __name__ == "__main__":
    sys.exit(main())
