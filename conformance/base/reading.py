"""Files from outside: the one place where they are read, so that every file meets the same checks.

A file must be a regular one, since a pipe could be waited for without end; it must not be larger than any of its kind, and be
UTF-8.  What JSON and TOML may hold is decided in `parsing`.
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

from conformance.base.errors import UsageError
from conformance.base.parsing import parse_json

# Bytes of a file.  The matrix of 100 models with the whole contract has about 100 MB, and other files are far smaller.
MAX_BYTES = 256 * 1024 * 1024

MAX_SECRET = 64 * 1024  # bytes of a file with a key or an address, which take a hundred

_KINDS = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}


def read_bytes(path: Path, hint: str, limit: int = MAX_BYTES, *, shown: str | None = None) -> bytes:
    """Return the content of a regular file of at most `limit` bytes; raises UsageError for any other.

    The error names the file as `shown`, if its path must not be repeated.
    """
    name = shown or path
    try:
        check_regular(path, hint, shown=shown)
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except (OSError, ValueError) as error:  # a path with a NUL is a ValueError
        raise UsageError(f"{name} cannot be read: {reason_of(error)}", hint) from error
    if len(content) > limit:
        raise UsageError(f"{name} cannot be read: it must have at most {limit:,} bytes, and has more", hint)
    return content


def check_regular(path: Path, hint: str, *, shown: str | None = None) -> None:
    """Raise UsageError for a folder, a pipe or a device; OSError for a file that does not exist or must not be looked at."""
    if not stat.S_ISREG(mode := path.stat().st_mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "something else")
        raise UsageError(f"{shown or path} cannot be read: it must be a regular file, and is {kind}", hint)


def reason_of(error: Exception) -> str:
    """Return why a file cannot be read or written, in the words of the system."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def read_text(path: Path, hint: str, limit: int = MAX_BYTES, *, shown: str | None = None) -> str:
    """Return the text of a file, without a byte order mark; raises UsageError as `read_bytes` and `as_text` do."""
    return as_text(shown or str(path), read_bytes(path, hint, limit, shown=shown), hint)


def as_text(name: str, content: bytes, hint: str) -> str:
    """Return the content of a file as text; raises UsageError with the line that is not UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        reason = f"it must be UTF-8, and line {line} has the byte {content[error.start]:#04x}"
        raise UsageError(f"{name} cannot be read: {reason}", hint) from error


def read_json(path: Path, what: str, hint: str) -> Any:
    """Return the document in a JSON file; `what` it must be is said by the UsageError for anything else."""
    try:
        return parse_json(read_text(path, hint))
    except ValueError as error:
        raise UsageError(f"{path} must be {what}: {error}", hint) from error
