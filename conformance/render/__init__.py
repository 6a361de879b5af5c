"""Renderers: each takes a finished matrix and only writes.  A format is one file here and one row in the table."""

from collections.abc import Callable
from dataclasses import dataclass

from conformance.render import badge
from conformance.render.markdown import render as markdown
from conformance.render.summary import render as summary
from conformance.render.support import render as support
from conformance.render.table import render as table
from conformance.results.matrix import Matrix


@dataclass(frozen=True)
class Format:
    """A way to write a matrix: its file, and whether each run writes it without being asked."""

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
}
