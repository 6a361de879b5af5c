"""Renderers: each takes a finished matrix and only writes.  A format is one file here and one row in the table."""

from collections.abc import Callable

from conformance.matrix import Matrix
from conformance.render.markdown import render as markdown

FILES: dict[str, Callable[[Matrix], str]] = {"matrix.md": markdown}
