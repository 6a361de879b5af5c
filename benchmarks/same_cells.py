"""Check whether two versions of the suite give the same cells on the same runs, as a refactoring must.

    python benchmarks/same_cells.py BASE NOW [--expected FILE] [--list 20]

BASE and NOW are run directories, or folders of run directories with the same names.  The cells of each pair of matrix.json are
compared by claim, column and model.  Results must be the same byte for byte: says, level, observed, measured, verdict, counts,
seen, and the ids of the evidence in their order.  A run or cell that only one side has is a difference too.  Texts for people
(any other field of a cell), fields that only NOW has, the order of the cells and the facts of the runs may differ: they are
counted and listed separately.

Intended differences are listed in FILE, as TOML or JSON: a list `expected` of entries with `field`, the field that may differ
(`missing` and `added` for a cell that only BASE or only NOW has, `missing run` and `added run` for a run), `why`, and to what
they apply: `run`, `claim`, `column`, `model`.  All but `why` are patterns with * and ?; if one is left out, the entry applies to
all.  With `base` or `now` an entry applies to these values only, as in matrix.json.  Entries that match nothing are listed.

    [[expected]]
    run = "defect-*"
    claim = "chat.n.count"
    field = "evidence"
    why = "the control is asked once for both models"

How to read the output: a line per run, then a line per difference with the values of BASE and NOW.  Exit code 0: there are no
differences, or only expected ones.  1: there are others.  2: an input cannot be read.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

MATRIX = "matrix.json"
KEY = ("claim", "column", "model")
FOUND = ("says", "level", "observed", "measured", "verdict", "counts", "seen", "evidence")
FACTS = ("planned", "reported", "requests", "partial", "stopped", "models")
RENAMED: Mapping[str, str] = {}
"""Maps names of fields in a newer layout, or paths with dots, to their names in BASE: {"case.wording": "documented"}."""
ABSENT = "(absent)"
MISSING, ADDED = "missing", "added"
WHOLE = " run"

Key = tuple[str, str, str]


class Unreadable(Exception):
    """An input cannot be read; the text says why."""


@dataclass(frozen=True)
class Difference:
    """One field that differs between two cells, or a cell or run that one side lacks; `key` is None for a run."""

    run: str
    key: Key | None
    field: str
    base: str
    now: str

    def __str__(self) -> str:
        where = "{}@{}:{}: ".format(*self.key) if self.key else ""
        values = "" if self.field.startswith((MISSING, ADDED)) else f": {self.base} -> {self.now}"
        return f"{self.run}: {where}{self.field}{values}"


@dataclass
class Expected:
    """Differences that are expected, and how many there were (`met`)."""

    field: str
    why: str
    run: str = "*"
    claim: str = "*"
    column: str = "*"
    model: str = "*"
    base: Any = ABSENT
    now: Any = ABSENT
    met: int = 0

    def __contains__(self, difference: Difference) -> bool:
        patterns = (self.field, self.run, self.claim, self.column, self.model)
        key = (difference.field, difference.run, *(difference.key or patterns[2:]))
        values = ((self.base, difference.base), (self.now, difference.now))
        return all(map(fnmatchcase, key, patterns)) and all(
            value == ABSENT or as_json(value) == seen for value, seen in values
        )

    def __str__(self) -> str:
        return f"{self.field} of {self.claim}@{self.column}:{self.model} in {self.run} ({self.why})"


@dataclass
class Pair:
    """The comparison of one run: its differences, and what may differ."""

    cells: int = 0
    differences: list[Difference] = field(default_factory=list)
    reworded: list[Difference] = field(default_factory=list)
    fields: Counter[str] = field(default_factory=Counter)
    facts: list[Difference] = field(default_factory=list)
    moved: bool = False


def main() -> int:
    """Compare as the command line says, print the differences and return the exit code."""
    arguments = parse_options()
    try:
        expected = read_expected(arguments.expected) if arguments.expected else []
        base, now = runs(arguments.base), runs(arguments.now)
        if arguments.base / MATRIX in base.values() or arguments.now / MATRIX in now.values():
            now = single(base, now)
        pairs = {name: compare(name, base.get(name), now.get(name)) for name in sorted(base.keys() | now.keys())}
    except Unreadable as problem:
        print(f"same_cells: {problem}", file=sys.stderr)
        return 2
    return report(pairs, expected, arguments.list)


def parse_options() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "base", type=Path, metavar="BASE", help="run directory, or folder of run directories, of the old version"
    )
    parser.add_argument("now", type=Path, metavar="NOW", help="the same of the new version")
    parser.add_argument("--expected", type=Path, metavar="FILE", help="expected differences, in TOML or JSON")
    parser.add_argument("--list", type=int, default=20, metavar="N", help="list at most N reworded texts; default: 20")
    return parser.parse_args()


# ------------------------------------------------------------------ reading


def fields(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return all fields of a cell by their names in BASE; fields in a nested object count as fields of the cell.

    Only this function may know the layout of cells.
    """
    named: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict) and RENAMED.get(name, name) not in FOUND:
            inner = {RENAMED.get(f"{name}.{part}", part): content for part, content in value.items()}
            named |= {(f"{name}.{part}" if part in row else part): content for part, content in inner.items()}
        else:
            named[RENAMED.get(name, name)] = value
    return named


def runs(place: Path) -> dict[str, Path]:
    """Return the matrix file of each run in a folder, or of a run directory; links such as `latest` are skipped."""
    if (place / MATRIX).is_file():
        return {place.resolve().name: place / MATRIX}
    if not place.is_dir():
        raise Unreadable(f"{place} must be a run directory or a folder of run directories")
    files = {run.name: run / MATRIX for run in place.iterdir() if not run.is_symlink() and (run / MATRIX).is_file()}
    if not files:
        raise Unreadable(f"{place} must contain {MATRIX}, or folders that do")
    return files


