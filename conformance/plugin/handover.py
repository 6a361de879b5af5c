"""What the controller sends to a pytest-xdist worker that may be on another machine, and what the worker sends back.

Such a worker cannot read the run directory or the files that options name.  The controller therefore sends the text of
these files, and the worker sends its evidence.  A key is never sent: a worker reads it from its own environment.
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

_TOKEN_FILE = ".workers"
_FILE_OPTIONS = ("target", "contract", "expectations")  # options whose value may be the name of a file


def write_token(out: Path) -> str:
    """Write a random token into the run directory and return it: a worker that reads the same token sees the same directory."""
    token = secrets.token_hex(16)
    (out / _TOKEN_FILE).write_text(token, encoding="utf-8")
    return token


def remove_token(out: Path) -> None:
    """Remove the token from the run directory."""
    (out / _TOKEN_FILE).unlink(missing_ok=True)


def read_option_files(options: Mapping[str, str | None], folder: Path) -> dict[str, dict[str, str]]:
    """Return the texts of the files that options name, by option and by file name; paths start from `folder`.

    A single file has the name "".  For a folder these are its TOML files.  The value of an option that names neither, such as a
    built-in target, means the same on every machine and is left out.
    """
    paths = {name: folder / value for name in _FILE_OPTIONS if (value := options.get(name))}
    texts = {name: _texts_of(path) for name, path in paths.items()}
    return {name: files for name, files in texts.items() if files}


def _texts_of(path: Path) -> dict[str, str]:
    if path.is_file():
        return {"": path.read_text(encoding="utf-8")}
    return {file.name: file.read_text(encoding="utf-8") for file in sorted(path.glob("*.toml")) if path.is_dir()}


class WorkerFiles:
    """The folders of a worker: the run directory, or a temporary one on a machine that does not see it.

    `out` is where the worker records.  `files` has the copies of the files that options name, by option; there are copies where
    the worker was started in another folder than the controller.
    """

    def __init__(self, sent: Mapping[str, Any]) -> None:
        self.out = Path(sent["out"])
        self.is_remote = not _has_token(self.out, sent["token"])
        self.files: dict[str, Path] = {}
        self._temporary: Path | None = None
        if self.is_remote or Path.cwd() != Path(sent["where"]):
            self._temporary = Path(tempfile.mkdtemp(prefix="conformance-"))
            for name, files in sent["texts"].items():
                self.files[name] = self._write(self._temporary, name, files)
        if self.is_remote and self._temporary:
            self.out = self._temporary

    @staticmethod
    def _write(folder: Path, name: str, files: Mapping[str, str]) -> Path:
        """Write the file or the folder of files of one option, and return its path."""
        copy = folder / (f"{name}.toml" if "" in files else name)
        for file, text in files.items():
            path = copy / file if file else copy
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return copy

    def evidence(self) -> bytes | None:
        """Return the compressed evidence of a remote worker, to be sent back; None on the controller's machine."""
        recorded = sorted(self.out.glob("evidence.*.ndjson")) if self.is_remote else []
        return zlib.compress(recorded[0].read_bytes()) if recorded else None

    def close(self) -> None:
        """Delete the temporary folder."""
        if self._temporary:
            shutil.rmtree(self._temporary, ignore_errors=True)


def save_evidence(evidence: bytes | None, out: Path, worker: str) -> None:
    """Write the compressed evidence that a remote worker sent into the run directory, as the file of that worker."""
    if evidence:
        (out / f"evidence.{worker}.ndjson").write_bytes(zlib.decompress(evidence))


def usage_error_of(error: object) -> str | None:
    """Return the usage error with which a worker ended, such as a missing key; None where it ended in another way.

    xdist passes on the traceback of a worker as text.  Usage errors of ours on a worker begin with its name and machine.
    """
    found = re.search(r"UsageError: (worker \S+ on .+)", str(error))
    return found[1] if found else None


def _has_token(out: Path, token: str) -> bool:
    try:
        return (out / _TOKEN_FILE).read_text(encoding="utf-8") == token
    except OSError:
        return False
