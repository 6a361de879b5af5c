"""Measuring a limit: exact for every possible limit, with few requests."""

import asyncio
import math
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.base.observation import Observation, Reason, Seen, accepted, honoured, ignored, refused, unanswered
from conformance.contract.boundaries import Parameter
from conformance.http.source import NotSent
from conformance.suite.measuring import measure
from conformance.trial.ask import Ask
from conformance.trial.request_cache import RequestCache
from tests.support.making import Script

ASK: Any = Ask(RequestCache(Script(lambda *_: {}), lambda _: None))


def parameter(low: Any, high: Any, ceiling: Any, agreed: Any = None, step: Any = 1) -> Parameter:
    """Return a parameter with these limits."""
    low, high, ceiling, step = (Decimal(str(each)) for each in (low, high, ceiling, step))
    ends = (low, high if agreed is None else Decimal(str(agreed)))
    return Parameter("size", "number", f"{low}-{high}", (low, high), ends, step, (), ceiling)


def measured(limits: Parameter, true: Any, below: Observation | None = None) -> tuple[Observation, list[Any]]:
    """Return what is measured if everything up to `true` works, and which values were sent."""
    asked: list[Any] = []

    async def probe(value: Any, _: Any) -> Observation:
        asked.append(value)
        return (below or accepted("so")) if Decimal(str(value)) <= Decimal(str(true)) else refused("too large")

    return asyncio.run(measure(limits, ASK, probe)), asked


UNLIMITED = Parameter("size", "strings", "unlimited", (Decimal(1),), (Decimal(1),), Decimal(1), (), Decimal(16))


@pytest.mark.parametrize(
    ("true", "seen", "shown"), [(16, "honoured", ">=16"), (40, "honoured", ">=16"), (4, "refused", "1-4")]
)
def test_without_a_documented_maximum_the_ceiling_has_to_work(true: int, seen: str, shown: str) -> None:
    """A limit below it is not in order, and it is measured."""
    found, asked = measured(UNLIMITED, true)
    assert (found.seen, found.measured) == (seen, shown)
    assert max(asked) <= 16


@pytest.mark.parametrize(
    ("quoted", "true", "wider"),
    [((0, 1), 1, False), ((0, 1), 2, True), ((0, 2), 2, False), ((0, 2), 4, True), ((), 4, False)],
)
def test_a_limit_beyond_what_the_documentation_names_is_wider(quoted: tuple[int, ...], true: int, wider: bool) -> None:
    """Whatever other documents say; one that has no maximum is exceeded by nothing."""
    limits = replace(parameter(0, 2, 4, agreed=1), quoted=tuple(map(Decimal, quoted)))
    assert measured(limits, true)[0].wider is wider


GRIDS = [
    parameter(1, 4, 16),
    parameter(1, 5, 16, agreed=4),
    parameter(1, 1, 9),
    parameter(0, 20, 64, agreed=5),
    parameter(1, 128, 256, agreed=8),
    parameter(0, 2, 4, agreed=1, step=0.1),
    parameter(0, 2, 4, step=0.5),
    parameter(1, 8, 8),
    parameter(1, 8, 9),
    parameter(-2, 2, 2, step=0.1),
]


@pytest.mark.parametrize("limits", GRIDS, ids=lambda limits: f"{limits.documented} of {limits.ceiling}")
def test_every_possible_limit_is_found_exactly(limits: Parameter) -> None:
    """It is found at every step from the smallest value to the ceiling."""
    assert limits.ceiling is not None
    steps = int((limits.ceiling - limits.range[0]) / limits.step)
    for number in range(steps):
        true = limits.range[0] + number * limits.step
        found, _ = measured(limits, true)
        low = limits.range[0]
        assert found.measured == (f"{low}" if true == low else f"{low}-{float(true):g}")


@pytest.mark.parametrize("limits", GRIDS, ids=lambda limits: f"{limits.documented} of {limits.ceiling}")
def test_at_the_ceiling_the_limit_stays_open(limits: Parameter) -> None:
    """Nothing above it is sent, so the limit is at least that."""
    assert limits.ceiling is not None
    for true in (limits.ceiling, limits.ceiling + 100):
        found, asked = measured(limits, true)
        assert found.measured == f">={limits.ceiling}"
        assert found.seen is Seen.HONOURED
        assert max(asked) <= limits.ceiling


@pytest.mark.parametrize("below", [refused("too small"), unanswered("429")], ids=["refused", "unanswered"])
def test_a_lower_end_that_does_not_work_is_not_printed(below: Observation) -> None:
    """A range has two measured ends; otherwise only the measured end is printed."""
    limits = parameter(0, 2, 4, step=0.5)

    async def probe(value: Any, _: Any) -> Observation:
        if value == 0:
            return below
        return accepted("so") if value <= 2 else refused("too large")

    found = asyncio.run(measure(limits, ASK, probe))
    assert (found.seen, found.measured) == (Seen.HONOURED, "<=2")


def test_a_lower_end_that_is_not_sent_is_not_printed() -> None:
    """This happens if a budget is spent, or a recording lacks it."""
    limits = parameter(0, 2, 4, step=0.5)

    async def probe(value: Any, _: Any) -> Observation:
        if value == 0:
            raise NotSent(Reason.NOT_RECORDED, "not in the recording")
        return accepted("so") if value <= 2 else refused("too large")

    assert asyncio.run(measure(limits, ASK, probe)).measured == "<=2"


