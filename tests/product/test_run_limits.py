"""A run keeps to the endpoint's limits: in flight and in time, in one process and in many."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.mock.server.limiting import RateLimit
from conformance.plugin.distributing import concurrency_shares
from tests.support import driving

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "limited.py"


@pytest.mark.parametrize(("whole", "workers"), [(4, 4), (32, 5), (7, 3), (1, 1)])
def test_workers_share_the_concurrency(whole: int, workers: int) -> None:
    """Each gets its part, and together they have the whole."""
    shared = concurrency_shares(whole, workers)
    assert (len(shared), sum(shared)) == (workers, whole)
    assert max(shared) - min(shared) <= 1


def test_many_workers_never_have_more_in_flight(gateway: Callable[..., str], tmp_path: Path) -> None:
    """-n 6 with --concurrency 3 and four models: as counted by the gateway."""
    url = gateway(latency=0.05)
    chosen = ["-n", "6", "--concurrency=3", "-k", "chat.n. or chat.stop."]
    done = driving.run(url, tmp_path, *chosen, models=driving.NAMED)
    assert done.code == 0, done.said
    assert driving.stats(url)["most_in_flight"] <= 3
    assert done.run["reported"] == done.run["planned"]


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fixed window of a gateway's limit begins when it is full: however slowly it is asked, the limit is met."""

    def left(limit: RateLimit, now: float, units: float = 1.0) -> float:
        if len(limit.times) >= limit.size:
            limit.at = limit.at or now
            if now < limit.at + limit.window:
                return limit.at + limit.window - now
            limit.at = 0.0
            limit.times.clear()
        limit.times.append((now, units))
        return 0.0

    monkeypatch.setattr(RateLimit, "fixed", left)


@pytest.mark.usefixtures("reached")
@pytest.mark.parametrize("spread", driving.ALONE_OR_SPREAD)
def test_no_claim_is_lost_to_a_limit(spread: tuple[str, ...], gateway: Callable[..., str], tmp_path: Path) -> None:
    """20 requests, and a hard 429 for the next 2 s: everything is judged, the waiting is told, no file of it is left."""
    url = gateway(requests_per_minute=600, limit_window=2.0)
    done = driving.run(url, tmp_path, *spread, "-k", "chat.n. or chat.stop.")
    assert done.code == 0, done.said
    assert {"blocked", "inconclusive"} & done.verdicts == set()
    assert done.run["waited"] > 0
    assert done.run["requests"] == driving.counted(url) > len(done.rows) - 1
    assert f"waited {done.run['waited']:.0f} s in all for the rate limit" in done.said
    assert {path.name for path in done.folder.iterdir()} == {"matrix.json", "matrix.md", "evidence.ndjson"}


@pytest.mark.parametrize("spread", [(), ("-n", "2")], ids=["alone", "spread"])
def test_a_configured_rate_is_not_exceeded(
    spread: tuple[str, ...], gateway: Callable[..., str], tmp_path: Path
) -> None:
    """From the first request to the last it takes at least as long as so many take at that rate."""
    done = driving.run(gateway(), tmp_path, *spread, "--requests-per-minute=1080", "-k", "chat.n. or chat.stop.")
    assert done.code == 0, done.said
    times = [row["started"] for row in done.rows[1:]]
    assert len(times) > 20
    assert max(times) - min(times) >= (len(times) - 1) * 60 / 1080 - 0.2  # of what comes late, a little is made up for


@pytest.mark.parametrize("option", ["--requests-per-minute", "--tokens-per-minute"])
@pytest.mark.parametrize("rate", ["0", "-3", "inf", "nan"])
def test_a_rate_that_is_none_is_refused(option: str, rate: str, tmp_path: Path) -> None:
    """Exit code 2 and one sentence."""
    done = driving.command("plan", f"{option}={rate}", cwd=tmp_path)
    assert done.code == 2, done.said
    assert f"{option} must be a number of at least 1, got {rate}" in done.said


def test_a_plan_does_not_keep_to_a_rate(tmp_path: Path) -> None:
    """It sends nothing to the target, so there is nothing to wait for: at this rate it would take hours."""
    chosen = ["--requests-per-minute=1", "--tokens-per-minute=1", "--profile=smoke"]
    assert driving.command("plan", *chosen, cwd=tmp_path).code == 0


@pytest.mark.thorough
@pytest.mark.usefixtures("reached")
def test_a_limited_run_tells_that_it_waits(gateway: Callable[..., str], tmp_path: Path) -> None:
    """In a log, every few seconds: for how long, and why."""
    url = gateway(requests_per_minute=15, limit_window=8.0)
    done = driving.run(url, tmp_path, "-k", "chat.n.count")
    assert done.code == 0, done.said
    assert re.search(r"waiting \d+ s: the endpoint limits the rate", done.said)


@pytest.mark.thorough
def test_the_benchmark_prints_the_ratio(tmp_path: Path) -> None:
    """Requests, what was refused and lost, the minimum, what was measured, and the ratio of both."""
    done = driving.python(str(SCRIPT), "--rate=1200", "--window=1", "--cases=40", cwd=tmp_path)
    assert done.code == 0, done.said
    assert re.search(r"requests 42, refused \d+, lost 0, waited [\d.]+ s", done.said)
    figures = re.search(r"minimum ([\d.]+) s, measured ([\d.]+) s, ratio ([\d.]+); [\d.]+ s without a limit", done.said)
    assert figures
    assert float(figures[1]) == 2.0
    assert float(figures[3]) == pytest.approx(float(figures[2]) / 2.0, abs=0.06)
