"""How near a whole run comes to the time that the endpoint itself needs.

    python benchmarks/ahead.py [--cases 1000] [--concurrency 64] [--latency 0.3] [--runs 3] [--client httpx]

A mock gateway waits `latency` seconds before each answer.  Against it, `conformance run` is started as a process of its own
with a contract of one claim with so many values, so that each case is one request (of a thousand cases at most per model),
and is timed from start to exit: interpreter, imports, collection, requests, matrix and files are all in the figure.

How to read it: `requests` is what the mock counted, which is the cases and, for each model, one preflight and one negative
control for what their acceptance is worth.  `ideal` is ceil(requests / concurrency) x latency, the time of an endpoint that is
kept busy all the while; no client can be faster.  `ratio` is measured / ideal: 1.00 cannot be beaten; the project allows itself
1.30 at 1,000 cases and 1.10 at 10,000 and more.  The smallest of several ratios says most about the code, the largest about
the machine.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import tempfile
from pathlib import Path

import made


def main() -> int:
    """Measures as the command line says and prints one line per run and a summary."""
    given = _parser().parse_args()
    ratios = []
    by = f", by {given.client}" if given.client else ""
    print(f"{given.cases} cases, {given.latency:g} s per answer, {given.concurrency} in flight{by}", flush=True)
    for number in range(1, given.runs + 1):
        requests, seconds = measure(given.cases, given.concurrency, given.latency, given.client)
        ideal = math.ceil(requests / given.concurrency) * given.latency
        ratios.append(seconds / ideal)
        figures = f"requests {requests}, ideal {ideal:.2f} s, measured {seconds:.2f} s, ratio {ratios[-1]:.2f}"
        print(f"run {number}: {figures}", flush=True)
    least, middle, most = min(ratios), statistics.median(ratios), max(ratios)
    print(f"ratio measured/ideal: min {least:.2f}, median {middle:.2f}, max {most:.2f}")
    return 0


def measure(cases: int, concurrency: int, latency: float, client: str | None) -> tuple[int, float]:
    """Requests that the mock counted and seconds that one run took, from the start of its process to its end."""
    with tempfile.TemporaryDirectory() as folder, made.mock(cases, latency) as mock:
        chosen = {made.CLIENT: client} if client else {}
        taken = made.measure(mock.command(Path(folder), concurrency), Path(folder), **chosen)
        return mock.requests(), taken.seconds


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--cases", type=int, default=1000, metavar="N", help="requests to send, each a case")
    parser.add_argument("--concurrency", type=int, default=64, metavar="N", help="requests in flight at once")
    parser.add_argument("--latency", type=float, default=0.3, metavar="SECONDS", help="what the endpoint waits")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="repetitions")
    parser.add_argument("--client", choices=["httpx", "httpx2"], help="HTTP client; default: what a run would take")
    return parser


if __name__ == "__main__":
    sys.exit(main())
