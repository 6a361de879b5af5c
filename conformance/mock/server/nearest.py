"""The error for a mock that cannot start, and the sentence that suggests known names for an unknown one."""

from collections.abc import Iterable
from difflib import get_close_matches


class StartError(Exception):
    """The mock cannot start with its options; the text is a sentence for the user."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a sentence with the known names that are most similar to a name, or with all of them if none is similar."""
    names = list(known)
    # A cutoff of 0.5 (difflib's default is 0.6) still finds a name that lacks one of its two words; lower ones suggest
    # unrelated names.
    close = get_close_matches(name, names, n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(close)}?" if close else f"Known are: {', '.join(names)}."
