"""Text from outside made safe for a format: on one line, printable, and without markup of that format."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

from conformance.base.observation import printable

_MARKDOWN = "\\`*_[]<>|#~&$"
# @team, me@a.example and \#17, as they are after escaping.  GitHub looks for mentions, addresses and issue numbers in the
# rendered text, where the backslash is gone, so an empty comment is put behind the sign.  Without it a reply could notify people
# or link issues.
_CALLS = re.compile(r"(?<!\w)@(?=\w)|@(?=[\w-]+\.\w)|\\#(?=\d)")

_AT = re.compile(r"(?<!\w)@(?=\w)")


def one_line(text: str) -> str:
    """Return text on one line, with characters spelt out that a terminal would obey or a file cannot hold."""
    return printable(" ".join(text.split()))


def markdown(text: str) -> str:
    """Return text without markup, bare addresses, mentions (@team) and issue numbers (#17) for GitHub's Markdown."""
    escaped = "".join(f"\\{letter}" if letter in _MARKDOWN else letter for letter in one_line(text))
    apart = _CALLS.sub(r"\g<0><!-- -->", escaped)
    return apart.replace("://", ":\\//").replace("www.", "www\\.")


def code(text: str) -> str:
    """Return text for a code span in Markdown, in which a backtick ends it, and in a table a bar does: it is broken here."""
    return one_line(text).replace("`", "").replace("|", "¦")


def chat(text: str) -> str:
    """Return text for a chat without mentions and links: Slack reads <...> as one, others read @name, a bare address and
    [text](address), which are parted.
    """
    return escape(_AT.sub("@\u200b", one_line(text)).replace("://", ":\u200b//").replace("](", "] ("))


def xml(text: str) -> str:
    """Return text for an element or a quoted attribute; every printable character is allowed in XML."""
    return escape(one_line(text), {'"': "&quot;", "'": "&#39;"})


def in_quotes(text: str) -> str:
    """Return text as one word of a command line that somebody copies, always in quotes, so that all look alike."""
    return "'" + one_line(text).replace("'", "'\"'\"'") + "'"


def shortened(text: str, longest: int) -> str:
    """Return text of at most `longest` characters; "…" is the last one if it was cut."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
