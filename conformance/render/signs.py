"""What stands for a verdict where there is little room: a sign, a plain one, a colour.  No colour is the only sign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.results.matrix import Cell


@dataclass(frozen=True)
class Sign:
    mark: str
    plain: str
    style: str
    meaning: str


SIGNS: dict[str, Sign] = {
    "deviates": Sign("✗", "X", "bold red", "deviates (a must)"),
    "differs": Sign("≠", "!", "yellow", "differs (a should)"),
    "blocked": Sign("■", "#", "magenta", "blocked, not judged"),
    "inconclusive": Sign("?", "?", "cyan", "inconclusive"),
    "noted": Sign("·", ".", "dim", "noted, undocumented"),
    "conforms": Sign("✓", "+", "green", "conforms"),
    "not applicable": Sign("–", "-", "dim", "not applicable"),
}


def told(counts: Mapping[str, int]) -> str:
    """Counts per verdict as words: "3 deviates, 40 conforms"."""
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items()) or "nothing"


def selection(run: Mapping[str, Any]) -> str:
    """In what way a run is less than the whole contract; empty where it is not.  A run that says nothing is of profile full."""
    profile = run.get("profile", "full")
    named = "" if profile == "full" else f"profile {profile}, "
    part = f"shard {run['shard']}" if "shard" in run else "a selection"
    return f"{named}{part}" if run["partial"] else ""


def seen(cell: Cell) -> str:
    """What a cell shows in few words: the measured limit where there is one, else the word of the vocabulary."""
    if cell.measured:
        return f"[{cell.measured}]"
    return "" if cell.verdict == "not applicable" else cell.observed or cell.verdict
