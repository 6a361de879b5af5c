"""Evidence files before and after a run: delete, reopen, join, compress.

A kill at any moment loses nothing: a new file is written under another name, moved into place in one step, and only then are the
old ones deleted.  What the files contain is known to `recording`.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import zlib
from pathlib import Path
from typing import IO

from conformance.base.errors import UsageError
from conformance.base.writing import replacing
from conformance.evidence.lines import opened, rows
from conformance.evidence.recording import EVIDENCE_FILE, PACKED_FILE, PART_FILES, files

# Bytes from which on the evidence of a finished run is compressed: about five models with the whole contract.  Smaller files stay
# readable without a tool; larger ones shrink to a fraction.
LARGE = 16 * 1024 * 1024


def clear(folder: Path) -> None:
    """Delete the evidence of another run in a directory."""
    for path in (folder / PACKED_FILE, *folder.glob(PART_FILES), folder / EVIDENCE_FILE):
        path.unlink(missing_ok=True)


def reopen(folder: Path) -> None:
    """Make the evidence of a run directory one plain file that can be appended to: decompressed, without a torn line, joined."""
    plain, packed = folder / EVIDENCE_FILE, folder / PACKED_FILE
    if packed.is_file() and not plain.is_file():
        with opened(packed) as source, replacing(plain, durable=True) as file:
            _decompress(packed, source, file)
    packed.unlink(missing_ok=True)
    if torn_bytes := torn(folder).get(plain):
        os.truncate(plain, plain.stat().st_size - torn_bytes)
    join(folder)


def join(folder: Path) -> None:
    """Append the exchanges of the parts that several processes wrote to the main file, each line once, and delete the parts."""
    parts, sources = list(folder.glob(PART_FILES)), files(folder)
    if parts and sources:
        with replacing(folder / EVIDENCE_FILE, durable=True) as file:
            _join(sources, file)
    for part in parts:
        part.unlink()


def pack(folder: Path, above: int = LARGE) -> None:
    """Compress the evidence of a finished run if it has at least `above` bytes."""
    plain, packed = folder / EVIDENCE_FILE, folder / PACKED_FILE
    if plain.is_file() and plain.stat().st_size >= above:
        with plain.open("rb") as source, replacing(packed, durable=True) as file:
            _compress(source, file)
        plain.unlink()


def torn(folder: Path) -> dict[Path, int]:
    """Return the files that end with a torn line, with the number of its bytes."""
    plain = [path for path in (folder / EVIDENCE_FILE, *sorted(folder.glob(PART_FILES))) if path.is_file()]
    return {path: size for path in plain if (size := _torn_bytes(path))}


def _torn_bytes(path: Path, block: int = 65536) -> int:
    """Return the number of bytes after the last end of a line, reading backwards in blocks."""
    with path.open("rb") as file:
        end = place = file.seek(0, 2)
        while place:
            place = max(0, place - block)
            file.seek(place)
            ending = file.read(block).rfind(b"\n")
            if ending >= 0:
                return end - place - ending - 1
    return end


def _join(paths: list[Path], file: IO[bytes]) -> None:
    """Write the lines of all files, each once: after a join that was killed, a part may already be in the main file."""
    known: set[bytes] = set()
    with opened(paths[0]) as first:
        file.write(first.readline())
    for path in paths:
        for _, _, line in rows(path):
            digest = hashlib.blake2b(line, digest_size=16).digest()
            if digest not in known:
                known.add(digest)
                file.write(line)


def _decompress(packed: Path, source: IO[bytes], file: IO[bytes]) -> None:
    """Copy a compressed file; raises UsageError if it was cut off or is not compressed."""
    try:
        shutil.copyfileobj(source, file)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UsageError(f"{packed} cannot be read as evidence: {error}", "use the file as it was written") from error


def _compress(source: IO[bytes], file: IO[bytes]) -> None:
    with gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=6, mtime=0) as packed:
        shutil.copyfileobj(source, packed)
