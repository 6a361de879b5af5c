"""Templates to pages: the only place that knows Jinja.

Every text on a page is made printable and then escaped, wherever it came from.  A template that uses a name it was not given
fails.  What a page shows is decided by the module for its kind.
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
from conformance.render.signs import SIGNS, WIDER
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
    """Renders pages, with ages counted up to `now`."""

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
            wider=WIDER,
            policy=POLICY,
            version=__version__,
            now=f"{now:%Y-%m-%d %H:%M} UTC",
            age=lambda run: words.age(words.moment(run), now),
            is_old=lambda run: words.is_old(words.moment(run), now),
        )

    def page(self, path: str, template: str, values: Mapping[str, Any]) -> Page:
        """Return the page at this path from a template and the values it uses; links are relative to the path."""
        text = self._environment.get_template(template).render(up=naming.up(path), path=path, **values)
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
