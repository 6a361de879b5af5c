"""The benchmarks of a run: they count, compute and print what they say."""

import math
import re
from pathlib import Path

import pytest

from tests.support import driving

pytestmark = pytest.mark.thorough
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_ahead_prints_ratios_to_the_plain_loop(tmp_path: Path) -> None:
    """Each run is printed with the plain loop's figures, and of each ratio the smallest, the middle and the largest."""
    chosen = ["--cases=9", "--concurrency=4", "--latency=0.05", "--runs=2", "--workers=2"]
    done = driving.python(str(BENCHMARKS / "ahead.py"), *chosen, cwd=tmp_path)
    assert done.code == 0, done.said
    figures = r"run \d: requests (\d+), limit ([\d.]+) s, run ([\d.]+) s, plain loop ([\d.]+) s, .*; wall ([\d.]+), CPU"
    runs = re.findall(figures, done.out)
    assert len(runs) == 2
    for requests, limit, run, plain, wall in runs:
        assert int(requests) == 11  # the cases, a preflight, a negative control
        assert limit == f"{math.ceil(11 / 4) * 0.05:.2f}"
        assert math.isclose(float(wall), float(run) / float(plain), rel_tol=0.1)
    for name in ("wall", "CPU", "workers"):
        spread = re.search(rf"^{name}: min ([\d.]+), median ([\d.]+), max ([\d.]+)", done.out, re.MULTILINE)
        assert spread
        assert sorted(spread.groups(), key=float) == list(spread.groups())


def test_footprint_prints_ratios_to_the_plain_loop(tmp_path: Path) -> None:
    """For each number of cases one line with the figures and their ratios to the plain loop."""
    done = driving.python(str(BENCHMARKS / "footprint.py"), "--cases", "3", "5", cwd=tmp_path)
    assert done.code == 0, done.said
    rows = [[float(figure) for figure in line.split()] for line in done.out.splitlines()[1:]]
    assert [row[0] for row in rows] == [3, 5]
    for cases, cpu, per_case, every_format, alone, run_alone, peak, _, _ in rows:
        assert math.isclose(per_case, cpu / cases * 1000, rel_tol=0.1)
        assert math.isclose(every_format / run_alone, cpu / alone, rel_tol=0.1)
        assert peak > 10


def test_startup_prints_what_the_plugin_adds(tmp_path: Path) -> None:
    """Wall time and CPU with and without the plugin, and what it imports: little, and nothing of a run."""
    done = driving.python(str(BENCHMARKS / "startup.py"), "--runs=1", cwd=tmp_path)
    assert done.code == 0, done.said
    assert [name for name, _ in re.findall(r"^(wall|CPU): min ([\d.]+) ms", done.out, re.MULTILINE)] == ["wall", "CPU"]
    modules = re.findall(r"ms  (conformance\S*)", done.out)
    assert "conformance.plugin" in modules
    assert not {"conformance.plugin.parts", "conformance.run.settings"} & set(modules)


def test_ways_prints_each_way_beside_ours(tmp_path: Path) -> None:
    """A run, the same requests as plain tests over several workers, and one after another."""
    done = driving.python(str(BENCHMARKS / "ways.py"), "--cases=4", "--latency=0.05", "--workers=2", cwd=tmp_path)
    assert done.code == 0, done.said
    ways = re.findall(r"^(conformance run|plain tests, -n 2|plain tests) +([\d.]+) ", done.out, re.MULTILINE)
    assert [name for name, _ in ways] == ["conformance run", "plain tests, -n 2", "plain tests"]


def test_profiles_prints_a_row_for_each(tmp_path: Path) -> None:
    """Requests grow from profile to profile, and what was spent is below what was planned at most."""
    done = driving.python(str(BENCHMARKS / "profiles.py"), "--runs=1", "--only=gemini", cwd=tmp_path)
    assert done.code == 0, done.said
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in done.out.splitlines()[2:]]
    assert [row[2] for row in rows] == ["smoke", "standard", "full"]
    figures = [[int(cell.replace(",", "")) for cell in row[3:8]] for row in rows]
    assert [row[0] for row in figures] == sorted(row[0] for row in figures)
    assert all(spent < planned for _, _, _, planned, spent in figures)


def test_invariants_prints_what_an_exchange_costs(tmp_path: Path) -> None:
    """The time in all and per exchange, and the invariants that take the most of it, the slowest first."""
    done = driving.python(str(BENCHMARKS / "invariants.py"), "--exchanges=300", cwd=tmp_path)
    assert done.code == 0, done.said
    figures = re.search(r"^(\d+) invariants, (\d+) exchanges: ([\d.]+) s CPU in all, ([\d.]+) ms", done.out)
    assert figures
    invariants, exchanges, seconds, each = map(float, figures.groups())
    assert invariants > 50
    assert exchanges >= 300
    assert math.isclose(each, seconds / exchanges * 1000, rel_tol=0.2)
    slowest = [float(cost) for cost in re.findall(r"^slowest: .*, (\S+) ms per exchange", done.out, re.MULTILINE)]
    assert slowest == sorted(slowest, reverse=True)
    assert len(slowest) == 5


@pytest.mark.parametrize("name", ["ahead.py", "footprint.py", "invariants.py", "profiles.py", "startup.py", "ways.py"])
def test_a_benchmark_says_how_to_read_it(tmp_path: Path, name: str) -> None:
    """--help explains the figures."""
    done = driving.python(str(BENCHMARKS / name), "--help", cwd=tmp_path)
    assert done.code == 0
    assert "How to read the " in done.out
