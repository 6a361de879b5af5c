"""Files as nobody wrote them: each field of a JSON or TOML document replaced by each of a list of wrong values."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

MARK = "@@here@@"
DEEP = 100_000  # levels, far more than Python's own limit of calls

# Values as they stand in a JSON text: not all of them can be written by a serialiser.
JSON_VALUES = {
    "null": "null",
    "true": "true",
    "a list": "[]",
    "an object": "{}",
    "an object in a list": '[{"x": [1]}]',
    "below zero": "-1",
    "a fraction": "0.5",
    "infinite": "1e400",
    "not a number": "NaN",
    "of 400 digits": "9" * 400,
    "of 5,000 digits": "9" * 5_000,
    "empty": '""',
    "long": f'"{"x" * 100_000}"',
    "a lone surrogate": '"\\ud800"',
    "the escape of a byte": '"a\\udce9"',
    "control characters": '"\\u001b]52;c;eA==\\u0007\\u0000\\n"',
    "nested 200 deep": "[" * 200 + "]" * 200,
    "nested 100,000 deep": "[" * DEEP + "]" * DEEP,
}
TOML_VALUES = {
    "true": "true",
    "a list": "[]",
    "a table": "{}",
    "a table in a list": "[{x = [1]}]",
    "below zero": "-1",
    "a fraction": "0.5",
    "infinite": "inf",
    "not a number": "nan",
    "of 400 digits": "9" * 400,
    "of 5,000 digits": "9" * 5_000,
    "a date": "2026-01-02",
    "a time": "2026-01-02T03:04:05Z",
    "empty": '""',
    "long": f'"{"x" * 100_000}"',
    "a lone surrogate": '"\\ud800"',
    "the escape of a byte": '"a\\udce9"',
    "control characters": '"\\u001b]52;c;eA==\\u0007\\u0000\\n"',
    "nested 100,000 deep": "[" * DEEP + "]" * DEEP,
}
BYTES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "cut off": lambda content: content[: len(content) * 2 // 3],
    "not UTF-8": lambda content: content.replace(b'"', b'"\xff', 1),
    "with NUL": lambda content: b"\0" * 64 + content,
    "another document": lambda _: b"[1, 2]",
    "nested": lambda _: b"[" * DEEP,
}


def places(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value within a document, the document itself first."""
    yield before
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in inner:
        yield from places(each, (*before, step))


def replaced(document: Any, place: tuple[Any, ...], text: str | None) -> str:
    """Return a document as JSON in which a text stands at a place; without a text there is nothing there."""
    if not place:
        return "" if text is None else text
    changed = copy.deepcopy(document)
    holder = changed
    for step in place[:-1]:
        holder = holder[step]
    if text is None:
        del holder[place[-1]]
    else:
        holder[place[-1]] = MARK
    return json.dumps(changed).replace(f'"{MARK}"', text or "")


def json_spoilt(document: Any) -> Iterator[tuple[str, str]]:
    """Yield every document with one wrong value, and with one missing, each with its name."""
    for place in places(document):
        for name, text in {**JSON_VALUES, "missing": None}.items():
            yield f"{'.'.join(map(str, place)) or 'the whole'}: {name}", replaced(document, place, text)


def toml_spoilt(text: str) -> Iterator[tuple[str, str]]:
    """Yield a TOML text with one wrong value, one line missing, and one table missing its name, each with its name."""
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if assigned := re.match(r"\s*[\w.\"-]+\s*=\s*", line):
            for name, value in TOML_VALUES.items():
                changed = [*lines[:number], f"{assigned[0]}{value}\n", *lines[number + 1 :]]
                yield f"line {number + 1}: {name}", "".join(changed)
        if line.strip() and not line.startswith("#"):
            yield f"line {number + 1}: missing", "".join([*lines[:number], *lines[number + 1 :]])
            yield (
                f"line {number + 1}: an unknown key",
                "".join([*lines[: number + 1], "unknown = 1\n", *lines[number + 1 :]]),
            )