@pytest.mark.parametrize("limits", GRIDS, ids=lambda limits: f"{limits.documented} of {limits.ceiling}")
def test_where_nothing_works_the_limit_is_none(limits: Parameter) -> None:
    """The observation is that of the undisputed maximum."""
    found, _ = measured(limits, limits.range[0] - limits.step)
    assert (found.seen, found.measured) == (Seen.REFUSED, "none")


@pytest.mark.parametrize("limits", GRIDS, ids=lambda limits: f"{limits.documented} of {limits.ceiling}")
def test_few_values_are_sent_and_only_a_border_twice(limits: Parameter) -> None:
    """The ends and a bisection take no more than the logarithm of the grid and a few requests."""
    assert limits.ceiling is not None
    grid = (limits.ceiling - limits.range[0]) / limits.step
    for number in range(-1, int(grid) + 2):
        _, asked = measured(limits, limits.range[0] + number * limits.step)
        assert len(set(asked)) <= len(asked) <= len(set(asked)) + 2
        assert len(set(asked)) <= math.ceil(math.log2(max(2, grid))) + 5
        assert all(limits.range[0] <= Decimal(str(value)) <= limits.ceiling for value in asked)


def test_whole_numbers_are_sent_as_integers() -> None:
    """An integer parameter gets integers, a decimal one exact decimal fractions."""
    assert all(type(value) is int for value in measured(GRIDS[0], 3)[1])
    assert all(value == round(value, 1) for value in measured(GRIDS[5], 1.3)[1])


def test_a_limit_at_or_above_the_undisputed_maximum_is_honoured() -> None:
    """The detail has the documented and the measured limit."""
    found, _ = measured(parameter(1, 5, 16, agreed=4), 4)
    assert found == honoured("documented 1-5, measured 1-4", "1-4")


def test_a_limit_below_the_undisputed_maximum_is_what_was_observed_there() -> None:
    """The observation is that of the undisputed maximum, with the limit that was measured."""
    found, _ = measured(parameter(1, 5, 16, agreed=4), 2)
    assert found == refused("documented 1-5, measured 1-2; too large", "1-2")


def test_an_effect_counts_like_acceptance() -> None:
    """Honoured and accepted values work; ignored ones do not."""
    assert measured(GRIDS[0], 9, honoured("seen"))[0].measured == "1-9"
    assert measured(GRIDS[0], 9, ignored("no effect"))[0] == Observation(Seen.IGNORED, "no effect", "none")


@pytest.mark.parametrize("number", range(5))
def test_a_value_without_an_answer_stops_the_search(number: int) -> None:
    """Going on would measure the outage."""
    asked: list[Any] = []

    async def probe(value: Any, _: Any) -> Observation:
        asked.append(value)
        return unanswered("429") if len(asked) > number else accepted("so") if value <= 7 else refused("too large")

    found = asyncio.run(measure(parameter(1, 4, 16), ASK, probe))
    if number < 4:
        assert (found.seen, found.measured) == (Seen.UNANSWERED, None)
        assert found.detail == f"at {asked[-1]}: 429"
        assert len(asked) == number + 1


@given(st.integers(0, 5), st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.integers(-1, 100))
def test_the_limit_is_exact_whatever_is_documented(low: int, wide: int, short: int, beyond: int, true: int) -> None:
    """This holds for any range, undisputed part and ceiling."""
    high = low + wide
    limits = parameter(low, high, high + beyond, agreed=max(low, high - short))
    found, _ = measured(limits, true)
    if true < low:
        assert found.measured == "none"
    else:
        closed = f"{low}" if true == low else f"{low}-{true}"
        assert found.measured == (f">={high + beyond}" if true >= high + beyond else closed)
    assert (found.seen is Seen.HONOURED) == (true >= limits.agreed[-1])


def _border(first: int, second: int, *, lost: bool = False) -> tuple[Observation, list[tuple[int, bool]]]:
    """Return what is measured if values work up to one limit at first and up to another one later, and what was asked."""
    asked: list[tuple[int, bool]] = []

    async def probe(value: int, ask: Any) -> Observation:
        asked.append((value, ask is not ASK))
        if ask is not ASK and lost:
            raise NotSent(Reason.NOT_RECORDED, "not in the recording")
        return accepted("so") if value <= (first if ask is ASK else second) else refused("too large")

    return asyncio.run(measure(parameter(1, 16, 64), ASK, probe)), asked


def test_a_limit_rests_on_two_looks_at_each_side_of_its_border() -> None:
    """The second looks are new requests; one that was documented needs none."""
    found, asked = _border(10, 10)
    assert (found.seen, found.measured) == (Seen.REFUSED, "1-10")
    assert [value for value, again in asked if again] == [10, 11]
    assert not any(again for _, again in _border(16, 16)[1])


@pytest.mark.parametrize(("second", "value"), [(9, 10), (12, 11)])
def test_a_border_that_moves_is_about_where_it_was(second: int, value: int) -> None:
    """The detail says what was seen where."""
    found, _ = _border(10, second)
    assert (found.seen, found.measured) == (Seen.REFUSED, "about 10")
    words = "accepted, then refused" if value == 10 else "refused, then accepted"
    assert f"measured about 10, unstable: at {value} {words}" in found.detail


def test_a_border_that_works_beyond_what_is_promised_stays_honoured() -> None:
    """It is only not known exactly."""
    found, _ = _border(30, 29)
    assert (found.seen, found.measured) == (Seen.HONOURED, "about 30")


def test_a_second_look_that_is_not_sent_leaves_the_first() -> None:
    """An old recording has none."""
    assert _border(10, 9, lost=True)[0].measured == "1-10"
