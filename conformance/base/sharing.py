"""A small state that all processes of one run share: who waits until when, what is spent; and a run directory of one's own.

Locking, reading and writing live here; what the state means is the business of whoever changes it.  Alone, the state is kept
in memory and nothing is written.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from conformance.base.errors import UsageError

LOCK_FILE = "run.lock"  # in the run directory, while a run writes it
STATE_FILE = "shared.db"  # in the run directory, only while several workers run
_PATIENCE = 60.0  # seconds; a change takes far less than a millisecond

Result = TypeVar("Result")
Values = dict[str, Any]  # what JSON can hold; each part of the project that keeps something has a key of its own


class SharedState:
    """A dictionary that one process at a time changes: in a file, or in memory where no path is given.

    SQLite takes back the change of a process that dies before its end, and its lock.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._values: Values = {}
        self._file: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    @property
    def in_memory(self) -> bool:
        """Whether the state is this process's own."""
        return self._path is None

    def update(self, change: Callable[[Values], tuple[Values, Result]]) -> Result:
        """Put the first of what `change` returns in the state's place, and return the second.

        `change` waits for nothing and leaves what it was given as it is; where it raises, the state stays.
        """
        with self._lock:
            if self._path is None:
                self._values, result = change(self._values)
                return result
            self._file = self._file or _open(self._path)
            with self._file as file:  # which commits, or takes back where something is raised
                file.execute("begin immediate")
                before = json.loads(file.execute("select state from shared").fetchone()[0])
                after, result = change(before)
                if after != before:
                    file.execute("update shared set state = ?", (json.dumps(after),))
                return result

    def close(self) -> None:
        """Let go of the file; the next change opens it again."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def remove(self) -> None:
        """Take the files away, while no process uses them: before a run, which begins with nothing, and after it."""
        self.close()
        if self._path is not None:
            for end in ("", "-journal"):
                self._path.with_name(self._path.name + end).unlink(missing_ok=True)


class DirectoryLock:
    """A run directory that no other run writes until it is left, or until the process that occupies it dies.

    Raises UsageError where another run has it.  Where files cannot be locked nothing is held and nothing is said.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOCK_FILE
        self._file: sqlite3.Connection | None = None
        folder.mkdir(parents=True, exist_ok=True)
        try:
            self._file = sqlite3.connect(self._path, timeout=0, isolation_level=None, check_same_thread=False)
            self._file.execute("begin exclusive")
        except sqlite3.Error as error:
            if self._file:
                self._file.close()
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
                hint = "wait for its end, or name another directory with --out"
                raise UsageError(f"another run is writing {folder}", hint) from error
            self._file = None

    def release(self) -> None:
        """Let another run have it."""
        if self._file:
            self._path.unlink(missing_ok=True)
            self._file.close()
            self._file = None


def _open(path: Path) -> sqlite3.Connection:
    """The file with its one row.  What it holds need not outlive the machine, so nothing is waited for on the disk."""
    file = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
    file.execute("pragma synchronous = off")
    file.execute("pragma journal_mode = truncate")
    with file:
        file.execute("begin immediate")
        file.execute("create table if not exists shared (only integer primary key check (only = 1), state text)")
        file.execute("insert or ignore into shared values (1, '{}')")
    return file
