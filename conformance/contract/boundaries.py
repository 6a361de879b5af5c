"""Boundary values: what a documented limit makes worth trying.

A parameter's limits and the values generated from them live here: the ends, just inside, just outside, far outside, of the
wrong type.  Every value costs a request per model: far outside is tried only where a limit is likely to be lax.  Which
of them a claim asks for is the contract's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Parameter:
    """A request parameter as one model's column documents it.

    `range` holds the widest documented ends (the upper one may be absent), `agreed` the part that no document disputes,
    `far` a value far below and far above where such are tried, `ceiling` where a search for the real limit gives up.
    """

    name: str
    type: str
    documented: str
    range: tuple[Decimal, ...] = ()
    agreed: tuple[Decimal, ...] = ()
    step: Decimal = Decimal(1)
    far: tuple[Decimal, ...] = ()
    ceiling: Decimal | None = None
    values: tuple[Any, ...] = ()

    def group(self, name: str) -> tuple[Any, ...]:
        """The boundary values of a group: ends, inside, disputed, below, above, wrong_type, null or documented."""
        found = tuple(_GROUPS[name](self))
        return tuple(_plain(value) for value in dict.fromkeys(found)) if name in _NUMERIC else found


def decimals(values: Iterable[Any]) -> tuple[Decimal, ...]:
    return tuple(Decimal(str(value)) for value in values)


def _plain(value: Any) -> Any:
    """A decimal as JSON writes it: whole numbers without a fraction."""
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)


def _inside(parameter: Parameter) -> Iterator[Decimal]:
    low, high = parameter.agreed[0], parameter.agreed[-1]
    within = sorted({low, low + parameter.step, high - parameter.step, high})
    return (value for value in within if low <= value <= high)


def _ends(parameter: Parameter) -> Iterator[Decimal]:
    yield from dict.fromkeys((parameter.agreed[0], parameter.agreed[-1]))


def _disputed(parameter: Parameter) -> Iterator[Decimal]:
    (low, high), (first, last) = parameter.range[:2], parameter.agreed[:2]
    yield from (value for value in (low,) if low < first)
    yield from sorted({last + parameter.step, high} if high > last else set())


def _below(parameter: Parameter) -> Iterator[Decimal]:
    yield parameter.range[0] - parameter.step
    yield from parameter.far[:1]


def _above(parameter: Parameter) -> Iterator[Decimal]:
    _, high = parameter.range
    yield high + parameter.step
    yield from parameter.far[-1:]


_WRONG: dict[str, tuple[Any, ...]] = {
    "number": ("0.5",),  # in quotes: whoever takes any text takes this one, and lax parsers take no other
    "integer": ("2", 1.5),
    "boolean": (7,),
    "strings": (7,),
    "objects": (7,),
    "object": (7,),
    "biases": ("none", {"1": "high"}),
    "enum": (7,),
}
_NUMERIC = frozenset({"ends", "inside", "disputed", "below", "above"})
_GROUPS: dict[str, Callable[[Parameter], Iterable[Any]]] = {
    "ends": _ends,
    "inside": _inside,
    "disputed": _disputed,
    "below": _below,
    "above": _above,
    "wrong_type": lambda parameter: _WRONG[parameter.type],
    "null": lambda parameter: (None,),
    "documented": lambda parameter: parameter.values,
}
