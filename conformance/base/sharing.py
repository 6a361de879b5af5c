"""State that all processes of one run share (the pace, the budget), and the lock of a run directory.

Locking, reading and writing live here; what the state means is known only to the code that changes it.  A run of one process
keeps its state in memory and writes nothing.

SQLite holds both, because it locks files correctly between processes and rolls back the change of a process that was killed.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from conformance.base.errors import UsageError

LOCK_FILE = "run.lock"  # in the run directory while a run writes to it
STATE_FILE = "shared.db"  # in the run directory while several workers run

# Seconds to wait for the lock.  A change holds it for less than a millisecond, so a minute is only reached if a process is
# suspended in the middle of one.  A limit near the usual wait would fail runs on a machine that is merely busy.
_LOCK_TIMEOUT = 60.0

Result = TypeVar("Result")
Values = dict[str, Any]  # JSON values; each part of the project that keeps state here has a key of its own


class SharedState:
    """A dictionary that one process at a time can change: in a file, or in memory if there is no path.

    If a process dies in the middle of a change, SQLite releases its lock and takes the change back.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._values: Values = {}
        self._file: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    @property
    def in_memory(self) -> bool:
        """Whether only this process has the state."""
        return self._path is None

    def update(self, change: Callable[[Values], tuple[Values, Result]]) -> Result:
        """Apply `change`, which takes the values and returns the new ones and a result; return that result.

        `change` must not block, since all processes wait for it, and must not modify the dictionary it gets.  If it raises, the
        state stays as it was.
        """
        with self._lock:
            if self._path is None:
                self._values, result = change(self._values)
                return result
            self._file = self._file or _open(self._path)
            with self._file as file:  # commits, or rolls back if something is raised
                file.execute("begin immediate")
                before = json.loads(file.execute("select state from shared").fetchone()[0])
                after, result = change(before)
                if after != before:
                    file.execute("update shared set state = ?", (json.dumps(after),))
                return result

    def close(self) -> None:
        """Close the file; the next change opens it again."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def remove(self) -> None:
        """Delete the files.  Call it before a run, which must begin empty, and after it, while no process uses them."""
        self.close()
        if self._path is not None:
            for suffix in ("", "-journal"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)


class DirectoryLock:
    """The right to write to a run directory, held until it is released or the process dies.

    Raises UsageError if another run holds it.  On a file system without locks nothing is locked, and the run goes on: refusing
    to run there would protect against a rare mistake at the price of not working at all.
    """

    def __init__(self, folder: Path, option: str = "--out") -> None:
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
                hint = f"wait for its end, or name another directory with {option}"
                raise UsageError(f"another run is writing {folder}", hint) from error
            self._file = None

    def release(self) -> None:
        """Let another run write to the directory."""
        if self._file:
            self._path.unlink(missing_ok=True)
            self._file.close()
            self._file = None


def _open(path: Path) -> sqlite3.Connection:
    """Open the file with its one row.

    `synchronous = off`: the state is worthless after a crash of the machine, and syncing to disk would make every request wait.
    `journal_mode = truncate`: workers would otherwise create and delete a journal file for every change.
    """
    file = sqlite3.connect(path, timeout=_LOCK_TIMEOUT, isolation_level=None, check_same_thread=False)
    file.execute("pragma synchronous = off")
    file.execute("pragma journal_mode = truncate")
    with file:
        file.execute("begin immediate")
        file.execute("create table if not exists shared (only integer primary key check (only = 1), state text)")
        file.execute("insert or ignore into shared values (1, '{}')")
    return file
