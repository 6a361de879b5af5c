"""The odds of looks: intervals of a rate, and what a number of looks would have noticed."""

from fractions import Fraction
from math import comb
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.trial.odds import CONFIDENCE, Looks, chance_of, interval, looks_for, more_often, noticed, spelled

# Wilson's intervals without correction, to four places, as tables of statistics print them.
INTERVALS = [
    (0, 10, 0.0, 0.2775),
    (1, 10, 0.0179, 0.4042),
    (5, 10, 0.2366, 0.7634),
    (9, 10, 0.5958, 0.9821),
    (10, 10, 0.7225, 1.0),
    (2, 3, 0.2077, 0.9385),
    (0, 1, 0.0, 0.7935),
    (3, 213, 0.0048, 0.0406),
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
]


@pytest.mark.parametrize(("count", "looks", "low", "high"), INTERVALS)
def test_an_interval_is_wilsons(count: int, looks: int, low: float, high: float) -> None:
    """Newcombe (1998) has the last two, whatever else computes such intervals has the others."""
    assert interval(count, looks) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(st.integers(1, 500), st.data())
def test_an_interval_holds_its_rate(looks: int, data: st.DataObject) -> None:
    """It lies between 0 and 1, and that of the opposite is its mirror image."""
    count = data.draw(st.integers(0, looks))
    low, high = interval(count, looks)
    assert 0 <= low <= count / looks <= high <= 1
    assert interval(looks - count, looks) == (pytest.approx(1 - high), pytest.approx(1 - low))


@pytest.mark.parametrize("share", ["0.05", "0.2", "0.5", "0.9"])
@pytest.mark.parametrize("looks", [10, 40, 200])
def test_an_interval_holds_the_truth_about_as_often_as_it_says(looks: int, share: str) -> None:
    """Computed exactly over all outcomes: 95 % on average, and never far below."""
    rate = Fraction(share)
    held = sum(
        comb(looks, count) * rate**count * (1 - rate) ** (looks - count)
        for count in range(looks + 1)
        if interval(count, looks)[0] <= float(rate) <= interval(count, looks)[1]
    )
    assert 0.9 < float(held) <= 1


LOOKS = [(0.1, 1, 29), (0.05, 1, 59), (0.01, 1, 299), (0.1, 2, 46), (0.05, 2, 93), (0.01, 2, 473)]


@pytest.mark.parametrize(("share", "sightings", "looks"), LOOKS)
def test_so_many_looks_notice_a_share(share: float, sightings: int, looks: int) -> None:
    """The figures of the documents, and not one look fewer."""
    assert looks_for(share, sightings) == looks
    assert noticed(looks, sightings) <= share < noticed(looks - 1, sightings)
    assert chance_of(sightings, looks, share) >= CONFIDENCE > chance_of(sightings, looks - 1, share)


def test_one_look_notices_what_happens_always() -> None:
    """Or hardly ever not; where it takes two sightings, one look notices nothing."""
    assert noticed(1, 1) == pytest.approx(0.95)
    assert (noticed(0, 1), noticed(0, 2), noticed(1, 2)) == (1.0, 1.0, 1.0)
    assert (looks_for(1.0, 1), looks_for(1.0, 2)) == (1, 2)


def test_ten_further_looks_see_a_fault_on_a_quarter_of_requests() -> None:
    """That is what the code says of its reserve."""
    assert round(noticed(10, 1), 2) == 0.26


@settings(max_examples=200)
@given(st.integers(1, 60), st.integers(1, 99), st.integers(1, 2))
def test_the_chance_of_sightings_is_the_binomials(looks: int, percent: int, sightings: int) -> None:
    """Held against all outcomes, counted exactly."""
    share = Fraction(percent, 100)
    exact = sum(
        comb(looks, count) * share**count * (1 - share) ** (looks - count) for count in range(sightings, looks + 1)
    )
    assert chance_of(sightings, looks, float(share)) == pytest.approx(float(exact), abs=1e-9)


@settings(max_examples=100)
@given(st.integers(3, 14), st.integers(2, 14), st.integers(0, 6), st.integers(1, 30))
def test_failing_more_often_is_fishers_test(failed: int, asked: int, others_failed: int, others: int) -> None:
    """All ways to spread the failures over the requests are counted; each failure is an occasion for an alarm."""
    if failed > asked or others_failed > others:
        return
    again, failures = asked - 1, failed - 1 + others_failed
    spread = [comb(again, here) * comb(others, failures - here) for here in range(failures + 1)]
    tail = Fraction(sum(spread[failed - 1 :]), sum(spread))
    assert more_often(failed, asked, others_failed, others) == (tail * (1 + others_failed) <= Fraction(1, 200))


def test_three_failures_of_thirteen_count_in_a_run_of_200_requests() -> None:
    """In a short run it takes four, and where one request in fifty fails seven."""
    least = [
        next(count for count in range(3, 14) if more_often(count, 13, *others))
        for others in ((0, 200), (0, 60), (4, 200), (20, 200))
    ]
    assert least == [3, 4, 5, 8]


def test_a_rate_is_spelt_with_its_interval() -> None:
    """What came every time needs none."""
    assert spelled(3, 213, "replies") == "3 of 213 replies (1.4%, 95 % interval 0.5% to 4.1%)"
    assert spelled(3, 3, "times") == "3 of 3 times"
    assert spelled(0, 10, "times") == "0 of 10 times (0.0%, 95 % interval 0.0% to 27.8%)"


def test_looks_add_up_and_go_through_a_file() -> None:
    """Together they take as many sightings as the one that takes more."""
    one, other = Looks(29, 1, 2, needed=1), Looks(17, 0, 1, needed=2)
    assert one + other == Looks(46, 1, 3, needed=2)
    assert (one.noticed, (one + other).noticed) == (0.0981, 0.099)
    assert one.document() == {"count": 29, "against": 1, "left_out": 2, "needed": 1, "noticed": 0.0981}
    assert Looks.from_document(one.document()) == one


def test_the_page_shows_what_looks_notice() -> None:
    """The table of docs/verdicts.md has the share that each number of looks notices, with one sighting and with two."""
    page = (Path(__file__).parents[2] / "docs" / "verdicts.md").read_text(encoding="utf-8")
    for looks in (1, 2, 3, 13, 29, 46, 59, 93, 150, 299, 473):
        assert f"| {looks} | {_percent(noticed(looks, 1))} | {_percent(noticed(looks, 2))} |" in page


def _percent(share: float) -> str:
    return "100 %" if share >= 1 else f"{share:.1%}".replace("%", " %").replace(".0 %", " %")
