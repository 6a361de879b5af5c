"""Markers: a word of its own for each prompt, so that an answer to another request can be recognised.

A marker follows from what is asked, never from chance, so that a replay and a resumed run find the same requests.  It looks like
a word that a model can repeat (five letters, two digits), and its digits are a checksum of its letters, so that hardly any text
holds one by accident.
"""

from __future__ import annotations

import hashlib
import re

_CONSONANTS = "bdfgklmnprstvz"
_VOWELS = "aeiou"
_SHAPE = re.compile(
    rf"(?<![a-z0-9])[{_CONSONANTS}][{_VOWELS}][{_CONSONANTS}][{_VOWELS}][{_CONSONANTS}]\d\d(?!\d)", re.IGNORECASE
)
_MISREAD = 2  # letters or digits in which a model that repeats a marker wrongly may differ from it


def marker(text: str) -> str:
    """Return the marker that follows from a text."""
    number = int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big")
    letters = []
    for alphabet in (_CONSONANTS, _VOWELS, _CONSONANTS, _VOWELS, _CONSONANTS):
        number, place = divmod(number, len(alphabet))
        letters.append(alphabet[place])
    return _with_checksum("".join(letters))


def markers_in(text: str) -> set[str]:
    """Return the markers that a text holds, in small letters."""
    words = {found.lower() for found in _SHAPE.findall(text)}
    return {word for word in words if word == _with_checksum(word[:5])}


def foreign_markers(answer: str, prompt: str) -> set[str]:
    """Return the markers of an answer that its prompt does not hold, and that are not one of them repeated wrongly."""
    own = markers_in(prompt)
    others = markers_in(answer) - own
    return {other for other in others if not any(_distance(other, word) <= _MISREAD for word in own)}


def _with_checksum(letters: str) -> str:
    digest = hashlib.sha256(f"marker {letters}".encode()).digest()
    return f"{letters}{digest[0] % 100:02}"


def _distance(one: str, other: str) -> int:
    """Return in how many places two markers differ; they have the same length."""
    return sum(a != b for a, b in zip(one, other, strict=True))
