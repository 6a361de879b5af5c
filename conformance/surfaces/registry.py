"""Which surfaces are installed, by name.

Packages declare surfaces as entry points of one group, and this package does so for its own: NAME refers to the surface,
NAME.suite to the package of its tests, and NAME.mock to its front of the mock gateway, which only the mock's process loads.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points

from conformance.base.errors import ConfigurationError, nearest
from conformance.http.exchange import Request
from conformance.surfaces.surface import Surface

GROUP = "conformance.surfaces"
_SUITE = ".suite"


@cache
def _declared() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def installed() -> list[str]:
    """Return the names of the surfaces that are installed."""
    return sorted(name for name in _declared() if "." not in name)


@cache
def named(name: str) -> Surface:
    """Return the surface with this name.  Raises ConfigurationError if it is not installed."""
    if name not in installed():
        known = installed()
        hint = nearest(name, known) if known else "install the package: pip install ."
        raise ConfigurationError(f"surface {name!r} is not installed", hint)
    surface: Surface = _declared()[name].load()
    return surface


def for_request(request: Request) -> Surface:
    """Return the surface that a request belongs to."""
    return named(request.surface)


def suites() -> dict[str, str]:
    """Return the packages of tests by surface; a surface without tests is left out."""
    return {
        name.removesuffix(_SUITE): point.value for name, point in sorted(_declared().items()) if name.endswith(_SUITE)
    }
