"""Internals of a server that an error gives away, found by patterns that match nothing else.

A name that merely sounds internal (a table, a class, a channel) is not looked for: documents quote such names in their own
errors.  Nothing here sends or judges.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from conformance.http.exchange import WRONG_KEY

# Extensions of source files; what ends otherwise may be a path of the API.
_SOURCE = r"(?:py|js|mjs|ts|go|rs|java|kt|rb|php|cs|cpp|cc)\b"
# Addresses of private networks (RFC 1918).
_PRIVATE = r"(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}"
# A host name of any number of labels, in lower case as servers print it.
_NAME = r"[a-z0-9-]+(?:\.[a-z0-9-]+)*"
# Each pattern needs what does not occur in prose: a stack trace its form in Python, JavaScript, Go or Rust; a path a folder and
# the extension of a source file; a host a port or a scheme, or the domain of a cluster; a key its prefix and full length.
_PATTERNS = {
    "a stack trace": re.compile(
        r"Traceback \(most recent call last\)|File \"[^\"\n]+\", line \d+"
        r"|\n\s+at [\w$.<>]+ ?\([^()\n]*:\d+\)|\bgoroutine \d+ \[[a-z ]+\]:|stack backtrace:"
    ),
    "the path of a source file": re.compile(
        rf"(?<![\w.:/])/(?:[\w.@+-]+/)+[\w.+-]+\.{_SOURCE}|\b[A-Za-z]:\\(?:[^\\\s:\"]+\\)+[^\\\s:\"]+\.{_SOURCE}"
    ),
    "a host of the server's own network": re.compile(
        rf"\b{_NAME}\.cluster\.local\b|\b{_NAME}\.(?:svc|internal):\d+|//{_NAME}\.internal\b"
        rf"|(?<![\d.]){_PRIVATE}:\d+|//{_PRIVATE}\b"
    ),
    "a key": re.compile(r"\bsk-[A-Za-z0-9_-]{32,}|\bAIza[A-Za-z0-9_-]{35}\b"),
}
_HASHES = ("md5", "sha1", "sha256", "sha512")


def leak(text: str, host: str = "", shows_key: Callable[[str], bool] = lambda _: False) -> str | None:
    """Return the first internal in the text of an error; None if there is none.

    `host` is the endpoint's own, which may be shown.  `shows_key` tells whether a text gives away the key that was sent.
    """
    if shows_key(text):
        return "the key that was sent"
    strings = _joined_strings(text)
    for name, pattern in _PATTERNS.items():
        for match in pattern.finditer(strings):
            if not (host and host in match[0]):
                return name if name == "a key" else f"{name}: {' '.join(match[0].split())[:80]}"
    return None


def shown_key(text: str, key: str = WRONG_KEY) -> str | None:
    """Return how a text gives away a key: as it is, in base64 or as an unsalted hash; None if it does not."""
    if key in text:
        return "the key as it was sent"
    if base64.b64encode(key.encode()).decode().rstrip("=") in text:
        return "the key in base64"
    hashes = {name: hashlib.new(name, key.encode(), usedforsecurity=False).hexdigest() for name in _HASHES}
    return next((f"the {name} of the key" for name, value in hashes.items() if value in text.lower()), None)


def _joined_strings(text: str) -> str:
    """Return all strings of a JSON text, one per line; any other text as it is."""
    try:
        return "\n".join(_strings(json.loads(text)))
    except (ValueError, RecursionError):
        return text


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)
