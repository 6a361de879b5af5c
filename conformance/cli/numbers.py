"""The type of options that take a number: an error says what the number must be, which click's own types do not."""

from __future__ import annotations

import math
from typing import Any

import click


class Number(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.4
    """A number, with `whole` an integer; with `least` a finite one between both bounds.  `expected` names it in errors."""

    name = "number"

    def __init__(
        self, expected: str, least: float | None = None, most: float = math.inf, *, whole: bool = False
    ) -> None:
        self._expected = expected
        self._least = least
        self._most = most
        self._whole = whole

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number in a text, or fail with what it must be."""
        try:
            number = int(value) if self._whole else float(value)
        except ValueError:
            self.fail(f"must be {self._expected}, got {value!r}", param, ctx)
        if self._least is not None and not (self._least <= number <= self._most and math.isfinite(number)):
            self.fail(f"must be {self._expected}, got {value!r}", param, ctx)
        return number


# Their bounds are checked with the other settings, which may also come from a file.
WHOLE = Number("a whole number", whole=True)
ANY = Number("a number")
