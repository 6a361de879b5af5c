"""What a run costs the machine it runs on: CPU per case, and the peak of its memory.

    python benchmarks/footprint.py [--cases 1000 10000 45000] [--client httpx]

For each number of cases `conformance run` works against a mock gateway that answers at once: once as it is, and once with
--junitxml and `conformance report` (every other format) after it.  Allure's results, which cost more than all the rest, are left
out.  As many empty pytest tests, parametrized alike, are run beside them.

How to read it: `CPU s` and `ms per case` are the CPU time of the run with every format, start of the interpreters included; the
project allows itself 3 ms.  `peak MB` is the most memory that the run's process held at once; at 45,000 cases it may be 400.
`x pytest` is the figure before it divided by that of the empty tests, measured in the same minute on the same machine: what the
suite adds.  `with JUnit` is the peak of the run that writes JUnit XML too, all of which pytest holds in memory until its end.
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
    print("cases   CPU s   ms per case   x pytest   peak MB   x pytest   with JUnit", flush=True)
    for cases in given.cases:
        run, everything, report, empty = measure(cases, given.client)
        cpu = everything.cpu + report.cpu
        spent = f"{cpu:5.1f}   {cpu / cases * 1000:11.2f}   {cpu / empty.cpu:8.1f}"
        held = f"{run.peak:7.0f}   {run.peak / empty.peak:8.1f}   {everything.peak:10.0f}"
        print(f"{cases:5}   {spent}   {held}", flush=True)
    return 0


def measure(cases: int, client: str | None) -> tuple[made.Measured, ...]:
    """A run, one with JUnit XML, the report with every other format, and as many empty tests."""
    with tempfile.TemporaryDirectory() as name, made.mock(cases, 0) as mock:
        folder = Path(name)
        chosen = {made.CLIENT: client} if client else {}
        command = mock.command(folder, 64)
        run = made.measure(command, folder, **chosen)
        everything = made.measure([*command, "--junitxml=run/junit.xml"], folder, **chosen)
        report = made.measure([sys.executable, "-m", "conformance", "report", "run"], folder)
        (folder / "test_empty.py").write_text(_EMPTY.format(cases=cases), encoding="utf-8")
        plain = ["-q", "-p", "no:cacheprovider", f"--rootdir={folder}", "test_empty.py"]
        return run, everything, report, made.measure([sys.executable, "-m", "pytest", *plain], folder)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--cases", type=int, nargs="+", default=[1000, 10_000, 45_000], metavar="N", help="how many")
    parser.add_argument("--client", choices=["httpx", "httpx2"], help="HTTP client; default: what a run would take")
    return parser


if __name__ == "__main__":
    sys.exit(main())
