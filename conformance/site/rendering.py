"""Templates to pages: the only place that knows Jinja.

Whatever a page shows is made printable and then escaped, wherever it came from; a name that a template uses and nobody gave is
an error.  What a page shows is decided by the module of its kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from conformance import __version__
from conformance.base.observation import printable
from conformance.render.signs import SIGNS
from conformance.site import naming, words

HERE = Path(__file__).parent
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True)
class Page:
    """A file of the site: its path below the root, and its text."""

    path: str
    text: str


class Renderer:
    """Renders pages as of one moment."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            finalize=_finalize,
        )
        self._environment.filters["content"] = _content
        self._environment.globals.update(
            naming=naming,
            words=words,
            signs=SIGNS,
            policy=POLICY,
            version=__version__,
            now=f"{now:%Y-%m-%d %H:%M} UTC",
            age=lambda run: words.age(words.moment(run), now),
            is_old=lambda run: words.is_old(words.moment(run), now),
        )

    def page(self, path: str, template: str, given: Mapping[str, Any]) -> Page:
        """The page at this path; its links are relative to it."""
        text = self._environment.get_template(template).render(up=naming.up(path), path=path, **given)
        return Page(path, text)


def _finalize(value: Any) -> Any:
    """Return what a template writes: text without control characters, and nothing for None."""
    if isinstance(value, Markup):
        return value
    if value is None:
        return ""
    return _readable(value) if isinstance(value, str) else value


def _content(text: str) -> Markup:
    """Return long text as the content of an element, with its quotes as they are.

    Autoescaping writes a quote as five characters for the sake of attributes, which makes JSON half as long again.
    """
    return Markup(_readable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def _readable(text: str) -> str:
    """Return text with its control characters spelt out; nearly all text has none, and seeing that is quicker."""
    plain = text.isprintable() or text.replace("\n", "").replace("\t", "").isprintable()
    return text if plain else printable(text, keep="\n\t")