def single(base: Mapping[str, Path], now: Mapping[str, Path]) -> dict[str, Path]:
    """Return the only run of NOW under the name of that of BASE; raise Unreadable if there are several."""
    if len(base) != 1 or len(now) != 1:
        raise Unreadable("BASE and NOW must both be run directories or both folders of them")
    return dict(zip(base, now.values(), strict=True))


def matrix(file: Path) -> tuple[dict[str, Any], dict[Key, dict[str, Any]]]:
    """Return the facts of a matrix, and its cells by claim, column and model."""
    try:
        document = json.loads(file.read_bytes())
        rows = [fields(row) for row in document["cells"]]
        cells = {(row["claim"], row["column"], row["model"]): row for row in rows}
        facts = dict(document.get("run", {}))
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"{file} must be a matrix: {type(error).__name__}: {error}") from error
    if not all(isinstance(part, str) for key in cells for part in key):
        raise Unreadable(f"{file} must be a matrix: claim, column and model of a cell must be strings")
    if len(cells) != len(rows):
        raise Unreadable(
            f"{file} must have one cell per claim, column and model; it has {len(rows)} cells for {len(cells)}"
        )
    return facts, cells


def read_expected(file: Path) -> list[Expected]:
    """Return the entries of a file of expected differences."""
    try:
        text = file.read_text(encoding="utf-8")
        document = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
        entries = document["expected"] if isinstance(document, dict) else document
        expected = [Expected(**entry) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"{file} must be a list of expected differences: {type(error).__name__}: {error}") from error
    for entry in expected:
        texts = (entry.field, entry.why, entry.run, entry.claim, entry.column, entry.model)
        if not all(isinstance(text, str) and text for text in texts):
            raise Unreadable(f"{file}: all values of an entry must be strings that are not empty, got {texts}")
    return expected


# ------------------------------------------------------------------ comparing


def compare(name: str, base: Path | None, now: Path | None) -> Pair:
    """Return the comparison of the two recordings of one run."""
    if base is None or now is None:
        return Pair(differences=[Difference(name, None, (MISSING if now is None else ADDED) + WHOLE, "", "")])
    (facts, before), (facts_now, after) = matrix(base), matrix(now)
    pair = Pair(len(after), moved=[key for key in before if key in after] != [key for key in after if key in before])
    pair.facts = list(differing(name, None, facts, facts_now, FACTS))
    for key in before | after:
        if key not in after or key not in before:
            pair.differences.append(Difference(name, key, MISSING if key not in after else ADDED, "", ""))
            continue
        one, other = before[key], after[key]
        texts = [name for name in one if name not in FOUND + KEY]
        pair.differences += differing(name, key, one, other, FOUND)
        pair.reworded += differing(name, key, one, other, texts)
        pair.fields.update(name for name in other if name not in one and name not in FOUND + KEY)
    return pair


def differing(
    run: str, key: Key | None, base: Mapping[str, Any], now: Mapping[str, Any], names: Iterable[str]
) -> Iterator[Difference]:
    """Yield the fields with these names whose JSON differs."""
    for name in names:
        one, other = (as_json(side[name]) if name in side else ABSENT for side in (base, now))
        if one != other:
            yield Difference(run, key, name, one, other)


def as_json(value: Any) -> str:
    """Return the JSON of a value, with its keys in their order."""
    return json.dumps(value, ensure_ascii=False)


# ------------------------------------------------------------------ reporting


def report(pairs: Mapping[str, Pair], expected: list[Expected], most: int) -> int:
    """Print the comparison; return 1 if there is an unexpected difference."""
    unexplained: list[Difference] = []
    for name, pair in pairs.items():
        left = [difference for difference in pair.differences if not is_expected(difference, expected)]
        unexplained += left
        counts = f"{len(left)} differ, {len(pair.differences) - len(left)} expected, {len(pair.reworded)} reworded"
        print(f"{name}: {pair.cells} cells: {counts}{', in another order' if pair.moved else ''}")
    for difference in unexplained:
        print(f"DIFFERS {difference}")
    print_section("reworded", [text for pair in pairs.values() for text in pair.reworded], most)
    print_section("facts", [fact for pair in pairs.values() for fact in pair.facts], most)
    for name, count in sum((pair.fields for pair in pairs.values()), Counter[str]()).items():
        print(f"added field {name}: {count} cells")
    for entry in expected:
        print(f"expected, {entry.met if entry.met else 'UNUSED'}: {entry}")
    cells = sum(pair.cells for pair in pairs.values())
    print(f"{len(pairs)} runs, {cells} cells: {len(unexplained)} unexplained differences")
    return 1 if unexplained else 0


def is_expected(difference: Difference, expected: Iterable[Expected]) -> bool:
    """Return whether a difference is expected, and count it at the first entry that matches."""
    for entry in expected:
        if difference in entry:
            entry.met += 1
            return True
    return False


def print_section(title: str, differences: list[Difference], most: int) -> None:
    """Print how many differences that never fail there are, by field, and the first of them."""
    for name, count in Counter(difference.field for difference in differences).items():
        print(f"{title}, {name}: {count}")
    for difference in differences[:most]:
        print(f"  {difference}")
    if len(differences) > most:
        print(f"  ... and {len(differences) - most} more: --list {len(differences)} lists all")


if __name__ == "__main__":
    sys.exit(main())
