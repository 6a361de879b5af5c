"""Reading which page of the catalogue a request asks for."""

import re
from dataclasses import dataclass

from starlette.requests import Request


@dataclass(frozen=True)
class CataloguePage:
    """A page of the catalogue; page 0 holds all records."""

    number: int = 1
    size: int = 20


def page_of(request: Request) -> CataloguePage:
    """Return the page that a request asks for, or the first if it names none."""
    number, size = (whole_number(request.query_params.get(name, "")) for name in ("page", "page_size"))
    return CataloguePage(1 if number is None else number, size or CataloguePage.size)


def whole_number(text: str) -> int | None:
    """Return the whole number in a text of 1 to 18 digits (they fit into 64 bits), or None for any other text."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None
