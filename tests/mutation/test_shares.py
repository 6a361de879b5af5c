"""Full runs against a gateway that lies on a share of its requests: what comes and goes is found, and the truth is not blamed."""

from collections.abc import Iterator

import pytest

from tests.mutation import asking, shares
from tests.mutation.shares import Found, Lie, Shares

SEVERE = ("leaves_out_usage", "calls_undeclared_tools", "ends_whole_texts_with_tool_calls")
SEEDS = range(1, 4)


@pytest.fixture(scope="module")
def runs() -> Iterator[Shares]:
    """Full runs, each from replies that can be repeated."""
    with asking.repeatable_replies():
        yield Shares()


def test_a_severe_lie_on_a_sixth_of_the_requests_is_found(runs: Shares) -> None:
    """Three severe lies at once on 16 % of the requests are reported, whichever requests they are."""
    lie = runs.lie(SEVERE)
    assert [bool(runs.found(lie, 0.16, seed).red) for seed in SEEDS] == [True] * len(SEEDS)


def test_a_lie_that_is_never_told_turns_nothing(runs: Shares) -> None:
    """On no request at all the gateway is truthful."""
    assert runs.found(runs.lie(["drops_n"]), 0.0, 1).turned == frozenset()


@pytest.mark.thorough
def test_planned_looks_find_what_shows_in_few_exchanges(runs: Shares) -> None:
    """With the looks that --share plans, a lie that a run may not even meet is found, of an unstated claim as well."""
    for name in ("accepts_fifth_stop", "refuses_sound"):
        lie = runs.lie([name])
        assert lie.exchanges < 4, name
        assert runs.found(lie, 0.2, SEEDS[0], planned=True).turned, name


@pytest.mark.thorough
def test_the_same_seed_tells_the_lie_on_the_same_requests(runs: Shares) -> None:
    """A run can be repeated, and other seeds give other runs."""
    lie = runs.lie(["drops_n"])
    once = [runs.found(lie, 0.1, seed) for seed in SEEDS]
    assert runs.found(lie, 0.1, SEEDS[0]) == once[0]
    assert len({found.turned for found in once}) > 1


@pytest.mark.thorough
def test_a_lie_below_http_is_told_over_sockets(runs: Shares) -> None:
    """What breaks HTTP itself is asked of a real gateway, which draws the requests as well."""
    lie = runs.lie(["cuts_text_off"])
    assert lie.exchanges > 0
    assert runs.found(lie, 1.0, 1).turned == lie.always


def test_what_was_found_is_summed_up_beside_chance() -> None:
    """Lies that show often are counted apart from those that a run may not even meet."""
    often, seldom = (
        Lie(("a",), "m", frozenset("x"), frozenset(map(str, range(20))), frozenset("x")),
        Lie(("b", "c"), "m", frozenset("x"), frozenset("12"), frozenset("x")),
    )
    red = frozenset({"claim@m"})
    every = [
        Found(often, 0.2, red, red),
        Found(seldom, 0.2, red, frozenset()),
        Found(seldom, 0.2, frozenset(), frozenset(), met=True),
    ]
    assert shares.line(every[1:]) == "b+c: found in 1 of 2 runs (2 exchanges of m; run 2 met it); turned claim"
    assert list(shares.summary(every)) == [
        "lies that show in at least 15 exchanges: 1 of 1 found (100.0%), 1 as deviating or differing",
        "lies that show in fewer: 1 of 2 found (50.0%), 0 as deviating or differing, 0 of 1 that a run met; "
        "a run meets 36.0% of them, 95 % interval 0.0% to 100.0%",
    ]
