"""The errors of the suite itself: everything that can stop a run and is not a verdict about an endpoint.

Every error says what is wrong and what to do next, and carries the exit code of the command line.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from conformance.base.quoting import harmless

# Characters of a message or a hint: some ten lines.  The longest of ours that quotes no value has a third of it.
_LONGEST = 1500


class ConformanceError(Exception):
    """An error with a message (what is wrong, where) and a hint (the next step); the base class is for our own faults.

    What looks like a secret is hidden in both, and what a terminal would obey is spelt out, since both quote what came from
    outside.
    """

    exit_code = 70

    def __init__(self, message: str, hint: str = "") -> None:
        self.message, self.hint = _shortened(harmless(message)), _shortened(harmless(hint))
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class UsageError(ConformanceError):
    """An option or a file that the user gave cannot be used."""

    exit_code = 2


class ConfigurationError(ConformanceError):
    """A key, a model or a setting of the target is missing or wrong."""

    exit_code = 3


class UnreachableError(ConformanceError):
    """The endpoint does not answer at all."""

    exit_code = 4


def _shortened(text: str) -> str:
    """Return a text without its middle where it is too long to be read, as one that quotes a value of a page's length."""
    half = _LONGEST // 2
    return text if len(text) <= _LONGEST else f"{text[:half]} ... {text[-half:]}"


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint for a misspelt `word`: the most similar known words, or all of them if none is similar.

    The cutoff of 0.6 is difflib's default: it finds one or two slips of the pen ("concurency") and rejects unrelated words.
    A list of more than 20 words helps nobody in an error message, so then only their number is given.
    """
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=3, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"known: {', '.join(names)}" if len(names) <= 20 else f"{len(names)} are known, none of them similar"
