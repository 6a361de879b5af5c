"""Renderers: each takes finished results and returns a text.  A format is one file here and one row in the table below.

Other packages add formats by entry points of the group `conformance.formats`: a name, and the Format that it refers to.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import entry_points

from conformance.base.errors import ConfigurationError, UsageError, nearest
from conformance.render import badge
from conformance.render.clients import render as clients
from conformance.render.markdown import render as markdown
from conformance.render.openmetrics import render as openmetrics
from conformance.render.summary import render as summary
from conformance.render.support import render as support
from conformance.render.table import render as table
from conformance.results.matrix import Matrix


@dataclass(frozen=True)
class Format:
    """A format of a matrix: the name of its file, and whether each run writes it by default, which no other package's is."""

    file: str
    render: Callable[[Matrix], str]
    always: bool = False


GROUP = "conformance.formats"

FORMATS: dict[str, Format] = {
    "markdown": Format("matrix.md", markdown, always=True),
    "summary": Format("summary.md", summary),
    "csv": Format("matrix.csv", table),
    "badge": Format("badge.svg", badge.picture),
    "badge-json": Format("badge.json", badge.document),
    "support": Format("support.json", support),
    "clients": Format("clients.md", clients),
    "openmetrics": Format("metrics.prom", openmetrics),
}


def formats() -> dict[str, Format]:
    """Return all formats by name, those of other packages last; raises ConfigurationError for one that cannot be used."""
    known = dict(FORMATS)
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        where = f"the entry point {point.name} = {point.value} of {GROUP}"
        hint = "correct or uninstall the package that has it"
        try:
            form = point.load()
        except (ImportError, AttributeError) as error:
            raise ConfigurationError(f"{where} cannot be loaded: {error}", hint) from error
        if not isinstance(form, Format):
            raise ConfigurationError(f"{where} must refer to a Format, got {type(form).__name__}", hint)
        if point.name in known or form.file in {other.file for other in known.values()}:
            message = f"{where} must have a name and a file of its own, and {point.name} or {form.file} is taken"
            raise ConfigurationError(message, hint)
        known[point.name] = form
    return known


def texts(matrix: Matrix, names: Iterable[str] = ()) -> dict[str, str]:
    """Return the matrix in these formats, by file name; in all formats if none is named.

    Raises UsageError for an unknown format.
    """
    wanted = list(dict.fromkeys(names))
    known = FORMATS if wanted and FORMATS.keys() >= set(wanted) else formats()
    for name in wanted:
        if name not in known:
            raise UsageError(f"--format must be one of {', '.join(known)}, got {name!r}", nearest(name, known))
    return {known[name].file: known[name].render(matrix) for name in wanted or known}


def standing_texts(matrix: Matrix) -> dict[str, str]:
    """Return the formats that each run writes by default, by file name."""
    return texts(matrix, [name for name, form in FORMATS.items() if form.always])
