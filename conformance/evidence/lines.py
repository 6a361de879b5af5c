"""Lines of evidence files: reading them one by one, each checked before it is used.

What a line must be is said by schemas/data/evidence.  A line that was cut off in writing, a torn line, has no end.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from conformance.base.errors import UsageError
from conformance.base.parsing import parse_json
from conformance.base.reading import check_regular, reason_of
from conformance.base.shapes import Shapes
from conformance.base.validation import own_problem
from conformance.http.exchange import Exchange

VERSION = 2

# Bytes of a line.  A reply of 2 MiB takes at most about 12 MiB, and a request with a large image about as much.
_LONGEST = 64 * 1024 * 1024
_BEGINNING = b'{"id":"'  # of every line: so the id can be compared without parsing the JSON of each line
_AS_WRITTEN = "use the file as it was written"

_shapes = Shapes(
    *("id", "path", "body", "surface", "model", "content_type", "headers", "text", "failure_detail", "taken"),
    *("started", "first_byte", "last_byte", "seconds"),
)


def rows(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """Yield number, position and text of each complete line after the facts; raises UsageError if the file cannot be read."""
    place = 0
    with _readable(path), opened(path) as file:
        for number, line in enumerate(_lines(path, file), 1):
            if number == 1:
                facts_of(path, line)
            elif line.endswith(b"\n"):
                yield number, place, line
            place += len(line)
        if not place:
            facts_of(path, b"")


def opened(path: Path) -> IO[bytes]:
    """Open an evidence file for reading, decompressed if it is compressed."""
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def first_line(path: Path) -> bytes:
    """Return the first line; empty if it is torn."""
    with _readable(path), opened(path) as file:
        line = file.readline(_LONGEST)
    return line if line.endswith(b"\n") else b""


def facts_of(path: Path, line: bytes) -> dict[str, Any]:
    """Return the facts in a first line; raises UsageError for anything but facts of this version."""
    if not line.endswith(b"\n"):
        raise UsageError(f"{path} cannot be read as evidence: its first line is incomplete", "start the run again")
    row = _parsed(path, 1, line)
    version = row.get("schema") if isinstance(row, dict) else None
    if version != VERSION or not isinstance(row, dict):
        raise UsageError(f"{path} must be evidence of version {VERSION}, got version {str(version)[:20]}", "run again")
    if wrong := own_problem(row, "data/evidence") or _wrong_target(row.get("target")):
        raise UsageError(f"{path}, line 1 must be the facts of a run: {wrong}", _AS_WRITTEN)
    return row


def _wrong_target(target: Any) -> str | None:
    """Return what is wrong with what a recorded target needs so that its run can be shown; None if nothing is."""
    if not isinstance(target, dict) or not isinstance(target.get("contract"), str):
        return "target must name its contract"
    kinds = {"headers": dict, "models": list}
    wrong = [name for name, kind in kinds.items() if not isinstance(target.get(name, kind()), kind)]
    return f"target.{wrong[0]} has the wrong type" if wrong else None


def decoded(path: Path, number: int, line: bytes) -> Exchange:
    """Return the exchange in a line; raises UsageError, with the place of the wrong value, for anything else."""
    row = _parsed(path, number, line)
    fresh = _shapes.unknown([row])
    wrong = own_problem(row, "data/evidence") if fresh else None
    if wrong is None and "id" not in row:
        wrong = "it has no id"
    if wrong:
        raise UsageError(f"{path}, line {number} must be an exchange: {wrong}", _AS_WRITTEN)
    _shapes.learn(fresh)
    try:
        exchange = Exchange.from_document(row)
        exchange.id.encode()  # half of a character may be in a reply, and not in a request
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path}, line {number} must be an exchange: {error}", _AS_WRITTEN) from error
    return exchange


def may_be(line: bytes, ids: Collection[bytes]) -> bool:
    """Return whether a line begins like an exchange with one of these ids."""
    return line.startswith(_BEGINNING) and line[len(_BEGINNING) :].partition(b'"')[0] in ids


def _parsed(path: Path, number: int, line: bytes) -> Any:
    try:
        return parse_json(line.rstrip(b"\n").decode())
    except ValueError as error:
        reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error).replace(" at line 1", "")
        what = "an exchange" if number > 1 else "the facts of a run"
        raise UsageError(f"{path}, line {number} must be {what}: {reason}", _AS_WRITTEN) from error


def _lines(path: Path, file: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of a file; raises UsageError for one that no exchange can have."""
    while line := file.readline(_LONGEST):
        if len(line) == _LONGEST:
            raise UsageError(f"{path} must have lines of less than {_LONGEST:,} bytes", _AS_WRITTEN)
        yield line


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Raise UsageError for anything that makes a file unreadable."""
    try:
        check_regular(path, _AS_WRITTEN)
        yield
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise UsageError(f"{path} cannot be read as evidence: {reason_of(error)}", _AS_WRITTEN) from error
