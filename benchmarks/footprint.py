"""What a run costs the machine it runs on: CPU per case, and the peak of its memory.

    python benchmarks/footprint.py [--cases 1000 10000 45000] [--client httpx]

For each number of cases `conformance run` (with --junitxml) and `conformance report` (every other format) work against a mock
gateway that answers at once; Allure's results, which cost more than all the rest, are left out.  As many empty pytest tests,
parametrized alike, are run beside it.

How to read it: `ms per case` is the CPU time of both commands divided by the cases, start of the interpreter included; the
project allows itself 3.  `peak` is the largest memory of the run's process; it allows itself 400 MB at 45,000 cases.  `x pytest`
is each figure divided by that of the empty tests, measured in the same minute on the same machine: what the suite adds.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import made

_EMPTY = """\
import pytest


@pytest.mark.parametrize("number", range({cases}))
def test_nothing(number):
    pass
"""


def main() -> int:
    """Prints a line per number of cases."""
    given = _parser().parse_args()
    print("cases   CPU s   ms per case   x pytest   peak MB   x pytest", flush=True)
    for cases in given.cases:
        run, report, empty = measure(cases, given.client)
        cpu = run.cpu + report.cpu
        peak = max(run.peak, report.peak)
        ratios = f"{cpu / cases * 1000:11.2f}   {cpu / empty.cpu:8.1f}   {peak:7.0f}   {peak / empty.peak:8.1f}"
        print(f"{cases:5}   {cpu:5.1f}   {ratios}", flush=True)
    return 0


def measure(cases: int, client: str | None) -> tuple[made.Measured, made.Measured, made.Measured]:
    """The run, the report with every format, and as many empty tests."""
    with tempfile.TemporaryDirectory() as name, made.mock(cases, 0) as mock:
        folder = Path(name)
        chosen = {made.CLIENT: client} if client else {}
        run = made.measure([*mock.command(folder, 64), "--junitxml=run/junit.xml"], folder, **chosen)
        report = made.measure([sys.executable, "-m", "conformance", "report", "run"], folder)
        (folder / "test_empty.py").write_text(_EMPTY.format(cases=cases), encoding="utf-8")
        plain = ["-q", "-p", "no:cacheprovider", f"--rootdir={folder}", "test_empty.py"]
        return run, report, made.measure([sys.executable, "-m", "pytest", *plain], folder)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--cases", type=int, nargs="+", default=[1000, 10_000, 45_000], metavar="N", help="how many")
    parser.add_argument("--client", choices=["httpx", "httpx2"], help="HTTP client; default: what a run would take")
    return parser


if __name__ == "__main__":
    sys.exit(main())
