"""Compare two texts that should be equal: whether one is a damaged copy of the other, and where they first differ."""

from __future__ import annotations

from difflib import SequenceMatcher

ALIKE = 0.8  # share of equal characters: two answers of a model to one question have less, a text that lost some pieces has more
LONG = 40  # characters of a text that a model does not write twice with all but one piece the same by chance
LONG_PIECE = 4  # characters: a slip of a model in a single word is shorter
AROUND = 20  # characters that are shown before and after the first difference


def is_damaged(text: str, whole: str) -> bool:
    """Return whether a text is `whole` with pieces lost, doubled or in another order, rather than another answer."""
    if not text.strip():
        return True
    shorter, longer = sorted((text, whole), key=len)
    if is_within(shorter, longer) or sorted(text) == sorted(whole):
        return True
    return SequenceMatcher(None, text, whole, autojunk=False).ratio() >= ALIKE


def is_spliced(text: str, whole: str) -> bool:
    """Return whether a text is `whole` with one piece put in the middle or right behind it, as no model writes it by mistake."""
    same = _common(text, whole)
    if same == len(whole):
        return text[same : same + 1].isalnum()
    return same > 0 and len(whole) < len(text) and text.endswith(whole[same:])


def foreign_piece(text: str, whole: str) -> str:
    """Return what is put into a text that is otherwise `whole`; empty if it may be a piece of `whole` or a slip."""
    same = _common(text, whole)
    if same == len(whole) or not is_spliced(text, whole):
        return ""
    piece = text[same : len(text) - len(whole) + same].strip()
    known = not any(map(str.isalnum, piece)) or piece in whole
    return "" if known or (len(whole) < LONG and len(piece) < LONG_PIECE) else piece


def first_difference(expected: str, got: str) -> str:
    """Return a phrase with a short piece of both texts around the first character in which they differ."""
    first = _common(expected, got)
    begin = max(0, first - AROUND)
    parts = (text[begin : first + AROUND] for text in (expected, got))
    one, other = (f"...{part!r}" if begin else repr(part) for part in parts)
    return f"from character {first + 1} on expected {one}, got {other}"


def _common(one: str, other: str) -> int:
    """Return with how many equal characters two texts begin."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, pair in pairs if pair[0] != pair[1]), min(len(one), len(other)))


def is_within(part: str, whole: str) -> bool:
    """Return whether `whole` with some characters removed is `part`."""
    left = iter(whole)
    return all(character in left for character in part)
