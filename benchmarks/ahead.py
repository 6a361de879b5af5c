"""Compare the time of a whole run with that of a plain loop which sends the same requests.

    python benchmarks/ahead.py [--cases 1000] [--concurrency 64] [--latency 0.3] [--runs 3] [--client httpx] [--workers 2]

A mock gateway waits `latency` seconds before each answer.  `conformance run` is started as a process against it, with a contract
of one claim with many values, so that each case is one request (at most a thousand cases per model), and is timed from start to
exit: interpreter, imports, collection, requests, matrix and files are all in the figures.  Then plain_loop.py, also from start to
exit, sends the requests that the run sent.  With --workers the run is repeated with `-n`.

How to read the output: `requests` is what the mock counted in the run: the cases and, for each model, one preflight and one
negative control.  `limit` is ceil(requests / concurrency) x latency, the time of an endpoint that is never idle; no client can be
faster.  `wall` and `CPU` are the run's figures divided by the plain loop's of the same minute, so that they can be compared
between machines: targets are 1.15 for wall at 1,000 cases and 1.10 at 10,000, and 2 for CPU.  `workers` is the wall time with
`-n` divided by that without, target 1.10 at 20,000 cases.  The smallest of several ratios says most about the code, the largest
about the machine.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import made


@dataclass(frozen=True)
class Comparison:
    """A run, the plain loop and, if asked for, the run with several workers, measured one after the other."""

    requests: int
    run: made.Measured
    plain: made.Measured
    workers: made.Measured | None

    @property
    def ratios(self) -> dict[str, float]:
        """The run's wall time and CPU divided by the plain loop's, and the wall time with workers by that without."""
        ratios = {"wall": self.run.seconds / self.plain.seconds, "CPU": self.run.cpu / self.plain.cpu}
        return {**ratios, "workers": self.workers.seconds / self.run.seconds} if self.workers else ratios


def main() -> int:
    """Measure as the command line says; print a line per run and a line per ratio."""
    options = _parser().parse_args()
    client = f", by {options.client}" if options.client else ""
    print(
        f"{options.cases} cases, {options.latency:g} s per answer, {options.concurrency} in flight{client}", flush=True
    )
    compared = []
    for number in range(1, options.runs + 1):
        found = compare(options)
        compared.append(found.ratios)
        limit = math.ceil(found.requests / options.concurrency) * options.latency
        seconds = f"limit {limit:.2f} s, run {found.run.seconds:.2f} s, plain loop {found.plain.seconds:.2f} s"
        per_request = [f"{measured.cpu / found.requests * 1000:.2f}" for measured in (found.run, found.plain)]
        ratios = ", ".join(f"{name} {ratio:.2f}" for name, ratio in found.ratios.items())
        print(
            f"run {number}: requests {found.requests}, {seconds}, CPU {' and '.join(per_request)} ms; {ratios}",
            flush=True,
        )
    for name in compared[0]:
        print(f"{name}: {made.spread([ratios[name] for ratios in compared])}")
    return 0


def compare(options: argparse.Namespace) -> Comparison:
    """Run the suite and the plain loop against one mock gateway, from the start of each process to its end."""
    chosen = {made.CLIENT: options.client} if options.client else {}
    with tempfile.TemporaryDirectory() as name, made.mock(options.cases, options.latency) as mock:
        folder = Path(name)
        run = made.measure(mock.command(folder, options.concurrency), folder, **chosen)
        requests = mock.requests()
        plain = made.measure(mock.plain_loop(folder, options.concurrency), folder, **chosen)
        workers = None
        if options.workers:
            command = mock.command(folder, options.concurrency, "-n", str(options.workers))
            workers = made.measure(command, folder, **chosen)
        return Comparison(requests, run, plain, workers)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--cases", type=int, default=1000, metavar="N", help="number of cases, one request each")
    parser.add_argument("--concurrency", type=int, default=64, metavar="N", help="requests in flight at once")
    parser.add_argument("--latency", type=float, default=0.3, metavar="SECONDS", help="what the endpoint waits")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="repetitions")
    parser.add_argument("--workers", "-n", type=int, metavar="N", help="run once more with this many processes")
    parser.add_argument("--client", choices=["httpx", "httpx2"], help="HTTP client; default: the one that a run uses")
    return parser


if __name__ == "__main__":
    sys.exit(main())
