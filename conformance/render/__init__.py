"""Renderers: each takes finished results and returns a text.  A format is one file here and one row in the table below."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from conformance.base.errors import UsageError, nearest
from conformance.render import badge
from conformance.render.clients import render as clients
from conformance.render.markdown import render as markdown
from conformance.render.summary import render as summary
from conformance.render.support import render as support
from conformance.render.table import render as table
from conformance.results.matrix import Matrix


@dataclass(frozen=True)
class Format:
    """A format of a matrix: the name of its file, and whether each run writes it by default."""

    file: str
    render: Callable[[Matrix], str]
    always: bool = False


FORMATS: dict[str, Format] = {
    "markdown": Format("matrix.md", markdown, always=True),
    "summary": Format("summary.md", summary),
    "csv": Format("matrix.csv", table),
    "badge": Format("badge.svg", badge.picture),
    "badge-json": Format("badge.json", badge.document),
    "support": Format("support.json", support),
    "clients": Format("clients.md", clients),
}


def texts(matrix: Matrix, names: Iterable[str] = ()) -> dict[str, str]:
    """Return the matrix in these formats, by file name; in all formats if none is named.

    Raises UsageError for an unknown format.
    """
    wanted = list(dict.fromkeys(names)) or list(FORMATS)
    for name in wanted:
        if name not in FORMATS:
            raise UsageError(f"--format must be one of {', '.join(FORMATS)}, got {name!r}", nearest(name, FORMATS))
    return {FORMATS[name].file: FORMATS[name].render(matrix) for name in wanted}


def standing_texts(matrix: Matrix) -> dict[str, str]:
    """Return the formats that each run writes by default, by file name."""
    return texts(matrix, [name for name, form in FORMATS.items() if form.always])
