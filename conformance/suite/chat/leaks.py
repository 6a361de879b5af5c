"""What an error shows of the server's inside: only patterns that cannot be anything else.

Nothing here sends or judges.  A name that merely sounds internal (a table, a class, a channel) is no pattern: documents
quote such names in their own errors.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from conformance.http.exchange import WRONG_KEY

_SOURCE = r"(?:py|js|mjs|ts|go|rs|java|kt|rb|php|cs|cpp|cc)\b"
_PRIVATE = r"(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}"
_NAME = r"[a-z0-9-]+(?:\.[a-z0-9-]+)*"
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
    """The first thing in the text of an error that belongs inside the server; `host` is the endpoint's own, and no secret.

    `shows_key` tells whether a text gives away the key that was sent.
    """
    if shows_key(text):
        return "the key that was sent"
    said = _said(text)
    for what, pattern in _PATTERNS.items():
        for found in pattern.finditer(said):
            if not (host and host in found[0]):
                return what if what == "a key" else f"{what}: {' '.join(found[0].split())[:80]}"
    return None


def shown_key(text: str, key: str = WRONG_KEY) -> str | None:
    """How the text gives away the key that was sent: as it is, in base64 or as a plain hash; None if it does not."""
    if key in text:
        return "the key as it was sent"
    if base64.b64encode(key.encode()).decode().rstrip("=") in text:
        return "the key in base64"
    hashes = {name: hashlib.new(name, key.encode(), usedforsecurity=False).hexdigest() for name in _HASHES}
    return next((f"the {name} of the key" for name, value in hashes.items() if value in text.lower()), None)


def _said(text: str) -> str:
    """All strings of a JSON text, one below the other; a text that is no JSON as it is."""
    try:
        return "\n".join(_strings(json.loads(text)))
    except (ValueError, RecursionError):
        return text


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)
