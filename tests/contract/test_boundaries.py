"""Boundary values: just inside, just outside, far outside, of the wrong type."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract.boundaries import Parameter


def parameter(**parts: Any) -> Parameter:
    """Return a number parameter with these limits."""
    decimals = {key: tuple(Decimal(str(each)) for each in value) for key, value in parts.items() if key != "step"}
    step = Decimal(str(parts.get("step", 1)))
    return Parameter("size", "number", "", **{"agreed": decimals.get("range", ()), "step": step, **decimals})


@pytest.mark.parametrize(
    ("limits", "group", "values"),
    [
        ({"range": (0, 2), "step": 0.1}, "inside", [0, 0.1, 1.9, 2]),
        ({"range": (0, 2), "agreed": (0, 1), "step": 0.1}, "inside", [0, 0.1, 0.9, 1]),
        ({"range": (1, 1)}, "inside", [1]),
        ({"range": (1, 2)}, "inside", [1, 2]),
        ({"range": (1, 3)}, "inside", [1, 2, 3]),
        ({"range": (0, 2), "agreed": (0, 1), "step": 0.1}, "disputed", [1.1, 2]),
        ({"range": (0, 2), "agreed": (0.1, 2), "step": 0.1}, "disputed", [0]),
        ({"range": (1, 5), "agreed": (1, 4)}, "disputed", [5]),
        ({"range": (1, 5)}, "disputed", []),
        ({"range": (0, 2), "far": (-100, 1000), "step": 0.1}, "below", [-0.1, -100]),
        ({"range": (0, 2), "far": (-100, 1000), "step": 0.1}, "above", [2.1, 1000]),
        ({"range": (1, 4), "far": (0, 16)}, "below", [0]),
        ({"range": (1,), "far": (-5, 5)}, "below", [0, -5]),
        ({}, "null", [None]),
        ({"range": (0, 2), "step": 0.1}, "below", [-0.1]),
        ({"range": (0, 2), "step": 0.1}, "above", [2.1]),
        ({"range": (-2, 2), "step": 0.1}, "ends", [-2, 2]),
        ({"range": (1, 1)}, "ends", [1]),
        ({}, "wrong_type", ["hot"]),
        ({}, "convertible", ["0.5"]),
    ],
)
def test_boundary_values_follow_from_the_documented_limits(
    limits: dict[str, Any], group: str, values: list[Any]
) -> None:
    """They are just inside, just outside and far outside; whole numbers are integers."""
    found = parameter(**limits).boundary_values(group)
    assert list(found) == values
    assert [type(each) for each in found] == [type(each) for each in values]


@given(st.integers(-50, 50), st.integers(0, 50), st.integers(0, 50), st.sampled_from([1, 0.1, 0.5]))
def test_values_are_on_the_right_side_of_every_limit(low: int, wide: int, short: int, step: float) -> None:
    """Inside values are in the agreed part, disputed ones in the rest of the range, all others outside the range."""
    high = low + wide
    last = max(low, high - short)
    limits = parameter(range=(low, high), agreed=(low, last), far=(low - 99, high + 99), step=step)
    assert all(low <= value <= last for value in limits.boundary_values("inside"))
    assert {low, last} == set(limits.boundary_values("ends"))
    assert {low, last} <= set(limits.boundary_values("inside"))
    assert all(last < value <= high for value in limits.boundary_values("disputed"))
    assert all(value < low for value in limits.boundary_values("below"))
    assert all(value > high for value in limits.boundary_values("above"))


@pytest.mark.parametrize("kind", ["number", "integer", "boolean", "strings", "objects", "object", "biases", "enum"])
def test_wrong_types_are_wrong(kind: str) -> None:
    """Every type has values of another type."""
    right: dict[str, Any] = {
        "number": int | float, "integer": int, "boolean": bool, "strings": str | list, "objects": list, "object": dict,
        "enum": str,
    }  # fmt: skip
    values = Parameter("x", kind, "").boundary_values("wrong_type")
    assert values
    assert kind == "biases" or not any(isinstance(value, right[kind]) for value in values)
