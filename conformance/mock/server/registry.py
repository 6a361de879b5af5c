"""The fronts that are installed, and every defect by its name.

No surface may be named here: fronts are found by the entry points of a group.
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
ENDING = ".mock"  # the other entries of the group belong to the suite, and the mock must not load them


class UnknownDefectError(StartError):
    """No defect has this name; the text suggests similar names."""


@cache
def fronts() -> tuple[Front, ...]:
    """Return all installed fronts, sorted by name; raise StartError without any."""
    entries = (entry for entry in entry_points(group=GROUP) if entry.name.endswith(ENDING))
    installed = tuple(load_front(entry) for entry in sorted(entries, key=lambda entry: entry.name))
    if not installed:
        raise StartError("no surface is installed; install the package, for instance with pip install llm-conformance.")
    return installed


def load_front(entry: EntryPoint) -> Front:
    """Return the front that an entry point names; raise StartError if it cannot be loaded."""
    try:
        front = entry.load()
    except (ImportError, AttributeError) as error:
        raise StartError(f"the entry point {entry.name} = {entry.value} cannot be loaded: {error}.") from error
    if not isinstance(front, Front):
        raise StartError(f"the entry point {entry.name} = {entry.value} must name a Front.")
    return front


def fallback() -> Front:
    """Return the front that answers on unknown paths."""
    return next((front for front in fronts() if front.fallback), fronts()[0])


@cache
def defects() -> Mapping[str, Defect]:
    """Return the defects of all fronts, by name."""
    by_name: dict[str, Defect] = {}
    for defect in (defect for front in fronts() for defect in front.defects.values()):
        if defect.name in by_name or defect.name in DEGRADED:
            raise StartError(f"names of defects must be unique: two are called {defect.name}.")
        by_name[defect.name] = defect
    return MappingProxyType(by_name)


def find_all(names: Iterable[str]) -> Defects:
    """Return the defects with these names, in the same order."""
    return tuple(find(name) for name in names)


def find(name: str) -> Defect:
    """Return the defect or degradation with this name; raise UnknownDefectError if there is none."""
    known = {**defects(), **DEGRADED}
    if name not in known:
        raise UnknownDefectError(f"Unknown defect {name!r}. {nearest(name, known)} --list-defects prints all.")
    return known[name]
