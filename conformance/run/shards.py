"""Shards: split the cases of a run into N parts by a hash of their model and parameter.

The split depends on names only, so it is the same on every machine and with every selection, and a new model or claim moves no
other case.  The reports of the parts are put together in `results.merging`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from conformance.base.errors import UsageError
from conformance.contract.claims import Case
from conformance.target.targets import Target

# Parts.  A run of 60 models has fewer than 2,000 pairs of model and parameter, so more parts would be empty.
_MAX_PARTS = 10_000

# At most 9 digits, since Python refuses to convert very long numbers; [0-9] because \d also matches digits of other scripts.
_FORM = re.compile(r"([0-9]{1,9})/([0-9]{1,9})")


@dataclass(frozen=True)
class Shard:
    """One of several parts of a run, numbered from 1."""

    part: int
    parts: int

    def __str__(self) -> str:
        return f"{self.part}/{self.parts}"

    def note(self, target: Target) -> str:
        """Return how the target's limits are divided among the shards, which know nothing of each other."""
        concurrency = target.concurrency
        at_once = (
            f"up to {concurrency} requests in flight in each, {concurrency * self.parts} in all if all run at once"
        )
        return f"{limits_note(target, self.parts, 'shards')}; {at_once}"

    def holds(self, case: Case) -> bool:
        """Return whether a case belongs to this part."""
        return part_of(str(case.model), case.claim.surface, case.claim.parameter, self.parts) == self.part


def limits_note(target: Target, parts: int, who: str) -> str:
    """Return in one sentence how so many processes that share nothing keep to the target's rates."""
    rates = {"requests": target.requests_per_minute, "tokens": target.tokens_per_minute}
    known = [f"{rate / parts:g} of {rate:g} {unit} a minute" for unit, rate in rates.items() if rate]
    if not known:
        return f"{who}: {parts}; no rate is configured, so each finds the endpoint's by itself"
    return f"{who}: {parts}; each keeps to {' and '.join(known)}"


def part_of(model: str, surface: str, parameter: str, parts: int) -> int:
    """Return the part, from 1, to which all cases of a model about a parameter belong.

    They stay together because they share controls; a control that two parts need is sent, and paid for, by both.
    """
    name = "\n".join((model, surface, parameter))
    return int.from_bytes(hashlib.sha256(name.encode(errors="surrogateescape")).digest()[:8], "big") % parts + 1


def parse(text: str) -> Shard:
    """Return the shard that I/N describes, such as 2/8; raises UsageError for anything else."""
    match = _FORM.fullmatch(text)
    part, parts = map(int, match.groups()) if match else (0, 0)
    if not 1 <= part <= parts <= _MAX_PARTS:
        message = f"--shard must be I/N with 1 <= I <= N <= {_MAX_PARTS}, got {text!r}"
        raise UsageError(message, "for instance --shard 2/8 for the second of eight parts")
    return Shard(part, parts)
