"""Lists in lines of a terminal: how they are broken, and how they are shortened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text

_INDENT = 4


def listed(head: str, items: Sequence[str], width: int, *, between: str = ", ", style: str = "") -> Iterator[Text]:
    """Yield lines with a head and the items behind it; no item is broken, and later lines are indented if there is a head."""
    indent = _INDENT if head else 0
    line = head
    for number, item in enumerate(items):
        text = item + (between.rstrip() if number < len(items) - 1 else "")
        gap = " " * (len(between) - len(between.rstrip())) if number and line.strip() else ""
        if number and cell_len(line + gap + text) > width:
            yield Text(line.rstrip(), style)
            line, gap = " " * indent, ""
        line += gap + text
    yield Text(line.rstrip(), style)


def some(items: Iterable[str], most: int | None) -> str:
    """Return the first of many items, and the number of the others; all of them if there is no limit."""
    every = list(items)
    rest = f" and {len(every) - most} more" if most is not None and len(every) > most else ""
    return f"{', '.join(every[:most])}{rest}"
