"""The benchmark of running ahead: it counts, computes and prints what it says."""

import math
import re
from pathlib import Path

import driving

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "ahead.py"


def test_it_prints_the_ratio(tmp_path: Path) -> None:
    """With tiny numbers it prints requests, ideal, measured time and ratio of each run, and the three figures of all."""
    chosen = ["--cases=9", "--concurrency=4", "--latency=0.05", "--runs=2"]
    done = driving.python(str(SCRIPT), *chosen, cwd=tmp_path)
    assert done.code == 0, done.said
    runs = re.findall(r"run \d: requests (\d+), ideal ([\d.]+) s, measured ([\d.]+) s, ratio ([\d.]+)", done.out)
    assert len(runs) == 2
    for requests, ideal, measured, ratio in runs:
        assert int(requests) == 11  # the cases, a preflight, a negative control
        assert ideal == f"{math.ceil(11 / 4) * 0.05:.2f}"
        assert math.isclose(float(ratio), float(measured) / float(ideal), rel_tol=0.1)
    figures = re.search(r"ratio measured/ideal: min ([\d.]+), median ([\d.]+), max ([\d.]+)", done.out)
    assert figures
    assert sorted(figures.groups(), key=float) == list(figures.groups())
    assert {figures[1], figures[3]} == {ratio for *_, ratio in runs}


def test_it_says_how_to_read_it(tmp_path: Path) -> None:
    """--help explains the figures."""
    done = driving.python(str(SCRIPT), "--help", cwd=tmp_path)
    assert done.code == 0
    assert "How to read it" in done.out
    assert "--latency" in done.out
