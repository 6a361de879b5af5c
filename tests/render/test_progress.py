"""The progress line: percent, rate, time left, deviations so far."""

import pytest

from conformance.render.progress import Progress, duration, interval, line


def test_a_run_says_how_far_it_is() -> None:
    """In percent of the cases, with the rate of the requests, the time left and what deviates."""
    assert line(Progress(1650, 515, 456, 0), 6) == (
        " 31 %: 515 of 1650 cases, 456 requests (76 a second), about 13 s left, no deviation so far"
    )
    assert line(Progress(100, 50, 40, 1), 60).endswith("about 60 s left, 1 deviation so far")
    assert line(Progress(100, 50, 40, 7), 60).endswith("7 deviations so far")


def test_the_first_line_guesses_nothing() -> None:
    """Before anything is known there is no time left to tell, and before a second no rate."""
    assert line(Progress(100, 0, 0, 0), 0.1) == "  0 %: 0 of 100 cases, 0 requests, no deviation so far"
    assert "left" not in line(Progress(1000, 19, 30, 0), 5)
    assert "left" in line(Progress(1000, 20, 30, 0), 5)


def test_what_other_processes_send_is_not_counted() -> None:
    """Under xdist only the cases are known."""
    assert line(Progress(100, 50, None, 0), 5) == " 50 %: 50 of 100 cases, about 5 s left, no deviation so far"


def test_waiting_for_the_rate_limit_is_told() -> None:
    """A fraction of a second is the usual pace."""
    assert line(Progress(100, 50, 40, 0, 12.0), 60).endswith("so far; waiting 12 s: the endpoint limits the rate")
    assert "waiting" not in line(Progress(100, 50, 40, 0, 0.9), 60)


def test_waiting_for_an_endpoint_that_is_gone_is_told() -> None:
    """For how long it has not answered, and for how long it is waited for; a single failure is no outage yet."""
    told = line(Progress(100, 50, 40, 0, 12.0, silent=12.2, patience=120.0), 60)
    assert told.endswith("; the endpoint has not answered for 12 s: waiting for it, at most 120 s")
    assert line(Progress(100, 50, 40, 0, silent=0.4, patience=120.0), 60).endswith("no deviation so far")


def test_a_log_gets_few_lines() -> None:
    """Half a minute gives five after the first, an hour less than a hundred; no minute passes without one."""
    for whole, most in ((35.0, 6), (600.0, 20), (3600.0, 75)):
        now, count = 1.0, 1
        while now < whole:
            assert 5 <= interval(now) <= 60
            now, count = now + interval(now), count + 1
        assert count <= most


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "0 s"), (99, "99 s"), (100, "2 min"), (5940, "99 min"), (7500, "2 h 5 min")]
)
def test_a_duration_is_said_as_people_do(seconds: float, words: str) -> None:
    """In one unit, or in hours and minutes."""
    assert duration(seconds) == words
