"""The suite: pytest modules that send requests and return what they observed.

A behaviour that several surfaces share is a probe in probes/, and a claim names it in its contract.  A behaviour that only one
API has is a test in the folder of that surface, and the test names its claims.  Both take `case` and `ask`, return an
Observation and assert nothing; the judge decides what the observation means.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from conformance.base.errors import nearest
from conformance.contract.claims import Claim
from conformance.contract.contract import Contract
from conformance.surfaces import registry
from conformance.trial.invariants import invariant_of

PROBES = f"{__name__}.probes"

claim = pytest.mark.claim
"""The mark that names the claims which a test function can observe."""

probe = pytest.mark.probe
"""The mark that names a shared probe; claims of any surface refer to it by this name."""


def claims_of(function: object) -> list[str]:
    """Return the claim ids that a function's marks name."""
    return _marked(function, "claim")


def probes_of(function: object) -> list[str]:
    """Return the names of the probes that a function's marks name."""
    return _marked(function, "probe")


def observed(function: object, contract: Contract) -> list[str]:
    """Return the ids of the claims that a function observes: those that it names, and those of the contract that name it."""
    named, probes = claims_of(function), set(probes_of(function))
    if not probes:
        return named
    return [*named, *(claim.id for claim in contract.claims.values() if claim.probe in probes)]


def tests(contract: Contract) -> dict[str, Any]:
    """Return the function that observes each claim of a contract, found without pytest's collection."""
    packages = registry.suites()
    by_claim = {}
    for function in functions(PROBES, *(packages[name] for name in contract.surfaces if name in packages)):
        by_claim.update({name: function for name in observed(function, contract) if name in contract.claims})
    return by_claim


def invariant_claims(contract: Contract) -> frozenset[str]:
    """Return the ids of the claims that are judged over every exchange of a model."""
    return frozenset(claim_id for claim_id, function in tests(contract).items() if invariant_of(function))


def faults(contract: Contract) -> list[str]:
    """Return where a contract and the suite do not match, one sentence each: claims that no test observes, or that two do."""
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
    claims = (claimed for claimed in contract.claims.values() if claimed.surface in known)
    everywhere = invariant_claims(contract)
    wrong += filter(None, (_fault(claimed, probes, named) for claimed in claims))
    wrong += [
        f"claim {claimed.id} presupposes {name}, which is judged after all other claims; name the claim that comes first"
        for claimed in contract.claims.values()
        for name in claimed.presupposes
        if name in everywhere and claimed.id not in everywhere
    ]
    return wrong + unusable_traits(contract)


def _fault(claimed: Claim, probes: set[str], named: set[str]) -> str | None:
    """Return what is wrong with how a claim is observed; `named` are the claims that tests name."""
    if claimed.probe is None and claimed.id in named:
        return None  # before the search for a near name, which takes milliseconds for each claim
    if claimed.probe is None:
        near = nearest(claimed.id, sorted(named))
        return f"claim {claimed.id} has no test; name a probe, or check its id: {near}"
    if claimed.probe not in probes:
        return f"claim {claimed.id} names an unknown probe {claimed.probe!r}; {nearest(claimed.probe, probes)}"
    if claimed.id in named:
        return f"claim {claimed.id} names probe {claimed.probe!r}, and a test names the claim; remove one of the two"
    return None


def unnamed_probes(contract: Contract) -> list[str]:
    """Return the probes that no claim of a contract names."""
    used = {claim.probe for claim in contract.claims.values()}
    return sorted({name for function in functions(PROBES) for name in probes_of(function)} - used)


@cache
def functions(*packages: str) -> tuple[Any, ...]:
    """Return the test functions of packages, sorted by the names of their modules."""
    return tuple(function for package in packages for function in _functions(package))


def _functions(package: str) -> Iterator[Any]:
    imported = importlib.import_module(package)
    for info in pkgutil.iter_modules(imported.__path__):
        if info.name.startswith("test_"):
            module = importlib.import_module(f"{package}.{info.name}")
            yield from (value for value in vars(module).values() if claims_of(value) or probes_of(value))


def unusable_traits(contract: Contract) -> list[str]:
    """Return what surfaces report as wrong with the contract's traits: no case of such a class of models can be built."""
    known = registry.installed()
    return [
        f"surface {name}, traits of class {kind}: {wrong}"
        for name, surface in contract.surfaces.items()
        if name in known
        for kind, described in contract.classes.items()
        if surface.documents(described.column) or kind in surface.traits
        if (wrong := registry.named(name).check_traits(surface.traits.get(kind, {})))
    ]


def _marked(function: object, name: str) -> list[str]:
    return [text for mark in getattr(function, "pytestmark", []) if mark.name == name for text in mark.args]
