"""Evidence on disk: exchanges are appended as they finish, and read back one by one.

How it works.  A file is newline-delimited JSON: one line of facts about the run, then one line for each exchange (schema:
schemas/data/evidence).  Lines are only appended, each with one unbuffered write, so a killed process loses at most the line that
it was writing.  A line counts once its end is written; a line that was cut off (a torn line) is ignored by every reader.  If
several exchanges have one id, because a failed one was sent again, the newest counts.

A run of several processes has one file for each of them (the parts), which are joined at its end.  Readers never load a whole
file: they go through it line by line and keep ids and positions only, so their memory does not grow with the replies.

Every exchange is recorded.  How files are prepared before a run, and joined and compressed after it, is in `files`.
"""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from conformance.base.errors import UsageError
from conformance.evidence.lines import VERSION, decoded, facts_of, first_line, may_be, rows
from conformance.http.exchange import Exchange, redacted
from conformance.http.redaction import Redactor

EVIDENCE_FILE = "evidence.ndjson"
PACKED_FILE = "evidence.ndjson.gz"
PART_FILES = "evidence.*.ndjson"


class Recorder:
    """Appends exchanges to a file; each is written before the next one.

    Without `facts` it continues a file that has facts.  Exchanges in `earlier` are on disk already and are not written again.
    `redact` removes secrets from everything that is written.
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
        self._reading = path.open("rb")  # opened now, so that it can be read even if the file is deleted during the run
        self._failed: UsageError | None = None
        self._lock = threading.Lock()
        self._earlier = earlier
        self._places: dict[str, int] = {}
        self._end = self._file.seek(0, 2)
        if facts is not None:
            self._write({"schema": VERSION, **facts})

    def __call__(self, exchange: Exchange) -> tuple[str, ...]:
        """Write an exchange, and return the places from which secrets were removed."""
        if self._earlier is not None and exchange.id in self._earlier:
            return ()
        kept = redacted(exchange, self._redact)
        self._places[exchange.id] = self._write(kept.document())
        return kept.taken

    def find(self, ids: Iterable[str]) -> dict[str, Exchange]:
        """Return recorded exchanges, without their secrets, by id; an id that was not recorded is left out."""
        exchanges = {}
        for exchange_id in ids:
            if exchange_id in self._places:
                with self._lock:
                    self._reading.seek(self._places[exchange_id])
                    line = self._reading.readline()
                exchanges[exchange_id] = Exchange.from_document(json.loads(line))
            elif self._earlier is not None and exchange_id in self._earlier:
                exchanges[exchange_id] = self._earlier.get(exchange_id)
        return exchanges

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
        """Append a line, and return the position of its beginning.

        Raises UsageError if the disk is full.  From then on every call raises: a line after half a line could not be read.
        """
        line = json.dumps(row, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            if self._failed:
                raise self._failed
            try:
                self._append(line)
            except OSError as error:
                message = f"{self._path} cannot be written: {error.strerror}"
                self._failed = UsageError(message, "free some disk space, then continue with --resume")
                raise self._failed from error
            start, self._end = self._end, self._end + len(line)
        return start

    def _append(self, line: bytes) -> None:
        """Write all bytes: a disk that is nearly full accepts a part of them, and fails only at the next call."""
        rest = memoryview(line)
        while rest:
            rest = rest[self._file.write(rest) :]


class Archive:
    """Recorded exchanges by id, without holding them in memory; those that are not `trusted` count as missing.

    An exchange that is not trusted because a secret was removed from it can still be read with `get`, to be shown or counted but
    not judged.  Compressed files and parts are first copied into one temporary file.  Raises UsageError for a broken file.
    """

    def __init__(self, files: Iterable[Path], trusted: Callable[[Exchange], bool] = lambda _: True) -> None:
        paths = list(files)
        self._lock = threading.Lock()
        self._places: dict[str, int] = {}
        self._further: dict[str, int] = {}  # requests beyond the first one; kept apart because nearly all ids have none
        self._redacted: dict[str, int] = {}
        plain = len(paths) == 1 and paths[0].name != PACKED_FILE
        self._file: IO[bytes] = paths[0].open("rb") if plain else tempfile.TemporaryFile()  # noqa: SIM115  closed by close
        try:
            for path in paths:
                for number, place, line in rows(path):
                    exchange = decoded(path, number, line)
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

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def get(self, name: str) -> Exchange:
        """Return the newest exchange with this id; raises KeyError if there is none."""
        with self._lock:
            self._file.seek(self._places[name] if name in self._places else self._redacted[name])
            line = self._file.readline()
        return Exchange.from_document(json.loads(line))

    def redacted(self, name: str) -> bool:
        """Return whether a secret was removed from the newest exchange with this id."""
        return name in self._redacted

    def requests(self, name: str) -> int:
        """Return how many requests were sent for all exchanges with this id, trusted or not."""
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
        requests = self.requests(name) + (1 + exchange.retries) * exchange.request.sent
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
    """Return the evidence files of a run directory, oldest exchanges first: the main file, then parts left by a killed run."""
    plain, packed = folder / EVIDENCE_FILE, folder / PACKED_FILE
    main = [plain] if plain.is_file() else [packed] if packed.is_file() else []
    return main + [part for part in sorted(folder.glob(PART_FILES)) if first_line(part)]


def facts(folder: Path) -> dict[str, Any]:
    """Return the facts in the first line of a run directory's evidence; raises UsageError if there are none."""
    paths = files(folder)
    if not paths:
        raise UsageError(f"{folder} must contain {EVIDENCE_FILE} or {PACKED_FILE}", "give the directory of a run")
    return facts_of(paths[0], first_line(paths[0]))


def read(folder: Path) -> Iterator[Exchange]:
    """Yield the exchanges of a run directory in the order in which they finished, without a torn last line.

    Raises UsageError for a broken line, which it names, and for a file that does not begin with facts of this version.
    """
    for path in files(folder):
        for number, _, line in rows(path):
            yield decoded(path, number, line)


def find(folder: Path, ids: Iterable[str]) -> dict[str, Exchange]:
    """Return the newest exchanges with these ids; an id that the directory lacks is left out."""
    wanted = {exchange_id.encode() for exchange_id in ids}
    exchanges = {}
    for path in files(folder) if wanted else ():
        for number, _, line in rows(path):
            if may_be(line, wanted):
                exchange = decoded(path, number, line)
                exchanges[exchange.id] = exchange
    return exchanges
