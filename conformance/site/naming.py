"""File names and anchors: safe on every operating system, and the same from one build to the next.

A name is made of the words for what is on the page, and ends in a hash of them, so that two pages never share a file even if
their words differ only in case or were cut.  Nothing here reads a disk.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from urllib.parse import quote

from conformance.results.facts import RunFacts
from conformance.results.matrix import Cell

Series = tuple[str, str]  # target and contract

_LONGEST = (
    72  # characters of words in a name: with the hash and a folder, a path stays below the 260 that Windows allows
)
INDEX, CLAIMS, STYLE, SCRIPT = "index.html", "claims.html", "site.css", "site.js"
CLAIM_LIST = "claims.js"  # the ids and statements of all claims, for the search


@lru_cache(maxsize=4096)
def slug(*parts: str, unseen: str = "") -> str:
    """Return these parts as lower-case letters, digits and hyphens, with eight digits of their hash.

    The hash keeps a name apart from the device names of Windows (con, nul).  `unseen` is part of the hash only.
    """
    word = re.sub(r"[^a-z0-9]+", "-", " ".join(parts).lower()).strip("-")[:_LONGEST].rstrip("-")
    digits = hashlib.sha256("\0".join([*parts, unseen]).encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{word}-{digits}" if word else digits


def anchor(cell: str) -> str:
    """Return an id for a cell or claim on a page: its own id, with what an HTML id or a URL cannot hold percent-encoded."""
    return quote(cell, safe="@:/.-_~", errors="surrogatepass")


def parameter_anchor(surface: str, parameter: str) -> str:
    """Return the id of the table of a parameter on the page of a run; no claim or cell has it."""
    return anchor(f"{surface}.{parameter}")


def run_name(run: RunFacts, digest: str) -> str:
    """Return the name of a run in the site: its target, when it began, and a hash of its content."""
    moment = re.sub(r"[^0-9TZ]", "", run.started)
    return slug(run.target, moment, unseen=digest)


def matrix_page(run: str) -> str:
    """Return the matrix page of the run with this name."""
    return f"runs/{run}.html"


def clients_page(series: Series) -> str:
    """Return the page of the clients of a series."""
    return f"clients/{slug(*series)}.html"


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
    """Return the page of a claim on all targets; the contract is part of the name, since two may have a claim of one id."""
    return f"claims/{slug(claim, unseen=contract)}.html"


def parameter_page(surface: str, parameter: str) -> str:
    """Return the page of a parameter on all targets."""
    return f"parameters/{slug(surface, parameter)}.html"


def parameter_picture(surface: str, parameter: str) -> str:
    """Return the picture of a parameter, which other sites embed: its name never changes."""
    return f"parameters/{slug(surface, parameter)}.svg"


def comparison_page(before: str, after: str) -> str:
    """Return the page that compares the runs with these names."""
    return f"comparisons/{slug(before, after)[-8:]}-{after}.html"


def history_page(series: Series) -> str:
    """Return the page with all runs of a series."""
    return f"history/{slug(*series)}.html"


def up(page: str) -> str:
    """Return the relative path from a page to the root of the site."""
    return "../" * page.count("/")
