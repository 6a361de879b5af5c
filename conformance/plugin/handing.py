"""What passes between the controller and a worker that may be on another machine.

There the worker sees neither the run directory nor the files that options name.  So the controller hands over the files'
text, and the worker hands its evidence back.  A key is never handed over: a worker reads it from its own environment.
"""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_MARK = ".workers"
_FILES = ("target", "contract", "expectations")  # options that may name a file


def mark(out: Path) -> str:
    """Leave a mark in the run directory that nobody can guess; what it says."""
    token = secrets.token_hex(16)
    (out / _MARK).write_text(token, encoding="utf-8")
    return token


def unmark(out: Path) -> None:
    """Take the mark away."""
    (out / _MARK).unlink(missing_ok=True)


def texts(options: Mapping[str, str | None], where: Path) -> dict[str, dict[str, str]]:
    """Return the texts of what options name that may lie on this machine only, by option and by file.

    A folder's TOML files have their own names, a single file has none; other values mean the same on every machine.
    """
    named = {name: where / value for name in _FILES if (value := options.get(name))}
    found = {name: _texts_of(path) for name, path in named.items()}
    return {name: files for name, files in found.items() if files}


def _texts_of(path: Path) -> dict[str, str]:
    if path.is_file():
        return {"": path.read_text(encoding="utf-8")}
    return {file.name: file.read_text(encoding="utf-8") for file in sorted(path.glob("*.toml")) if path.is_dir()}


class Desk:
    """A worker's place: the run directory where it sees it, else a temporary one, which is gone when it is closed.

    A worker that was started in another folder than the controller gets the files of the options there as well.
    """

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.out = Path(given["out"])
        self.away = not _sees(self.out, given["token"])
        self.files: dict[str, Path] = {}
        self._own: Path | None = None
        if self.away or Path.cwd() != Path(given["where"]):
            self._own = Path(tempfile.mkdtemp(prefix="conformance-"))
            for name, files in given["texts"].items():
                self.files[name] = self._written(self._own, name, files)
        if self.away and self._own:
            self.out = self._own

    @staticmethod
    def _written(folder: Path, name: str, files: Mapping[str, str]) -> Path:
        """Write what an option names, a file or a folder of files; where it is now."""
        place = folder / (f"{name}.toml" if "" in files else name)
        for file, text in files.items():
            path = place / file if file else place
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return place

    def evidence(self) -> bytes | None:
        """What was recorded, packed, where nobody else can read it."""
        found = sorted(self.out.glob("evidence.*.ndjson")) if self.away else []
        return zlib.compress(found[0].read_bytes()) if found else None

    def close(self) -> None:
        if self._own:
            shutil.rmtree(self._own, ignore_errors=True)


def receive(evidence: bytes | None, out: Path, worker: str) -> None:
    """Write what a worker handed over as its part of the evidence."""
    if evidence:
        (out / f"evidence.{worker}.ndjson").write_bytes(zlib.decompress(evidence))


def complaint(error: object) -> str | None:
    """What a worker said in one sentence before it went down; None where it said nothing of that kind."""
    found = re.search(r"UsageError: (worker \S+ on .+)", str(error))
    return found[1] if found else None


def _sees(out: Path, token: str) -> bool:
    try:
        return (out / _MARK).read_text(encoding="utf-8") == token
    except OSError:
        return False
