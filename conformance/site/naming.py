"""File names and anchors: safe on every operating system, and the same from one build to the next.

A name is made of what it stands for, and ends in a hash of all of it, so that two things never share a file: neither where
they differ only in case nor where they were cut.  Nothing here looks at a disk.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from urllib.parse import quote

from conformance.results.facts import RunFacts
from conformance.results.matrix import Cell

Series = tuple[str, str]  # target and contract

_LONGEST = 72
INDEX, CLAIMS, STYLE, SCRIPT = "index.html", "claims.html", "site.css", "site.js"


@lru_cache(maxsize=4096)
def slug(*parts: str, unseen: str = "") -> str:
    """Letters, digits and hyphens for these parts, with eight digits of their hash; no device name of any system.

    What is `unseen` counts for the hash only.
    """
    word = re.sub(r"[^a-z0-9]+", "-", " ".join(parts).lower()).strip("-")[:_LONGEST].rstrip("-")
    digits = hashlib.sha256("\0".join([*parts, unseen]).encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{word}-{digits}" if word else digits


def anchor(cell: str) -> str:
    """The id of a cell in its matrix page: the cell's own, with what an id or a URL may not hold percent-encoded."""
    return quote(cell, safe="@:/.-_~", errors="surrogatepass")


def run_name(run: RunFacts, digest: str) -> str:
    """What names a run among all: its target, when it began, and its content."""
    moment = re.sub(r"[^0-9TZ]", "", run.started)
    return slug(run.target, moment, unseen=digest)


def matrix_page(run: str) -> str:
    return f"runs/{run}.html"


def cells_page(series: Series, claim: str) -> str:
    """Return the page of all cells of a claim in a series; its name stays the same from build to build."""
    return f"cells/{slug(*series)}/{slug(claim)}.html"


def model_anchor(column: str, model: str) -> str:
    """Return the id of a model's cell on the page of its claim."""
    return anchor(f"{column}:{model}")


def cell_link(series: Series, cell: Cell) -> str:
    """Return the page of a cell's claim, and the place of the cell on it."""
    return f"{cells_page(series, cell.claim)}#{model_anchor(cell.column, cell.model)}"


def claim_page(contract: str, claim: str) -> str:
    """The page of a claim of one contract; another contract may have a claim of the same id."""
    return f"claims/{slug(claim, unseen=contract)}.html"


def comparison_page(before: str, after: str) -> str:
    """The page that compares the runs of these names."""
    return f"comparisons/{slug(before, after)[-8:]}-{after}.html"


def history_page(series: Series) -> str:
    return f"history/{slug(*series)}.html"


def up(page: str) -> str:
    """What leads from a page to the root of the site."""
    return "../" * page.count("/")
