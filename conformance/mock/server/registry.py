"""The fronts that are installed, and every defect by its name.

No surface is named here: a front is whatever an entry point of the group brings.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType

from conformance.mock.defects.defect import Defect, Defects
from conformance.mock.defects.degraded import DEGRADED
from conformance.mock.server.nearest import StartError, nearest
from conformance.mock.surfaces.front import Front

GROUP = "conformance.surfaces"
ENDING = ".mock"  # other entries of the group are the suite's, which the mock never loads


class UnknownDefectError(StartError):
    """A name that is no defect's; the text names the nearest ones."""


@cache
def fronts() -> tuple[Front, ...]:
    """Return every front that is installed, by name."""
    entries = (entry for entry in entry_points(group=GROUP) if entry.name.endswith(ENDING))
    found = tuple(loaded(entry) for entry in sorted(entries, key=lambda entry: entry.name))
    if not found:
        raise StartError("no surface is installed; install the package, for instance with pip install llm-conformance.")
    return found


def loaded(entry: EntryPoint) -> Front:
    """Return the front of an entry point."""
    try:
        front = entry.load()
    except (ImportError, AttributeError) as error:
        raise StartError(f"the entry point {entry.name} = {entry.value} cannot be loaded: {error}.") from error
    if not isinstance(front, Front):
        raise StartError(f"the entry point {entry.name} = {entry.value} should name a Front.")
    return front


def fallback() -> Front:
    """Return the front that answers for paths that nobody serves."""
    return next((front for front in fronts() if front.fallback), fronts()[0])


@cache
def defects() -> Mapping[str, Defect]:
    """Return the defects of all fronts, by name."""
    found: dict[str, Defect] = {}
    for defect in (defect for front in fronts() for defect in front.defects.values()):
        if defect.name in found or defect.name in DEGRADED:
            raise StartError(f"two defects are called {defect.name}; a name stands for one of them only.")
        found[defect.name] = defect
    return MappingProxyType(found)


def named(names: Iterable[str]) -> Defects:
    """Return the defects with these names, in the order given."""
    return tuple(find(name) for name in names)


def find(name: str) -> Defect:
    """Return the defect or degradation with this name."""
    known = {**defects(), **DEGRADED}
    if name not in known:
        raise UnknownDefectError(f"Unknown defect {name!r}. {nearest(name, known)}")
    return known[name]
