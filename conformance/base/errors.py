"""Our own errors: what a user can meet that is not a verdict about an endpoint.

Every error says what is wrong and what to do next, and carries the exit code that the command line ends with.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ConformanceError(Exception):
    """What went wrong, and the next step."""

    exit_code = 70

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class UsageError(ConformanceError):
    """An option or a file that cannot be used."""

    exit_code = 2


class ConfigurationError(ConformanceError):
    """A key, a model or a setting of the target that is missing or wrong."""

    exit_code = 3


class UnreachableError(ConformanceError):
    """The endpoint does not answer."""

    exit_code = 4


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint that names the known words nearest to `word`, or all of them when none is near and they are few."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=3, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"known: {', '.join(names)}" if len(names) <= 20 else f"{len(names)} are known, none is near"
