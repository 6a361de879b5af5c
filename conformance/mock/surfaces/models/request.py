"""Which page of the catalogue a request asks for."""

import re
from dataclasses import dataclass

from starlette.requests import Request


@dataclass(frozen=True)
class Page:
    """Which part of the catalogue is asked for; page 0 is all of it."""

    number: int = 1
    size: int = 20


def page_of(request: Request) -> Page:
    """Return the page that a request asks for, the first one without a number."""
    number, size = (whole_number(request.query_params.get(name, "")) for name in ("page", "page_size"))
    return Page(1 if number is None else number, size or Page.size)


def whole_number(text: str) -> int | None:
    """Return the number that a few digits spell; None for anything else."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None
