"""How text from outside becomes harmless in a format: on one line, printable, and without anything the format would read."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

from conformance.base.observation import printable

_MARKDOWN = "\\`*_[]<>|#~&"
_CALLS = re.compile(
    r"(?<!\w)@(?=\w)|\\#(?=\d)"
)  # GitHub looks for them in the finished text, where no backslash is left


def one_line(text: str) -> str:
    """Text on one line without what a terminal would obey or a file could not hold."""
    return printable(" ".join(text.split()))


def markdown(text: str) -> str:
    """Text that cannot become markup, nor what GitHub makes of bare addresses, names (@team) and numbers (#17)."""
    escaped = "".join(f"\\{each}" if each in _MARKDOWN else each for each in one_line(text))
    apart = _CALLS.sub(r"\g<0><!-- -->", escaped)
    return apart.replace("://", ":\\//").replace("www.", "www\\.")


def code(text: str) -> str:
    """Text for a code span in Markdown, where nothing but its end is read."""
    return one_line(text).replace("`", "")


def xml(text: str) -> str:
    """Text for an element or a quoted attribute; what is printable is allowed in XML."""
    return escape(one_line(text), {'"': "&quot;", "'": "&#39;"})


def shortened(text: str, longest: int) -> str:
    """Text of at most so many characters, with a sign where it was cut."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
