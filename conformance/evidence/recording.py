"""Evidence on disk: exchanges are appended as they finish, and read back one by one.

A file is newline-delimited JSON, one exchange a line after one line of facts (schema: schemas/data/evidence).  A line counts
once its end is written, so what a kill cut off is left out.  The newest of several exchanges with one id is the one that
counts.  What becomes of the files before and after a run is in `keeping`; nothing decides what is worth keeping: every
exchange is.
"""

from __future__ import annotations

import gzip
import json
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from conformance.base.errors import UsageError
from conformance.http.exchange import Exchange, redacted
from conformance.http.redaction import Redactor

EVIDENCE_FILE = "evidence.ndjson"
PACKED_FILE = "evidence.ndjson.gz"
PART_FILES = "evidence.*.ndjson"
VERSION = 2

_BEGINNING = b'{"id":"'
_AS_WRITTEN = "use the file as it was written"


class Recorder:
    """Appends exchanges to a file; each is on disk before the next is written.

    Without facts it goes on with a file that has some.  What is in `earlier` is on disk already and is not written again.
    `redact` takes secrets out of what is written.
    """

    def __init__(
        self,
        path: Path,
        facts: Mapping[str, Any] | None,
        earlier: Archive | None = None,
        redact: Redactor | None = None,
    ) -> None:
        self._redact = redact or Redactor(())
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._file = path.open("wb" if facts is not None else "ab", buffering=0)
        self._reading = path.open("rb")  # what takes the file's name away does not take what was written
        self._failed: UsageError | None = None
        self._lock = threading.Lock()
        self._earlier = earlier
        self._places: dict[str, int] = {}
        self._end = self._file.seek(0, 2)
        if facts is not None:
            self._write({"schema": VERSION, **facts})

    def __call__(self, exchange: Exchange) -> tuple[str, ...]:
        """Write the exchange down; the places at which secrets were taken out."""
        if self._earlier is not None and exchange.id in self._earlier:
            return ()
        kept = redacted(exchange, self._redact)
        self._places[exchange.id] = self._write(kept.document())
        return kept.taken

    def find(self, ids: Iterable[str]) -> dict[str, Exchange]:
        """Exchanges that were recorded, read back without their secrets; an id that was not is left out."""
        found = {}
        for each in ids:
            if each in self._places:
                with self._lock:
                    self._reading.seek(self._places[each])
                    line = self._reading.readline()
                found[each] = Exchange.from_document(json.loads(line))
            elif self._earlier is not None and each in self._earlier:
                found[each] = self._earlier.get(each)
        return found

    def close(self) -> None:
        self._file.close()
        self._reading.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, row: Mapping[str, Any]) -> int:
        """Append a line; the place where it begins.

        Raises UsageError where the disk takes no more, then and ever after: behind half a line nothing may follow.
        """
        line = json.dumps(row, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            if self._failed:
                raise self._failed
            try:
                self._append(line)
            except OSError as error:
                told, next_step = (
                    f"{self._path} cannot be written: {error.strerror}",
                    "make room, then go on with --resume",
                )
                self._failed = UsageError(told, next_step)
                raise self._failed from error
            start, self._end = self._end, self._end + len(line)
        return start

    def _append(self, line: bytes) -> None:
        """Write it all: a disk that is nearly full takes a part and says so only when it is asked again."""
        rest = memoryview(line)
        while rest:
            rest = rest[self._file.write(rest) :]


class Archive:
    """Recorded exchanges, found by id without being held in memory; those that are not `trusted` are as good as absent.

    What is not trusted because a secret was taken out of it can still be had by `get`, for whoever does not judge it.

    Packed files and parts are laid out in one temporary file first.  Raises UsageError for what is no evidence.
    """

    def __init__(self, files: Iterable[Path], trusted: Callable[[Exchange], bool] = lambda _: True) -> None:
        paths = list(files)
        self._lock = threading.Lock()
        self._places: dict[str, int] = {}
        self._further: dict[str, int] = {}
        self._redacted: dict[str, int] = {}
        plain = len(paths) == 1 and paths[0].name != PACKED_FILE
        self._file: IO[bytes] = paths[0].open("rb") if plain else tempfile.TemporaryFile()  # noqa: SIM115  closed by close
        try:
            for path in paths:
                for number, place, line in rows(path):
                    exchange = _decode(path, number, line)
                    self._note(exchange, place if plain else self._file.tell(), trusted(exchange))
                    if not plain:
                        self._file.write(line)
        except UsageError:
            self.close()
            raise

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def __len__(self) -> int:
        return len(self._places)

    def get(self, name: str) -> Exchange:
        """The newest exchange with this id; KeyError where there is none."""
        with self._lock:
            self._file.seek(self._places[name] if name in self._places else self._redacted[name])
            line = self._file.readline()
        return Exchange.from_document(json.loads(line))

    def redacted(self, name: str) -> bool:
        """Return whether the newest exchange with this id is one that a secret was taken out of."""
        return name in self._redacted

    def requests(self, name: str) -> int:
        """How many requests were sent for all exchanges with this id, trusted or not."""
        return self._further.get(name, 0) + (name in self._places)

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _note(self, exchange: Exchange, place: int, trusted: bool) -> None:
        name = exchange.id
        requests = self.requests(name) + 1 + exchange.retries
        self._redacted.pop(name, None)
        if exchange.taken:
            self._redacted[name] = place
        if trusted:
            self._places[name] = place
        else:
            self._places.pop(name, None)
        if further := requests - (name in self._places):
            self._further[name] = further


def files(folder: Path) -> list[Path]:
    """The files of a run directory's evidence, oldest exchanges first: the whole, then parts that a killed run left."""
    whole, packed = folder / EVIDENCE_FILE, folder / PACKED_FILE
    first = [whole] if whole.is_file() else [packed] if packed.is_file() else []
    return first + [each for each in sorted(folder.glob(PART_FILES)) if _first_line(each)]


def facts(folder: Path) -> dict[str, Any]:
    """The facts that the first line of a run directory's evidence holds; UsageError where there are none."""
    found = files(folder)
    if not found:
        raise UsageError(
            f"{folder} holds no evidence ({EVIDENCE_FILE} or {PACKED_FILE})", "give the directory of a run"
        )
    with _readable(found[0]):
        return _facts(found[0], _first_line(found[0]))


def read(folder: Path) -> Iterator[Exchange]:
    """The exchanges of a run directory in the order in which they finished.

    A last line that was cut off in writing is left out; a broken line before it is a usage error that names the line, and so
    is a file that begins with anything but the facts of this version.
    """
    for path in files(folder):
        for number, _, line in rows(path):
            yield _decode(path, number, line)


def find(folder: Path, ids: Iterable[str]) -> dict[str, Exchange]:
    """The newest exchanges with these ids; an id that the directory lacks is left out.  Reads line by line."""
    wanted = {each.encode() for each in ids}
    found = {}
    for path in files(folder) if wanted else ():
        for number, _, line in rows(path):
            if line.startswith(_BEGINNING) and line[len(_BEGINNING) :].partition(b'"')[0] in wanted:
                exchange = _decode(path, number, line)
                found[exchange.id] = exchange
    return found


def rows(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """Number, place and text of each whole line after the facts; raises UsageError where a file cannot be read."""
    place = 0
    with _readable(path), opened(path) as file:
        for number, line in enumerate(file, 1):
            if number == 1:
                _facts(path, line)
            elif line.endswith(b"\n"):
                yield number, place, line
            place += len(line)
        if not place:
            _facts(path, b"")


def opened(path: Path) -> IO[bytes]:
    """A file of evidence, unpacked where it is packed."""
    return gzip.open(path, "rb") if path.name == PACKED_FILE else path.open("rb")  # type: ignore[return-value]


def torn(folder: Path) -> dict[Path, int]:
    """The files whose last line was cut off in writing, with the number of its bytes."""
    plain = [path for path in (folder / EVIDENCE_FILE, *sorted(folder.glob(PART_FILES))) if path.is_file()]
    return {path: rest for path in plain if (rest := _rest(path))}


def _rest(path: Path, block: int = 65536) -> int:
    """The number of bytes behind the last end of a line."""
    with path.open("rb") as file:
        end = place = file.seek(0, 2)
        while place:
            place = max(0, place - block)
            file.seek(place)
            ending = file.read(block).rfind(b"\n")
            if ending >= 0:
                return end - place - ending - 1
    return end


def _first_line(path: Path) -> bytes:
    """The first line; empty where its end was not written."""
    with _readable(path), opened(path) as file:
        line = file.readline()
    return line if line.endswith(b"\n") else b""


def _facts(path: Path, line: bytes) -> dict[str, Any]:
    """The facts of a first line of this version; anything else is a usage error."""
    if not line.endswith(b"\n"):
        raise UsageError(f"{path} is no evidence: its first line was not finished", "start the run anew")
    found = json.loads(line)
    version = found.get("schema") if isinstance(found, dict) else None
    if version != VERSION or not isinstance(found, dict):
        raise UsageError(f"{path} is evidence of version {version}, not {VERSION}", "run again with this version")
    return found


def _decode(path: Path, number: int, line: bytes) -> Exchange:
    try:
        return Exchange.from_document(json.loads(line))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path}, line {number} is no exchange: {error}", _AS_WRITTEN) from error


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """What keeps a file from being read is a usage error."""
    try:
        yield
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise UsageError(f"{path} is no evidence: {error}", _AS_WRITTEN) from error
