"""Evidence on disk: exchanges are appended as they finish, and read back.

The file is newline-delimited JSON, one exchange a line after one line of facts (schema: schemas/data/evidence).  Nothing
here decides what is worth keeping: every exchange is.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from conformance.errors import UsageError
from conformance.exchange import Exchange

NAME = "evidence.ndjson"
VERSION = 1


class Recorder:
    """Appends exchanges to a file; each is on disk before the next is written."""

    def __init__(self, path: Path, facts: Mapping[str, Any]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self._lock = threading.Lock()
        self._places: dict[str, tuple[int, int]] = {}
        self._end = 0
        self._write({"schema": VERSION, **facts})

    def __call__(self, exchange: Exchange) -> None:
        self._places[exchange.id] = self._write(exchange.document())

    def find(self, ids: Iterable[str]) -> dict[str, Exchange]:
        """Exchanges that were recorded, read back; an id that was not is left out."""
        found = {}
        with self._path.open("rb") as file:
            for each in ids:
                if each in self._places:
                    start, length = self._places[each]
                    file.seek(start)
                    found[each] = Exchange.from_document(json.loads(file.read(length)))
        return found

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, row: Mapping[str, Any]) -> tuple[int, int]:
        """Append a line, which is ASCII; where it begins and how long it is."""
        line = json.dumps(row, separators=(",", ":")) + "\n"
        with self._lock:
            self._file.write(line)
            self._file.flush()
            start, self._end = self._end, self._end + len(line)
        return start, len(line)


def read(path: Path) -> Iterator[Exchange]:
    """The exchanges of a file in the order in which they finished.

    A last line that was cut off in writing is left out; a broken line before it is a usage error that names the line, and so
    is a file that begins with anything but the facts of this version.
    """
    rows = _rows(path)
    for number, row in enumerate(rows[1:], 2):
        try:
            yield Exchange.from_document(json.loads(row))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            if number == len(rows) and not row.endswith("\n"):
                return
            raise UsageError(
                f"{path}, line {number} is no exchange: {error}", "use the file as it was written"
            ) from error


def _rows(path: Path) -> list[str]:
    try:
        rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
        facts = json.loads(rows[0]) if rows else None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} is no evidence: {error}", "use the file as it was written") from error
    version = facts.get("schema") if isinstance(facts, dict) else None
    if version != VERSION:
        raise UsageError(f"{path} is evidence of version {version}, not {VERSION}", "run again with this version")
    return rows


def find(path: Path, ids: Iterable[str]) -> dict[str, Exchange]:
    """The exchanges with these ids; an id that the file lacks is left out."""
    wanted = set(ids)
    return {each.id: each for each in read(path) if each.id in wanted} if wanted and path.is_file() else {}


def join(parts: Iterable[Path], whole: Path) -> None:
    """Put the exchanges of the parts under the facts of the first into one new file, then remove the parts."""
    with whole.open("w", encoding="utf-8") as file:
        for number, part in enumerate(sorted(parts)):
            with part.open(encoding="utf-8") as rows:
                facts = next(rows, "")
                file.write("" if number else facts)
                file.writelines(row for row in rows if row.endswith("\n"))
            part.unlink()
