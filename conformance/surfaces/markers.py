"""Markers: a different word in each prompt, so that an answer to another request can be recognised.

A marker is computed from the text of the request and never random, so that a replay and a resumed run send the same requests.
It is five letters that can be pronounced, which a model repeats easily, and two digits.  The digits are a checksum of the
letters, so that other texts hardly ever contain a marker.
"""

from __future__ import annotations

import hashlib
import re

_CONSONANTS = "bdfgklmnprstvz"
_VOWELS = "aeiou"
# Five letters, consonants and vowels by turns, then exactly two digits.  The first condition refuses a letter in front, the last
# one a further digit, so that a part of a longer word or number is not taken for a marker.  A digit in front is that of another
# marker, where two of them were run together.
_SHAPE = re.compile(
    rf"(?<![a-z])[{_CONSONANTS}][{_VOWELS}][{_CONSONANTS}][{_VOWELS}][{_CONSONANTS}]\d\d(?!\d)", re.IGNORECASE
)
_MISREAD = (
    2  # characters that may differ in a marker which a model repeats wrongly; with more it counts as another marker
)


def marker(text: str) -> str:
    """Return the marker of a text: the same for the same text, hardly ever the same for another."""
    number = int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big")
    letters = []
    for alphabet in (_CONSONANTS, _VOWELS, _CONSONANTS, _VOWELS, _CONSONANTS):
        number, place = divmod(number, len(alphabet))
        letters.append(alphabet[place])
    return _with_checksum("".join(letters))


def markers_in(text: str) -> set[str]:
    """Return the markers that a text contains, in small letters."""
    words = {word.lower() for word in _SHAPE.findall(text)}
    return {word for word in words if word == _with_checksum(word[:5])}


def foreign_markers(answer: str, prompt: str) -> set[str]:
    """Return the markers of an answer that its prompt does not contain; one of the prompt repeated wrongly does not count."""
    own = markers_in(prompt)
    others = markers_in(answer) - own
    return {other for other in others if not any(_distance(other, word) <= _MISREAD for word in own)}


def _with_checksum(letters: str) -> str:
    digest = hashlib.sha256(f"marker {letters}".encode()).digest()
    return f"{letters}{digest[0] % 100:02}"


def _distance(one: str, other: str) -> int:
    """Return the number of characters in which two markers of the same length differ."""
    return sum(a != b for a, b in zip(one, other, strict=True))
