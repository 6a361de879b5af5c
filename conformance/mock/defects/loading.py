"""Finding defects: the DEFECTS of every module of a package, at any depth."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from types import MappingProxyType, ModuleType

from conformance.mock.defects.defect import Defect


def collect(package: str) -> Mapping[str, Defect]:
    """Return all defects of a package by name, in the order of its modules."""
    return MappingProxyType({defect.name: defect for module in modules(package) for defect in module.DEFECTS})


def modules(package: str) -> Iterator[ModuleType]:
    """Yield the modules of a package that have DEFECTS, sorted by name."""
    for name in names(package):
        module = importlib.import_module(name)
        if hasattr(module, "DEFECTS"):
            yield module


def names(package: str) -> list[str]:
    """Return the dotted names of all modules of a package, sorted, without its folders."""
    path = importlib.import_module(package).__path__
    return sorted(module.name for module in pkgutil.walk_packages(path, f"{package}.") if not module.ispkg)
