"""Whether two recordings of the same runs come to the same cells: what a refactoring has to leave as it was.

    python benchmarks/same_cells.py BASE NOW [--expected FILE] [--list 20]

BASE and NOW are run directories, or folders of run directories with the same names.  The cells of each pair of matrix.json are
held against each other by claim, column and model.  What was found has to be the same byte for byte: says, level, observed,
measured, verdict, counts, seen, and the ids of the evidence in their order.  So has what is there: a run or a cell that only one
side has is a difference.  Texts for people (any other field of a cell), fields that only NOW has, the order of the cells and the
facts of the runs may be others: they are counted and listed apart.

Differences that are meant stand in FILE, as TOML or JSON: a list `expected` of entries with `field`, the field that may differ
(`missing` and `added` for a cell that only BASE or only NOW has, `missing run` and `added run` likewise), `why`, and where they
hold: `run`, `claim`, `column`, `model`.  All but `why` are patterns with * and ?; a place that is left out holds for all.  With
`base` or `now` an entry holds for these values only, as they stand in matrix.json.  Entries that match nothing are listed.

    [[expected]]
    run = "defect-*"
    claim = "chat.n.count"
    field = "evidence"
    why = "the control is asked once for both models"

How to read it: a line per run, then a line per difference with the value of BASE and of NOW.  Exit code 0: nothing differs, or
all that does is expected.  1: something else does.  2: what was given cannot be read.
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
"""Fields of a cell by the name, or the path with dots, that a newer layout gives them: {"case.wording": "documented"}."""
ABSENT = "(absent)"
MISSING, ADDED = "missing", "added"
WHOLE = " run"

Key = tuple[str, str, str]


class Unreadable(Exception):
    """What was given cannot be used; its text says why."""


@dataclass(frozen=True)
class Difference:
    """One field in which two cells differ, or a cell or run (then `key` is None) that one side lacks."""

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
    """Differences that are meant, and how many came."""

    field: str
    why: str
    run: str = "*"
    claim: str = "*"
    column: str = "*"
    model: str = "*"
    base: Any = ABSENT
    now: Any = ABSENT
    met: int = 0

    def __contains__(self, found: Difference) -> bool:
        patterns = (self.field, self.run, self.claim, self.column, self.model)
        place = (found.field, found.run, *(found.key or patterns[2:]))
        values = ((self.base, found.base), (self.now, found.now))
        return all(map(fnmatchcase, place, patterns)) and all(
            value == ABSENT or written(value) == seen for value, seen in values
        )

    def __str__(self) -> str:
        return f"{self.field} of {self.claim}@{self.column}:{self.model} in {self.run} ({self.why})"


@dataclass
class Pair:
    """What came of one run: differences, and what may be other."""

    cells: int = 0
    differences: list[Difference] = field(default_factory=list)
    reworded: list[Difference] = field(default_factory=list)
    fields: Counter[str] = field(default_factory=Counter)
    facts: list[Difference] = field(default_factory=list)
    moved: bool = False


def main() -> int:
    given = options()
    try:
        expected = allowed(given.expected) if given.expected else []
        base, now = runs(given.base), runs(given.now)
        if given.base / MATRIX in base.values() or given.now / MATRIX in now.values():
            now = single(base, now)
        pairs = {name: compared(name, base.get(name), now.get(name)) for name in sorted(base.keys() | now.keys())}
    except Unreadable as problem:
        print(f"same_cells: {problem}", file=sys.stderr)
        return 2
    return report(pairs, expected, given.list)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", type=Path, metavar="BASE", help="run directory, or folder of them, as it was")
    parser.add_argument("now", type=Path, metavar="NOW", help="the same as it is now")
    parser.add_argument("--expected", type=Path, metavar="FILE", help="differences that are meant, in TOML or JSON")
    parser.add_argument("--list", type=int, default=20, metavar="N", help="reworded texts listed at most; default: 20")
    return parser.parse_args()


# ------------------------------------------------------------------ reading


def fields(row: Mapping[str, Any]) -> dict[str, Any]:
    """All fields of a cell by the names of old.

    This is the place that knows the layout: a group of fields in an object of their own is taken for its fields.
    """
    found: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict) and RENAMED.get(name, name) not in FOUND:
            inner = {RENAMED.get(f"{name}.{each}", each): held for each, held in value.items()}
            found |= {(f"{name}.{each}" if each in row else each): held for each, held in inner.items()}
        else:
            found[RENAMED.get(name, name)] = value
    return found


def runs(place: Path) -> dict[str, Path]:
    """The matrix of each run below a folder, or of the one run that it is; links such as `latest` are no runs."""
    if (place / MATRIX).is_file():
        return {place.resolve().name: place / MATRIX}
    if not place.is_dir():
        raise Unreadable(f"{place} is no folder")
    found = {
        each.name: each / MATRIX for each in place.iterdir() if not each.is_symlink() and (each / MATRIX).is_file()
    }
    if not found:
        raise Unreadable(f"{place} holds no {MATRIX}, and no folder in it does")
    return found


def single(base: Mapping[str, Path], now: Mapping[str, Path]) -> dict[str, Path]:
    """The one run of NOW by the name of that of BASE, so that they are a pair; raises Unreadable for several."""
    if len(base) != 1 or len(now) != 1:
        raise Unreadable("one run directory and a folder of several cannot be compared")
    return dict(zip(base, now.values(), strict=True))


def matrix(file: Path) -> tuple[dict[str, Any], dict[Key, dict[str, Any]]]:
    """The facts and the cells of a matrix, each cell by what it is about."""
    try:
        document = json.loads(file.read_bytes())
        rows = [fields(row) for row in document["cells"]]
        cells = {(row["claim"], row["column"], row["model"]): row for row in rows}
        facts = dict(document.get("run", {}))
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"{file} is no matrix: {type(error).__name__}: {error}") from error
    if not all(isinstance(part, str) for key in cells for part in key):
        raise Unreadable(f"{file} is no matrix: claim, column or model of a cell is no text")
    if len(cells) != len(rows):
        raise Unreadable(f"{file} has {len(rows)} cells about {len(cells)} things")
    return facts, cells


def allowed(file: Path) -> list[Expected]:
    """The entries of a file of expected differences."""
    try:
        text = file.read_text(encoding="utf-8")
        document = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
        entries = document["expected"] if isinstance(document, dict) else document
        found = [Expected(**entry) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"{file} is no list of expected differences: {type(error).__name__}: {error}") from error
    for each in found:
        texts = (each.field, each.why, each.run, each.claim, each.column, each.model)
        if not all(isinstance(text, str) and text for text in texts):
            raise Unreadable(f"{file} has an entry with something else than a text: {texts}")
    return found


# ------------------------------------------------------------------ comparing


def compared(name: str, base: Path | None, now: Path | None) -> Pair:
    """What differs between the two recordings of one run."""
    if base is None or now is None:
        return Pair(differences=[Difference(name, None, (MISSING if now is None else ADDED) + WHOLE, "", "")])
    (facts, before), (facts_now, after) = matrix(base), matrix(now)
    pair = Pair(len(after), moved=[key for key in before if key in after] != [key for key in after if key in before])
    pair.facts = list(unlike(name, None, facts, facts_now, FACTS))
    for key in before | after:
        if key not in after or key not in before:
            pair.differences.append(Difference(name, key, MISSING if key not in after else ADDED, "", ""))
            continue
        one, other = before[key], after[key]
        texts = [each for each in one if each not in FOUND + KEY]
        pair.differences += unlike(name, key, one, other, FOUND)
        pair.reworded += unlike(name, key, one, other, texts)
        pair.fields.update(each for each in other if each not in one and each not in FOUND + KEY)
    return pair


def unlike(
    run: str, key: Key | None, base: Mapping[str, Any], now: Mapping[str, Any], names: Iterable[str]
) -> Iterator[Difference]:
    """The fields of these names that are not written with the same bytes on both sides."""
    for name in names:
        one, other = (written(each[name]) if name in each else ABSENT for each in (base, now))
        if one != other:
            yield Difference(run, key, name, one, other)


def written(value: Any) -> str:
    """A value as it stands in the file, order of keys included."""
    return json.dumps(value, ensure_ascii=False)


# ------------------------------------------------------------------ telling


def report(pairs: Mapping[str, Pair], expected: list[Expected], most: int) -> int:
    """Print what was found; 1 where something differs that is not expected."""
    unexplained: list[Difference] = []
    for name, pair in pairs.items():
        left = [each for each in pair.differences if not meant(each, expected)]
        unexplained += left
        counts = f"{len(left)} differ, {len(pair.differences) - len(left)} expected, {len(pair.reworded)} reworded"
        print(f"{name}: {pair.cells} cells: {counts}{', in another order' if pair.moved else ''}")
    for each in unexplained:
        print(f"DIFFERS {each}")
    section("reworded", [each for pair in pairs.values() for each in pair.reworded], most)
    section("facts", [each for pair in pairs.values() for each in pair.facts], most)
    for name, count in sum((pair.fields for pair in pairs.values()), Counter[str]()).items():
        print(f"added field {name}: {count} cells")
    for entry in expected:
        print(f"expected, {entry.met if entry.met else 'UNUSED'}: {entry}")
    cells = sum(pair.cells for pair in pairs.values())
    print(f"{len(pairs)} runs, {cells} cells: {len(unexplained)} unexplained differences")
    return 1 if unexplained else 0


def meant(found: Difference, expected: Iterable[Expected]) -> bool:
    """Whether a difference is expected; the first entry that holds for it counts it."""
    for each in expected:
        if found in each:
            each.met += 1
            return True
    return False


def section(title: str, found: list[Difference], most: int) -> None:
    """How many of what never fails there are, by field, and the first of them."""
    for name, count in Counter(each.field for each in found).items():
        print(f"{title}, {name}: {count}")
    for each in found[:most]:
        print(f"  {each}")
    if len(found) > most:
        print(f"  ... and {len(found) - most} more: --list {len(found)} lists all")


if __name__ == "__main__":
    sys.exit(main())
