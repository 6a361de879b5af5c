"""Boundary values: the values to send that a parameter's documented limits call for.

Here live a parameter's limits and the values generated from them: both ends, just inside, just outside, far outside, and of the
wrong type.  Every value costs one request per model, so values far outside are generated only where a contract gives them
(`far`).  The contract chooses which group of values a claim tries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Parameter:
    """A request parameter as one model's column documents it.

    `range` holds the widest documented ends (the upper one may be absent), `agreed` the part on which all documents agree,
    `far` one value far below and one far above the range, where such values are tried, and `ceiling` the value at which a
    search for the real limit gives up.  `quoted` is the range that `documented` names.  `place` is the path of keys to the
    parameter in the body of a request.
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
    quoted: tuple[Decimal, ...] = ()

    @property
    def highest(self) -> Decimal:
        """The largest value of the range; without a documented maximum the ceiling, or the smallest value if there is none."""
        low, *high = self.range
        if high:
            return high[-1]
        return low if self.ceiling is None else self.ceiling

    @property
    def highest_agreed(self) -> Decimal:
        """The largest value on which all documents agree; without a documented maximum the ceiling, as for the range."""
        return self.agreed[-1] if len(self.agreed) > 1 else self.highest

    def is_exceeded_by(self, limit: Decimal) -> bool:
        """Return whether a value is above the documented maximum; if none is documented, no value is."""
        return len(self.quoted) > 1 and limit > self.quoted[-1]

    def boundary_values(self, name: str) -> tuple[Any, ...]:
        """Return the values of a group: ends, inside, disputed, below, above, wrong_type, convertible, null or documented."""
        values = tuple(_GROUPS[name](self))
        return tuple(_as_json(value) for value in dict.fromkeys(values)) if name in _NUMERIC else values


@dataclass(frozen=True)
class Limits:
    """A parameter as a contract states it: its limits, and under `on` what differs for a column or class.

    None means that no document states it.  `place` is the path of keys in the body; empty means a key of the parameter's name.
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
    quoted: tuple[Decimal, ...] | None = None
    on: Mapping[str, Override] = field(default_factory=dict, hash=False)

    def resolve(self, name: str, keys: Iterable[str | None]) -> Parameter:
        """Return the parameter with what differs for these columns and classes; the last one that states something wins."""
        stated = Override(self.documented, self.range, self.agreed, self.values, self.quoted)
        for key in keys:
            if key is not None and key in self.on:
                stated = stated.overridden_by(self.on[key])
        ends = stated.range or ()
        agreed = ends if stated.agreed is None else stated.agreed
        place = self.place or (name,)
        return Parameter(
            name,
            self.type,
            stated.documented or "",
            ends,
            agreed,
            self.step,
            self.far,
            self.ceiling,
            stated.values or (),
            place,
            ends if stated.quoted is None else stated.quoted,
        )


@dataclass(frozen=True)
class Override:
    """What a contract states differently about a parameter for one column or class; None changes nothing."""

    documented: str | None = None
    range: tuple[Decimal, ...] | None = None
    agreed: tuple[Decimal, ...] | None = None
    values: tuple[Any, ...] | None = None
    quoted: tuple[Decimal, ...] | None = None

    def overridden_by(self, other: Override) -> Override:
        """Return this with everything that `other` states in its place."""
        return Override(
            self.documented if other.documented is None else other.documented,
            self.range if other.range is None else other.range,
            self.agreed if other.agreed is None else other.agreed,
            self.values if other.values is None else other.values,
            self.quoted if other.range is None and other.quoted is None else other.quoted,
        )


def decimals(values: Iterable[Any]) -> tuple[Decimal, ...]:
    """Return numbers of a TOML file as exact decimals, so that 0.1 is a tenth."""
    return tuple(Decimal(str(value)) for value in values)


def _as_json(value: Any) -> Any:
    """Return a decimal as the number to put into JSON: whole numbers as integers."""
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)


def _inside(parameter: Parameter) -> Iterator[Decimal]:
    low, high = parameter.agreed[0], parameter.highest_agreed
    candidates = sorted({low, low + parameter.step, high - parameter.step, high})
    return (value for value in candidates if low <= value <= high)


def _ends(parameter: Parameter) -> Iterator[Decimal]:
    yield from dict.fromkeys((parameter.agreed[0], parameter.highest_agreed))


def _disputed(parameter: Parameter) -> Iterator[Decimal]:
    if len(parameter.range) == 1 == len(parameter.agreed):
        return  # all documents agree that there is no maximum
    (low, high), (first, last) = parameter.range[:2], parameter.agreed[:2]
    yield from (value for value in (low,) if low < first)
    yield from sorted({last + parameter.step, high} if high > last else set())


def _below(parameter: Parameter) -> Iterator[Decimal]:
    yield parameter.range[0] - parameter.step
    yield from parameter.far[:1]


def _above(parameter: Parameter) -> Iterator[Decimal]:
    if len(parameter.range) == 1:
        return  # no maximum is documented
    _, high = parameter.range
    yield high + parameter.step
    yield from parameter.far[-1:]


# Values that no parser converts to the type.
_WRONG: dict[str, tuple[Any, ...]] = {
    "number": ("hot",),
    "integer": ([1],),
    "boolean": (7,),
    "strings": (7,),
    "objects": (7,),
    "object": (7,),
    "biases": ("none", {"1": "high"}),
    "enum": (7,),
}
# Values of another type that lax parsers convert, as many do, and strict ones refuse.
_CONVERTIBLE: dict[str, tuple[Any, ...]] = {"number": ("0.5",), "integer": ("2", 1.5)}
_NUMERIC = frozenset({"ends", "inside", "disputed", "below", "above"})
_GROUPS: dict[str, Callable[[Parameter], Iterable[Any]]] = {
    "ends": _ends,
    "inside": _inside,
    "disputed": _disputed,
    "below": _below,
    "above": _above,
    "wrong_type": lambda parameter: _WRONG[parameter.type],
    "convertible": lambda parameter: _CONVERTIBLE[parameter.type],
    "null": lambda parameter: (None,),
    "documented": lambda parameter: parameter.values,
}
