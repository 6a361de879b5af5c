"""Which part of a run is this one's: cases split over N runs by a hash of what they are about.

The split follows from names alone, so every machine, order and selection comes to the same, and a new model or claim moves
nothing else.  What the parts are put together by is `merging`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from conformance.base.errors import UsageError
from conformance.contract.claims import Case

_MOST = 10_000
_FORM = re.compile(r"([0-9]{1,9})/([0-9]{1,9})", re.ASCII)


@dataclass(frozen=True)
class Shard:
    """The part with this number, from 1, of so many."""

    part: int
    parts: int

    def __str__(self) -> str:
        return f"{self.part}/{self.parts}"

    def holds(self, case: Case) -> bool:
        """Whether a case belongs to this part."""
        return part_of(str(case.model), case.claim.surface, case.claim.parameter, self.parts) == self.part


def part_of(model: str, surface: str, parameter: str, parts: int) -> int:
    """The part, from 1, that a model's cases about a parameter belong to.

    They stay together because they share controls: a control that two parts need is sent, and paid, by both.
    """
    name = "\n".join((model, surface, parameter))
    return int.from_bytes(hashlib.sha256(name.encode(errors="surrogateescape")).digest()[:8], "big") % parts + 1


def parse(text: str) -> Shard:
    """A shard from I/N, such as 2/8; anything else is a usage error."""
    found = _FORM.fullmatch(text)
    part, parts = map(int, found.groups()) if found else (0, 0)
    if not 1 <= part <= parts <= _MOST:
        hint = f"write I/N with 1 <= I <= N <= {_MOST}, for instance 2/8 for the second of eight parts"
        raise UsageError(f"--shard {text!r} names no part", hint)
    return Shard(part, parts)
