"""Finding defects: every module of a package that has DEFECTS, at any depth."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from types import MappingProxyType, ModuleType

from conformance.mock.defects.defect import Defect


def collect(package: str) -> Mapping[str, Defect]:
    """Return all defects of a package by their name, in the order of its modules."""
    return MappingProxyType({defect.name: defect for module in modules(package) for defect in module.DEFECTS})


def modules(package: str) -> Iterator[ModuleType]:
    """Yield the modules of a package that hold defects, by name."""
    path = importlib.import_module(package).__path__
    for found in sorted(pkgutil.walk_packages(path, f"{package}."), key=lambda found: found.name):
        module = importlib.import_module(found.name)
        if hasattr(module, "DEFECTS"):
            yield module
