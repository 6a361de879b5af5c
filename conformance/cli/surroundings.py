"""What a command needs of the process that it runs in, whoever started it: standard streams and a current directory."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from conformance.base.errors import UsageError


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


def check_directory() -> None:
    """Raise UsageError if the current directory is no more: every relative path begins there."""
    try:
        Path.cwd()
    except OSError as error:
        raise UsageError(
            f"the current directory cannot be used: {error.strerror}", "change to one that exists, with cd"
        ) from None
