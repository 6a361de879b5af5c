"""What a number of looks can show: the interval of a rate, and how rare a fault can be and still be noticed.

Only arithmetic lives here.  docs/verdicts.md has the figures, and a test compares them with this code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import comb, sqrt
from typing import Any

CONFIDENCE = 0.95

# False alarms about failures at times that a run may have, on average, if its server fails at random.  That is one in 200 such
# runs.  With a tenth of it most requests that fail on a fifth of their looks would escape.
ALARMS = 1 / 200
_Z = 1.959964  # the standard normal's 97.5 % quantile, which leaves 2.5 % on either side


@dataclass(frozen=True)
class Looks:
    """What a verdict is based on: the number of looks, how many were against the contract, how many exchanges were left out.

    `needed` is how many sightings a verdict against the contract takes: 1 if a single one is proof, else 2.
    """

    count: int
    against: int = 0
    left_out: int = 0
    needed: int = 2

    @property
    def noticed(self) -> float:
        """The smallest share of faulty requests that would have been noticed with a probability of 95 %."""
        return round(noticed(self.count, self.needed), 4)

    def __add__(self, other: Looks) -> Looks:
        """Return the looks of two cases together."""
        count, against = self.count + other.count, self.against + other.against
        return Looks(count, against, self.left_out + other.left_out, max(self.needed, other.needed))

    def document(self) -> dict[str, Any]:
        """Return the looks in the form of matrix.json."""
        return {**vars(self), "noticed": self.noticed}

    @classmethod
    def from_document(cls, data: Mapping[str, Any]) -> Looks:
        """Return the looks that `document` wrote."""
        return cls(data["count"], data["against"], data["left_out"], data["needed"])


def interval(count: int, looks: int) -> tuple[float, float]:
    """Return the 95 % interval of a rate that was seen `count` times in `looks`, after Wilson.

    Wilson's interval also works for few looks and for rates near 0 or 1, where the usual one shrinks to a point.
    """
    rate, square = count / looks, _Z * _Z
    middle = (rate + square / (2 * looks)) / (1 + square / looks)
    half = _Z * sqrt(rate * (1 - rate) / looks + square / (4 * looks * looks)) / (1 + square / looks)
    return (0.0 if count == 0 else max(0.0, middle - half)), (1.0 if count == looks else min(1.0, middle + half))


def spelled(count: int, looks: int, what: str) -> str:
    """Return a rate as text, for instance "3 of 213 replies (1.4%, 95 % interval 0.5% to 4.1%)"; "3 of 3 times" for all."""
    if count == looks:
        return f"{count} of {looks} {what}"
    low, high = interval(count, looks)
    return f"{count} of {looks} {what} ({count / looks:.1%}, 95 % interval {low:.1%} to {high:.1%})"


def chance_of(sightings: int, looks: int, share: float) -> float:
    """Return the probability that a fault on this share of the requests is seen at least `sightings` (1 or 2) times."""
    missed = (1 - share) ** looks
    if sightings == 2:
        missed += looks * share * (1 - share) ** (looks - 1)
    return 1 - missed


def noticed(looks: int, sightings: int) -> float:
    """Return the smallest share of faulty requests for which `looks` see `sightings` faults with a probability of 95 %.

    `sightings` is how many a verdict takes, 1 or 2; the result is 1.0 if there are fewer looks than that.
    """
    if looks < sightings:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(40):  # halving 40 times leaves an error of 1e-12
        middle = (low + high) / 2
        low, high = (low, middle) if chance_of(sightings, looks, middle) >= CONFIDENCE else (middle, high)
    return high


def more_often(failed: int, requests: int, others_failed: int, others: int) -> bool:
    """Return whether a request that was seen to fail, and was then asked again, fails more often than others do.

    This is Fisher's exact test: if the failures were spread over all requests at random, how likely would so many be among these?
    The first failure does not count, since the request was asked again because of it.  Every failure in the run is such an
    occasion, so the odds of one are multiplied by their number.
    """
    again, more = requests - 1, failed - 1
    total, failures = again + others, more + others_failed
    ways = sum(comb(again, each) * comb(others, failures - each) for each in range(more, min(again, failures) + 1))
    return ways / comb(total, failures) * (1 + others_failed) <= ALARMS


def looks_for(share: float, sightings: int) -> int:
    """Return how many looks notice a fault on this share (above 0, at most 1) of the requests with a probability of 95 %."""
    looks = sightings
    while chance_of(sightings, looks, share) < CONFIDENCE:
        looks += 1
    return looks
