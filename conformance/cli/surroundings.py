"""What a command needs of where it runs, whoever started it: standard streams, a current directory, paths that can be."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from conformance.base.errors import UsageError
from conformance.base.reading import reason_of

_SHOWN = 40  # characters of a path that is too long: enough to recognise it


def open_standard_streams() -> None:
    """Lead standard streams that are closed to the null device.

    The system gives their numbers to the next files that are opened, so that whatever a child process prints would be written
    into one of these; and Python has no object in place of the stream, on which printing fails.
    """
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


class _Stream(io.FileIO):
    """A standard stream whose disk may be full: what it does not take goes to stderr, so that no run ends and no verdict is lost.

    `failure` is why; a pipe that nobody reads any more is none.
    """

    failure: OSError | None = None

    def write(self, data: Any, /) -> int:
        if self.failure is None:
            try:
                return super().write(data) or 0
            except OSError as error:
                if error.errno in {errno.EPIPE, errno.EAGAIN}:
                    raise
                self.failure = error
        with suppress(OSError):
            os.write(2, data)
        return len(data)


def withstand_full_disks() -> Callable[[], str | None]:
    """Let stdout and stderr lead to files on a full disk; return a function that tells why stdout took no more, if it did not."""
    streams = {}
    for number, name in ((1, "stdout"), (2, "stderr")):
        old: Any = getattr(sys, name)
        with suppress(OSError, ValueError, AttributeError):
            old.flush()
            if old.fileno() == number:
                streams[name] = _Stream(number, "w", closefd=False)
                setattr(sys, name, _as_text(streams[name], old))

    def failure() -> str | None:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
        found = streams["stdout"].failure if "stdout" in streams else None
        return reason_of(found) if found else None

    return failure


def _as_text(stream: io.FileIO, like: Any) -> io.TextIOWrapper:
    """Return a text stream that encodes as another one does."""
    how = {"encoding": like.encoding, "errors": like.errors, "line_buffering": like.line_buffering}
    return io.TextIOWrapper(io.BufferedWriter(stream), **how)


def hear_ends() -> None:
    """Take a request to end, or the end of the terminal, for Ctrl-C: what is known is written, and nothing more is sent."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores it, and that stays
            signal.signal(number, signal.default_int_handler)


def long_path(error: Exception) -> UsageError | None:
    """Return the error for a path that is longer than the system allows; None for another error.

    Whether a path exists is asked at many places, each of which would have to know this one reason.
    """
    if not isinstance(error, OSError) or error.errno != errno.ENAMETOOLONG:
        return None
    shown = str(error.filename)[:_SHOWN]
    return UsageError(f"the path that begins with {shown!r} cannot be used: {error.strerror}", "give a shorter one")


def check_directory() -> None:
    """Raise UsageError if the current directory is no more: every relative path begins there."""
    try:
        Path.cwd()
    except OSError as error:
        raise UsageError(
            f"the current directory cannot be used: {error.strerror}", "change to one that exists, with cd"
        ) from None
