"""Boundary values: what a documented limit makes worth trying.

A parameter's limits and the values generated from them live here: the ends, just inside, just outside, far outside, of the
wrong type.  Every value costs a request per model: far outside is tried only where a limit is likely to be lax.  Which
of them a claim asks for is the contract's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Parameter:
    """A request parameter as one model's column documents it.

    `range` holds the widest documented ends (the upper one may be absent), `agreed` the part that no document disputes,
    `far` a value far below and far above where such are tried, `ceiling` where a search for the real limit gives up.
    `place` leads to it in the body of a request, key by key.
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
    place: tuple[str, ...] = ()

    def boundary_values(self, name: str) -> tuple[Any, ...]:
        """The boundary values of a group: ends, inside, disputed, below, above, wrong_type, null or documented."""
        found = tuple(_GROUPS[name](self))
        return tuple(_plain(value) for value in dict.fromkeys(found)) if name in _NUMERIC else found


@dataclass(frozen=True)
class Limits:
    """A parameter as a contract writes it down: its limits, and what is different `on` a column or class.

    None leaves out what no document states.  `place` is where it stands on the wire, key by key; empty: under its own name.
    """

    type: str
    documented: str | None = None
    range: tuple[Decimal, ...] | None = None
    agreed: tuple[Decimal, ...] | None = None
    values: tuple[Any, ...] | None = None
    step: Decimal = Decimal(1)
    far: tuple[Decimal, ...] = ()
    ceiling: Decimal | None = None
    place: tuple[str, ...] = ()
    on: Mapping[str, Override] = field(default_factory=dict, hash=False)

    def resolve(self, name: str, keys: Iterable[str | None]) -> Parameter:
        """Return the parameter with what is different on these columns and classes, the last one winning."""
        found = Override(self.documented, self.range, self.agreed, self.values)
        for key in keys:
            if key is not None and key in self.on:
                found = found.overridden_by(self.on[key])
        ends = found.range or ()
        agreed = ends if found.agreed is None else found.agreed
        place = self.place or (name,)
        return Parameter(
            name,
            self.type,
            found.documented or "",
            ends,
            agreed,
            self.step,
            self.far,
            self.ceiling,
            found.values or (),
            place,
        )


@dataclass(frozen=True)
class Override:
    """What is different about a parameter for one column or class; None leaves it as it was."""

    documented: str | None = None
    range: tuple[Decimal, ...] | None = None
    agreed: tuple[Decimal, ...] | None = None
    values: tuple[Any, ...] | None = None

    def overridden_by(self, other: Override) -> Override:
        """Return this with what `other` states."""
        return Override(
            self.documented if other.documented is None else other.documented,
            self.range if other.range is None else other.range,
            self.agreed if other.agreed is None else other.agreed,
            self.values if other.values is None else other.values,
        )


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
