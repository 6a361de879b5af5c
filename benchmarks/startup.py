"""Measure what having the package installed adds to the start of pytest in a project that does not use it.

    python benchmarks/startup.py [--runs 20]

pytest runs one empty test, alternately with the plugin and with `-p no:conformance.plugin`, which keeps pytest from importing it,
as if the package were not installed.

How to read the output: `wall` and `CPU` are the smallest figures of both in milliseconds and their difference, which is what the
plugin adds, target 5 ms; on a busy machine the median of the differences is noise.  Below are the modules that the plugin
imports beyond those of pytest, with the time of each alone, as `python -X importtime` measures it.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import made

_TEST = "def test_nothing():\n    pass\n"
_WITHOUT = ("-p", "no:conformance.plugin")
_IMPORTED = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)")


def main() -> int:
    """Print the medians, the differences, and what is imported."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--runs", type=int, default=20, metavar="N", help="runs of pytest with and without the plugin")
    options = parser.parse_args()
    with_plugin, without = measure(options.runs)
    for name in ("wall", "CPU"):
        installed, absent = [[_milliseconds(name, run) for run in runs] for runs in (with_plugin, without)]
        middle = statistics.median(one - other for one, other in zip(installed, absent, strict=True))
        added = min(installed) - min(absent)
        least = f"min {min(installed):.1f} ms with the plugin and {min(absent):.1f} without, which is {added:.1f}"
        print(f"{name}: {least} more; median of the differences {middle:.1f}")
    for module, milliseconds in imported().items():
        print(f"{milliseconds:8.1f} ms  {module}")
    return 0


def measure(runs: int) -> tuple[list[made.Measured], list[made.Measured]]:
    """Return the runs with the plugin and those without; they alternate, so that both meet the same machine."""
    with_plugin, without = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_nothing.py").write_text(_TEST, encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            f"--rootdir={folder}",
            "test_nothing.py",
        ]
        for _ in range(runs):
            with_plugin.append(made.measure(command, folder))
            without.append(made.measure([*command, *_WITHOUT], folder))
    return with_plugin, without


def imported() -> dict[str, float]:
    """Return the modules that the plugin imports and pytest does not, with the milliseconds of each alone."""
    known = _times("import pytest")
    return {name: spent for name, spent in _times("import pytest, conformance.plugin").items() if name not in known}


def _times(program: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", program], capture_output=True, text=True, check=True
    )
    return {found[2]: int(found[1]) / 1000 for found in _IMPORTED.finditer(done.stderr)}


def _milliseconds(name: str, run: made.Measured) -> float:
    return (run.seconds if name == "wall" else run.cpu) * 1000


if __name__ == "__main__":
    sys.exit(main())
