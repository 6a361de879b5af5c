"""Expectations: known deviations, accepted with a reason, an owner and an expiry date.

Reading the file, matching its patterns against cells and finding the entries that no longer hold live here.  An expected
deviation is asked and judged like any other; what it means for an exit code is the gate's and the run's business.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from conformance.base.errors import UsageError
from conformance.base.observation import Seen
from conformance.base.validation import line_of, load_toml
from conformance.results.matrix import Cell
from conformance.trial.judge import AGAINST, Verdict

_OPEN = frozenset({Verdict.INCONCLUSIVE, Verdict.BLOCKED})  # nothing is known, so nothing is stale


@dataclass(frozen=True)
class Entry:
    """One known deviation; `where` is its file and line, `cells` a pattern of CLAIM@COLUMN:MODEL with * and ?."""

    where: str
    cells: str
    observed: Seen
    reason: str
    owner: str
    expires: date
    link: str = ""

    def matches(self, cell: str) -> bool:
        return fnmatchcase(cell, self.cells)


@dataclass(frozen=True)
class Stale:
    """An entry that no longer holds: which, and what to do about it."""

    where: str
    cells: str
    problem: str


@dataclass(frozen=True)
class Expectations:
    """The entries of a file; `today` decides what is expired."""

    entries: tuple[Entry, ...] = ()
    today: date = date.min

    def meets(self, cell: Cell) -> Entry | None:
        """Return the entry that a cell's deviation is expected by: same observation, and not expired."""
        return self.expects(cell.id, cell.observed) if cell.verdict in AGAINST else None

    def expects(self, cell: str, observed: Seen | None) -> Entry | None:
        """Return the entry that expects this observation from one case of a cell."""
        return next((entry for entry in self._of(cell) if entry.observed == observed), None)

    def stale(self, cells: Iterable[Cell], *, whole: bool = True) -> tuple[Stale, ...]:
        """Return what has to leave the file, in its order: one problem for each entry.

        Unless the cells are those of a `whole` run, an entry that matches none of them is left alone.
        """
        judged = list(cells)
        shared = Counter(entry.where for cell in judged for entry in self._of(cell.id)[1:])
        return tuple(
            Stale(entry.where, entry.cells, problem)
            for entry in self.entries
            if (problem := self._problem(entry, judged, shared, whole=whole))
        )

    def _of(self, cell: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.expires >= self.today and entry.matches(cell)]

    def _problem(self, entry: Entry, cells: list[Cell], shared: Counter[str], *, whole: bool) -> str | None:
        if entry.expires < self.today:
            return f"expired on {entry.expires}; remove it, or give it another date"
        mine = [cell for cell in cells if entry.matches(cell.id)]
        if not mine:
            return "matches no cell; remove it" if whole else None
        if shared[entry.where]:
            return "overlaps an entry above it; remove one of the two"
        for cell in mine:
            if cell.verdict not in AGAINST and cell.verdict not in _OPEN:
                remedy = "remove it" if len(mine) == 1 else "remove it or narrow it"
                return f"{_named(cell, entry)}now {_verb(cell.verdict)}; {remedy}"
            if cell.verdict in AGAINST and cell.observed != entry.observed:
                return f"{_named(cell, entry)}is {cell.observed} now, not {entry.observed}; remove it or look again"
        return None


def load(path: Path, contract: str, today: date | None = None) -> Expectations:
    """Return the expectations in a TOML file; raises UsageError with the line where it is not in order or of another contract."""
    data = load_toml(path, "expectations")
    if data["contract"] != contract:
        raise UsageError(
            f"{path} must be about contract {contract}, got contract {data['contract']}",
            "give the file of this contract",
        )
    text = path.read_text(encoding="utf-8")
    entries = tuple(_entry(path, text, place, row) for place, row in enumerate(data.get("expected", [])))
    return Expectations(entries, today or datetime.now(UTC).date())


def propose(cells: Iterable[Cell], contract: str, known: Expectations, expires: date) -> str:
    """Return a file with an entry for each deviation that is not expected yet, sorted; reasons and owners are left to fill in."""
    text = ["# Known deviations.  Fill in why each is accepted and who looks after it.", "schema = 1"]
    text.append(f'contract = "{contract}"')
    wanted = (cell for cell in cells if cell.verdict in AGAINST and not known.meets(cell))
    for cell in sorted(wanted, key=lambda cell: cell.id):
        text += ["", "[[expected]]", f'cells = "{_literal(cell.id)}"', f'observed = "{cell.observed}"', 'reason = ""']
        text += ['link = ""', 'owner = ""', f"expires = {expires}"]
    return "\n".join(text) + "\n"


def _entry(path: Path, text: str, place: int, row: dict[str, Any]) -> Entry:
    where = f"{path}, line {line_of(text, ['expected', place])}"
    if not isinstance(row["expires"], date):
        raise UsageError(
            f"{where}: expires must be a date, got {row['expires']!r}", "write it without quotes, like 2027-01-31"
        )
    for name in ("reason", "owner"):
        if not row[name].strip():
            raise UsageError(f"{where}: {name} must not be empty", f"fill in the {name}")
    return Entry(
        where, row["cells"], Seen(row["observed"]), row["reason"], row["owner"], row["expires"], row.get("link", "")
    )


def _literal(cell: str) -> str:
    """A cell's id as a pattern of its own, in a TOML string."""
    return (
        "".join(f"[{letter}]" if letter in "*?[" else letter for letter in cell)
        .replace("\\", "\\\\")
        .replace('"', '\\"')
    )


def _named(cell: Cell, entry: Entry) -> str:
    """The cell that a pattern is stale for, unless the entry names it already."""
    return "" if entry.cells in (cell.id, _literal(cell.id)) else f"{cell.id} "


def _verb(verdict: Verdict) -> str:
    return verdict if verdict.endswith("s") else f"is {verdict}"


def lines(stale: Iterable[Stale]) -> Iterator[str]:
    """Return a line for each stale entry."""
    return (f"{entry.where}: {entry.cells}: {entry.problem}" for entry in stale)
