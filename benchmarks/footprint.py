"""Measure the CPU per case and the memory of a run, and divide both by those of a plain loop that sends the same requests.

    python benchmarks/footprint.py [--cases 1000 10000 45000] [--runs 1] [--client httpx] [--workers 2]

For each number of cases `conformance run` works against a mock gateway that answers at once: once as it is, and once with
--junitxml and `conformance report` (every other format) after it.  Allure's results, which cost more than all the rest, are left
out.  Then plain_loop.py sends the requests that the run sent.  With --workers the runs have `-n`.

How to read the output: `CPU s` and `ms per case` are the CPU time of the run with every format, `run alone` is that of the run
without, start of the interpreters included.  `x plain` behind each is the figure divided by that of the plain loop in the same
minute on the same machine, target 2.  `peak MB` is the most memory that the run's largest process held at once; at 45,000 cases
it may be 400.  `with JUnit` is the peak of the run that writes JUnit XML too, all of which pytest holds in memory until its end.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import made

IN_FLIGHT = 64  # as in the other benchmarks of speed, so that figures can be compared
_HEADINGS = "cases   CPU s   ms per case   x plain   run alone   x plain   peak MB   x plain   with JUnit"


@dataclass(frozen=True)
class Footprint:
    """A run, one with JUnit XML, the report with every other format, and the plain loop."""

    run: made.Measured
    with_junit: made.Measured
    report: made.Measured
    plain: made.Measured

    @property
    def cpu(self) -> float:
        """The CPU time of a run with every format, in seconds."""
        return self.with_junit.cpu + self.report.cpu

    @property
    def ratios(self) -> dict[str, float]:
        """CPU with every format, CPU of the run alone, and memory, each divided by the plain loop's."""
        alone, peak = self.run.cpu / self.plain.cpu, self.run.peak / self.plain.peak
        return {"CPU with every format": self.cpu / self.plain.cpu, "CPU of the run alone": alone, "memory": peak}


def main() -> int:
    """Print a line per measurement and, for several runs, a line per ratio."""
    options = _parser().parse_args()
    print(_HEADINGS, flush=True)
    for cases in options.cases:
        measured = [measure(cases, options.client, options.workers) for _ in range(options.runs)]
        if len(measured) > 1:
            for name in measured[0].ratios:
                print(
                    f"{cases} cases, {name}: {made.spread([footprint.ratios[name] for footprint in measured])}",
                    flush=True,
                )
    return 0


def measure(cases: int, client: str | None, workers: int | None) -> Footprint:
    """Measure once and print the line."""
    chosen = {made.CLIENT: client} if client else {}
    with tempfile.TemporaryDirectory() as name, made.mock(cases, 0) as mock:
        folder = Path(name)
        command = mock.command(folder, IN_FLIGHT, *(["-n", str(workers)] if workers else []))
        run = made.measure(command, folder, **chosen)
        with_junit = made.measure([*command, "--junitxml=run/junit.xml"], folder, **chosen)
        report = made.measure([sys.executable, "-m", "conformance", "report", "run"], folder)
        plain = made.measure(mock.plain_loop(folder, IN_FLIGHT), folder, **chosen)
    footprint = Footprint(run, with_junit, report, plain)
    every, alone, memory = footprint.ratios.values()
    cpu = f"{footprint.cpu:5.2f}   {footprint.cpu / cases * 1000:11.2f}   {every:7.2f}"
    print(
        f"{cases:5}   {cpu}   {run.cpu:9.2f}   {alone:7.2f}   {run.peak:7.0f}   {memory:7.1f}   {with_junit.peak:10.0f}",
        flush=True,
    )
    return footprint


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument(
        "--cases", type=int, nargs="+", default=[1000, 10_000, 45_000], metavar="N", help="numbers of cases"
    )
    parser.add_argument("--runs", type=int, default=1, metavar="N", help="repetitions")
    parser.add_argument("--workers", "-n", type=int, metavar="N", help="let the runs use this many processes")
    parser.add_argument("--client", choices=["httpx", "httpx2"], help="HTTP client; default: the one that a run uses")
    return parser


if __name__ == "__main__":
    sys.exit(main())
