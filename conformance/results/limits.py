"""Documented and measured limits as numbers, for pictures: a measured limit is written by `suite/measuring`, in the words of the
documented one, and here both are read back.  Nothing is decided by them, except for matrices that do not say what is wider.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

_NUMBER = r"-?\d+(?:\.\d+)?"
_BETWEEN = re.compile(rf"(?P<low>{_NUMBER})(?:-| to )(?P<high>{_NUMBER})")
_UP_TO = re.compile(rf"(?:up to |<=)(?P<high>{_NUMBER})")
_FROM = re.compile(rf"(?P<low>{_NUMBER}) or more")
_AT_LEAST = re.compile(rf">=(?P<high>{_NUMBER})")
_ONE = re.compile(rf"(?P<high>{_NUMBER})(?: only)?")
_ABOUT = re.compile(rf"about (?P<high>{_NUMBER})")


@dataclass(frozen=True)
class Span:
    """A range of values; an end that is not known is None.

    `beyond` says that the values above `high` were not tried, `exact` that both ends are no estimates.
    """

    low: Decimal | None
    high: Decimal | None
    beyond: bool = False
    exact: bool = True


def span(words: str | None) -> Span | None:
    """Return the range that these words name; None if they name none, as "yes", "auto, none" and "none" do."""
    for form, low_is_high, beyond, exact in (
        (_BETWEEN, False, False, True),
        (_UP_TO, False, False, True),
        (_FROM, False, False, True),
        (_AT_LEAST, False, True, True),
        (_ONE, True, False, True),
        (_ABOUT, False, False, False),
    ):
        if words and (found := form.fullmatch(words)):
            ends = {name: Decimal(text) for name, text in found.groupdict().items()}
            high = ends.get("high")
            return Span(high if low_is_high else ends.get("low"), high, beyond, exact)
    return None


def exceeds(measured: str | None, documented: str) -> bool:
    """Return whether a measured range has values outside the documented one; an estimate does not count."""
    found, stated = span(measured), span(documented)
    if found is None or stated is None or not found.exact:
        return False
    above = found.high is not None and stated.high is not None and found.high > stated.high
    below = found.low is not None and stated.low is not None and found.low < stated.low
    return above or below
