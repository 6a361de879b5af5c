"""What JSON and TOML from outside may hold: the limits, and parsing within them.  No file is read here.

They must not be nested deeper, and their numbers not be longer, than code can walk through safely.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Iterator
from typing import Any

# Levels of nested arrays and objects.  The deepest reply of any surface, and the deepest file of ours, has about 10.  Code that
# walks through a value recursively is safe below this limit; without it, Python's own limit of 1000 calls would be met.
MAX_DEPTH = 100

# Digits of a whole number that is read exactly.  A longer one overflows where it meets a float, and comparing or printing one of
# many thousand digits takes quadratic time or raises.
MAX_DIGITS = 308

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")  # how JSON spells half of a character beyond U+FFFF
# What a number can look like that no float holds; only a text that has it is walked through.  256 hexadecimal digits are 308
# decimal ones.
_UNUSUAL = re.compile(r"\b(?:inf|nan)\b|[eE]\+?\d{3}|[0-9a-fA-F_]{256}")
_TOO_DEEP = f"it is nested more than {MAX_DEPTH} deep"


def parse_json(text: str) -> Any:
    """Return the value of a JSON text; raises ValueError, with the line or the place, for what no file of ours holds.

    That are NaN, numbers that no float can hold, nesting beyond MAX_DEPTH, and halves of characters but those that stand for a
    byte of a reply that was not UTF-8 (U+DC80 to U+DCFF).
    """
    try:
        value = json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise ValueError(f"it is cut off or wrong at line {error.lineno} ({error.msg})") from error
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error
    _check(value, text, text.count("[") + text.count("{"))
    if _SURROGATE.search(text):
        for place, each in _texts(value):
            if not each.isascii() and (half := _half(each)):
                raise ValueError(f"{place} has half of a character, {half!r}")
    return value


def parse_toml(text: str) -> dict[str, Any]:
    """Return the document of a TOML text; raises ValueError, with the line if that is known, for what no file holds."""
    try:
        document = tomllib.loads(text)
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error
    _check(document, text, text.count("[") + text.count("{") + text.count("."))
    return document


def too_deep(value: Any) -> bool:
    """Return whether arrays and objects are nested more than MAX_DEPTH deep."""
    level = [value]
    for _ in range(MAX_DEPTH):
        containers = [item for item in level if isinstance(item, list | dict) and item]
        level = [child for item in containers for child in (item.values() if isinstance(item, dict) else item)]
        if not level:
            return False
    return True


def place_in_words(path: tuple[Any, ...] | list[Any]) -> str:
    """Return where something stands in a document, as in cells[3].detail."""
    spelled = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return spelled.lstrip(".") or "the whole"


def values(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield every value in a document that holds no others, with its path."""
    if isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from values(inner, (*before, step))
    else:
        yield before, value


def _check(value: Any, text: str, brackets: int) -> None:
    """Raise ValueError for what is nested too deep, and for a number that no float can hold."""
    if brackets > MAX_DEPTH and too_deep(value):  # a text with few brackets cannot be nested too deep
        raise ValueError(_TOO_DEEP)
    for path, number in values(value) if _UNUSUAL.search(text) else ():
        if isinstance(number, float) and not math.isfinite(number):
            raise ValueError(f"{place_in_words(path)} must be a finite number that a float can hold, got {number}")
        if isinstance(number, int) and abs(number) >= 10**MAX_DIGITS:
            raise ValueError(f"{place_in_words(path)} must be a number of at most {MAX_DIGITS} digits")


def _half(text: str) -> str | None:
    """Return the first half of a character in a text that does not stand for a byte."""
    halves = (letter for letter in text if "\ud800" <= letter <= "\udfff")
    return next((half for half in halves if not "\udc80" <= half <= "\udcff"), None)


def _texts(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the texts of a document, keys too, each with the place where it stands."""
    for path, each in values(value):
        yield from ((place_in_words(path[:-1]), step) for step in path if isinstance(step, str))
        if isinstance(each, str):
            yield place_in_words(path), each


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not allowed in JSON")
