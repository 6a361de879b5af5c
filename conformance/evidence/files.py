"""What becomes of a run's evidence before and after it: cleared, gone on with, joined, packed.

Every step is whole at any moment it may be killed at: a new file takes its place in one move before the old one is removed.
What stands in the files is the business of `recording`.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO

from conformance.base.errors import UsageError
from conformance.evidence.recording import EVIDENCE_FILE, PACKED_FILE, PART_FILES, files, opened, rows, torn

LARGE = 16 * 1024 * 1024  # bytes; about five models of the whole contract


def clear(folder: Path) -> None:
    """Remove what another run left in a directory."""
    for path in (folder / PACKED_FILE, *folder.glob(PART_FILES), folder / EVIDENCE_FILE):
        path.unlink(missing_ok=True)


def reopen(folder: Path) -> None:
    """Make one plain file of a run directory's evidence that can be appended to: unpacked, whole to its last line, joined."""
    whole, packed = folder / EVIDENCE_FILE, folder / PACKED_FILE
    if packed.is_file() and not whole.is_file():
        with opened(packed) as source:
            _put(whole, lambda file: _unpack(packed, source, file))
    packed.unlink(missing_ok=True)
    rest = torn(folder).get(whole)
    if rest:
        os.truncate(whole, whole.stat().st_size - rest)
    join(folder)


def join(folder: Path) -> None:
    """Put the exchanges of the parts that several processes wrote behind the whole, each line once, and remove the parts."""
    parts, begun = list(folder.glob(PART_FILES)), files(folder)
    if parts and begun:
        _put(folder / EVIDENCE_FILE, lambda file: _join(begun, file))
    for part in parts:
        part.unlink()


def pack(folder: Path, above: int = LARGE) -> None:
    """Compress the evidence of a finished run where it has at least so many bytes."""
    whole, packed = folder / EVIDENCE_FILE, folder / PACKED_FILE
    if whole.is_file() and whole.stat().st_size >= above:
        with whole.open("rb") as source:
            _put(packed, lambda file: _compress(source, file))
        whole.unlink()


def _join(paths: list[Path], file: IO[bytes]) -> None:
    """A join that was killed before it removed a part is made again, so a line may come twice."""
    known: set[bytes] = set()
    with opened(paths[0]) as first:
        file.write(first.readline())
    for path in paths:
        for _, _, line in rows(path):
            digest = hashlib.blake2b(line, digest_size=16).digest()
            if digest not in known:
                known.add(digest)
                file.write(line)


def _unpack(packed: Path, source: IO[bytes], file: IO[bytes]) -> None:
    """Raises UsageError for a file that was cut off or is not packed."""
    try:
        shutil.copyfileobj(source, file)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UsageError(f"{packed} is no evidence: {error}", "use the file as it was written") from error


def _compress(source: IO[bytes], file: IO[bytes]) -> None:
    with gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=6, mtime=0) as packed:
        shutil.copyfileobj(source, packed)


def _put(path: Path, write: Callable[[IO[bytes]], None]) -> None:
    """Write a file that is seen only when it is whole and on the disk."""
    draft = path.with_name(f".{path.name}.part")
    try:
        with draft.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)  # on a full disk half of it would only take room
