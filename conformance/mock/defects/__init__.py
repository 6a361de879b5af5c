"""Every defect by its name: a new one is a record in the DEFECTS of a module of this folder."""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType, ModuleType

from conformance.mock.defects.defect import Defect, Defects
from conformance.mock.defects.degraded import DEGRADED
from conformance.mock.defects.reports import load
from conformance.mock.server.nearest import StartError, nearest


def modules() -> Iterator[ModuleType]:
    """The modules of this folder that hold defects, by name."""
    for found in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name):
        module = importlib.import_module(f"{__name__}.{found.name}")
        if hasattr(module, "DEFECTS"):
            yield module


ALL: Mapping[str, Defect] = MappingProxyType({defect.name: defect for module in modules() for defect in module.DEFECTS})
REPORTS = load()


class UnknownDefectError(StartError):
    """A name that is no defect's; the text names the nearest ones."""


def named(names: Iterable[str]) -> Defects:
    """The defects of some names, in the order given."""
    return tuple(find(name) for name in names)


def find(name: str) -> Defect:
    """Return the defect or degradation with this name."""
    known = {**ALL, **DEGRADED}
    if name not in known:
        raise UnknownDefectError(f"Unknown defect {name!r}. {nearest(name, known)}")
    return known[name]
