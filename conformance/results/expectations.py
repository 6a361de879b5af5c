"""Expectations: known deviations, accepted with a reason, an owner and an expiry date.

Reading the file, matching its patterns against cells and finding stale entries live here.  An expected deviation is tested and
judged like any other; the gate and the run decide what it means for the exit code.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from conformance.base.errors import UsageError
from conformance.base.observation import Seen
from conformance.base.reading import read_text
from conformance.base.validation import line_of, load_toml
from conformance.contract.selection import covers
from conformance.results.matrix import Cell
from conformance.trial.judge import AGAINST, Verdict

NEW = "# New: it did not deviate in the baseline, or not as often."
_OPEN = frozenset({Verdict.INCONCLUSIVE, Verdict.BLOCKED})  # without a verdict, an entry cannot be called stale


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
        """Return whether the pattern matches the id of a cell."""
        return covers(self.cells, cell)


@dataclass(frozen=True)
class Stale:
    """An entry that no longer holds, and what to do about it."""

    where: str
    cells: str
    problem: str


@dataclass(frozen=True)
class Expectations:
    """The entries of a file; those that expire before `today` do not count."""

    entries: tuple[Entry, ...] = ()
    today: date = date.min

    def meets(self, cell: Cell) -> Entry | None:
        """Return the entry that expects the deviation of a cell: it has the same observation and is not expired."""
        return self.expects(cell.id, cell.observed) if cell.verdict in AGAINST else None

    def expects(self, cell: str, observed: Seen | None) -> Entry | None:
        """Return the entry that expects this observation in a cell."""
        return next((entry for entry in self._matching(cell) if entry.observed == observed), None)

    def stale(self, cells: Iterable[Cell], *, whole: bool = True) -> tuple[Stale, ...]:
        """Return the entries to remove from the file, in its order, each with one problem.

        An entry that matches no cell is stale only if the cells are those of a `whole` run.
        """
        judged = list(cells)
        shared = Counter(entry.where for cell in judged for entry in self._matching(cell.id)[1:])
        return tuple(
            Stale(entry.where, entry.cells, problem)
            for entry in self.entries
            if (problem := self._problem(entry, judged, shared, whole=whole))
        )

    def _matching(self, cell: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.expires >= self.today and entry.matches(cell)]

    def _problem(self, entry: Entry, cells: list[Cell], shared: Counter[str], *, whole: bool) -> str | None:
        if entry.expires < self.today:
            return f"expired on {entry.expires}; remove it, or give it another date"
        matching = [cell for cell in cells if entry.matches(cell.id)]
        if not matching:
            return "matches no cell; remove it" if whole else None
        if shared[entry.where]:
            return "overlaps an entry above it; remove one of the two"
        for cell in matching:
            if cell.verdict not in AGAINST and cell.verdict not in _OPEN:
                remedy = "remove it" if len(matching) == 1 else "remove it or narrow it"
                return f"{_named(cell, entry)}now {_verb(cell.verdict)}; {remedy}"
            if cell.verdict in AGAINST and cell.observed != entry.observed:
                return f"{_named(cell, entry)}is {cell.observed} now, not {entry.observed}; remove it or look again"
        return None


def load(path: Path, contract: str, today: date | None = None) -> Expectations:
    """Read the expectations in a TOML file.

    Raises UsageError for a file that does not fit its schema, with the line, and for one about another contract.
    """
    data = load_toml(path, "expectations")
    if data["contract"] != contract:
        raise UsageError(
            f"{path} must be about contract {contract}, got contract {data['contract']}",
            "give the file of this contract",
        )
    text = read_text(path, "give the file of this contract")
    entries = tuple(_entry(path, text, place, row) for place, row in enumerate(data.get("expected", [])))
    return Expectations(entries, today or datetime.now(UTC).date())


def propose(
    cells: Iterable[Cell], contract: str, known: Expectations, expires: date, news: Collection[str] = ()
) -> str:
    """Return the text of a file with an entry for each deviation that is not expected yet; reasons and owners are empty.

    A comment marks the cells that are `news`: they did not deviate before.
    """
    text = ["# Known deviations.  Fill in why each is accepted and who looks after it.", "schema = 1"]
    text.append(f"contract = {json.dumps(contract)}")
    new = (cell for cell in cells if cell.verdict in AGAINST and not known.meets(cell))
    for cell in sorted(new, key=lambda cell: cell.id):
        text += ["", *([NEW] if cell.id in news else []), "[[expected]]", f'cells = "{_literal(cell.id)}"']
        text += [f'observed = "{cell.observed}"', 'reason = ""', 'link = ""', 'owner = ""', f"expires = {expires}"]
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
    """Return a pattern, escaped for a TOML string, that matches this cell id only."""
    return (
        "".join(f"[{letter}]" if letter in "*?[" else letter for letter in cell)
        .replace("\\", "\\\\")
        .replace('"', '\\"')
    )


def _named(cell: Cell, entry: Entry) -> str:
    """Return the id of the cell for which an entry is stale, and nothing if the entry is about one cell."""
    return "" if entry.cells in (cell.id, _literal(cell.id)) else f"{cell.id} "


def _verb(verdict: Verdict) -> str:
    """Return a verdict as the verb of a sentence: "conforms", "is noted"."""
    return verdict if verdict.endswith("s") else f"is {verdict}"


def lines(stale: Iterable[Stale]) -> Iterator[str]:
    """Return a line for each stale entry."""
    return (f"{entry.where}: {entry.cells}: {entry.problem}" for entry in stale)
