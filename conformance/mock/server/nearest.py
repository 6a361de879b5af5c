"""The error for a mock that cannot start, and the sentence that suggests known names for an unknown one."""

from collections.abc import Iterable
from difflib import get_close_matches

FEW = 20  # names in one message; a longer list hides what went wrong


class StartError(Exception):
    """The mock cannot start with its options; the text is a sentence for the user."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a sentence with the known names that are most similar to a name; with all of them if none is and they are few."""
    names = list(known)
    # A cutoff of 0.5 (difflib's default is 0.6) still finds a name that lacks one of its two words; lower ones suggest
    # unrelated names.
    close = get_close_matches(name, names, n=3, cutoff=0.5)
    if close:
        return f"Did you mean {' or '.join(close)}?"
    if len(names) <= FEW:
        return f"Known are: {', '.join(names)}."
    return f"The nearest of {len(names)} are {', '.join(get_close_matches(name, names, n=3, cutoff=0))}."
