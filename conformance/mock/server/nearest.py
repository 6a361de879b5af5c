"""Why a mock cannot start, and which names come nearest to one that it does not know."""

from collections.abc import Iterable
from difflib import get_close_matches


class StartError(Exception):
    """The options cannot be served; the text is a sentence for the user."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a sentence with the known names nearest to a name, or with all of them where none is near."""
    names = list(known)
    close = get_close_matches(name, names, n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(close)}?" if close else f"Known are: {', '.join(names)}."
