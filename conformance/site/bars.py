"""Limits as bars: the documented range and the measured one over it, of several models on one axis.

Nothing here knows what the limits are about, or which page shows them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.results.limits import Span, span

WIDTH = 1000  # of the axis in its own units
_NARROWEST = 20  # of a bar: a range of one value would not be seen
_LOGARITHMIC = 20  # times the lowest value: from there on, small ranges would not be told apart on a linear axis


@dataclass(frozen=True)
class Axis:
    """The values at both ends of an axis, and whether it is logarithmic."""

    low: float
    high: float

    @property
    def logarithmic(self) -> bool:
        return self.low > 0 and self.high / self.low >= _LOGARITHMIC

    def place(self, value: float) -> int:
        """Return where a value is on the axis, from 0 to WIDTH."""
        low, high = (math.log(end) if self.logarithmic else end for end in (self.low, self.high))
        at = math.log(value) if self.logarithmic else value
        return round((at - low) / (high - low) * WIDTH) if high > low else 0


@dataclass(frozen=True)
class Bar:
    """Where the documented and the measured range begin on the axis and how wide they are; `beyond` may reach farther."""

    documented: tuple[int, int] | None
    measured: tuple[int, int] | None
    beyond: bool


def bars(limits: Sequence[tuple[str, str | None]]) -> tuple[Axis | None, list[Bar | None]]:
    """Return the axis and a bar for each documented and measured limit; None where neither names a range."""
    spans = [(span(documented), span(measured)) for documented, measured in limits]
    ends = [float(end) for pair in spans for each in pair if each for end in (each.low, each.high) if end is not None]
    if not ends:
        return None, [None for _ in limits]
    axis = Axis(min(ends), max(ends))
    return axis, [_bar(axis, *pair) for pair in spans]


def _bar(axis: Axis, documented: Span | None, measured: Span | None) -> Bar | None:
    if documented is None and measured is None:
        return None
    return Bar(_part(axis, documented), _part(axis, measured), measured is not None and measured.beyond)


def _part(axis: Axis, found: Span | None) -> tuple[int, int] | None:
    """Return where a range begins and how wide it is; an end that is not known is that of the axis."""
    if found is None:
        return None
    low = axis.low if found.low is None else float(found.low)
    high = axis.high if found.high is None else float(found.high)
    width = max(axis.place(high) - axis.place(low), _NARROWEST)
    return min(axis.place(low), WIDTH - width), width
