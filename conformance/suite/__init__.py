"""The suite: pytest modules that ask, look and return what they saw.

A behaviour that several surfaces share is a probe in probes/, which a claim names in its contract; what is peculiar to one API
is a test in the folder of that surface, which names its claims.  Either takes `case` and `ask`, returns an Observation and
asserts nothing; what the observation means is for the judge.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from conformance.base.errors import nearest
from conformance.contract.contract import Contract
from conformance.surfaces import registry

PROBES = f"{__name__}.probes"

claim = pytest.mark.claim
"""Names the rows of the contract that a test function can observe."""

probe = pytest.mark.probe
"""Names a shared probe, as claims of any surface name it."""


def claims_of(function: object) -> list[str]:
    """Return the claim ids that a function's marks name."""
    return _marked(function, "claim")


def probes_of(function: object) -> list[str]:
    """Return the names of the probes that a function is."""
    return _marked(function, "probe")


def observed(function: object, contract: Contract) -> list[str]:
    """Return the ids of the claims of a contract that a function observes: those it names, and those that name it."""
    named, probes = claims_of(function), set(probes_of(function))
    return [*named, *(row.id for row in contract.claims.values() if row.probe in probes)]


def tests(contract: Contract) -> dict[str, Any]:
    """Return the function that observes each claim of a contract, without pytest's collection."""
    packages = registry.suites()
    found = {}
    for function in functions(PROBES, *(packages[name] for name in contract.surfaces if name in packages)):
        found.update({claim_id: function for claim_id in observed(function, contract) if claim_id in contract.claims})
    return found


def faults(contract: Contract) -> list[str]:
    """Return what is wrong between a contract and the suite, a sentence each: claims that nothing observes, or two tests do."""
    packages, known = registry.suites(), registry.installed()
    probes = {name for function in functions(PROBES) for name in probes_of(function)}
    wrong = [
        f"surface {name} is not installed; {nearest(name, known)}" for name in contract.surfaces if name not in known
    ]
    named = {
        claim_id
        for name in contract.surfaces
        if name in packages
        for function in functions(packages[name])
        for claim_id in claims_of(function)
    }
    for row in contract.claims.values():
        if row.surface not in known:
            continue
        if row.probe is not None and row.probe not in probes:
            wrong.append(
                f"claim {row.id} names probe {row.probe!r}, which does not exist; {nearest(row.probe, probes)}"
            )
        elif row.probe is not None and row.id in named:
            wrong.append(f"claim {row.id} names probe {row.probe!r}, and a test names the claim; leave one of them out")
        elif row.probe is None and row.id not in named:
            near = nearest(row.id, sorted(named))
            wrong.append(f"claim {row.id} has no test; name a probe for it, or check its id: {near}")
    return wrong + _unusable_traits(contract, known)


def unnamed_probes(contract: Contract) -> list[str]:
    """Return the probes that no claim of a contract names."""
    used = {row.probe for row in contract.claims.values()}
    return sorted({name for function in functions(PROBES) for name in probes_of(function)} - used)


@cache
def functions(*packages: str) -> tuple[Any, ...]:
    """Return the test functions of packages, by their modules' names."""
    return tuple(function for package in packages for function in _functions(package))


def _functions(package: str) -> Iterator[Any]:
    imported = importlib.import_module(package)
    for found in pkgutil.iter_modules(imported.__path__):
        if found.name.startswith("test_"):
            module = importlib.import_module(f"{package}.{found.name}")
            yield from (each for each in vars(module).values() if claims_of(each) or probes_of(each))


def _unusable_traits(contract: Contract, known: list[str]) -> list[str]:
    """What surfaces find wrong with the contract's words about classes of models."""
    return [
        f"surface {name}, traits of class {kind}: {wrong}"
        for name, surface in contract.surfaces.items()
        if name in known
        for kind in contract.classes
        if (wrong := registry.named(name).check_traits(surface.traits.get(kind, {})))
    ]


def _marked(function: object, name: str) -> list[str]:
    return [word for mark in getattr(function, "pytestmark", []) if mark.name == name for word in mark.args]
