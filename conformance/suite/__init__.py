"""The suite: pytest modules that ask, look and return what they saw, one per parameter or behaviour, by surface.

A test here takes `case` and `ask`, returns an Observation and asserts nothing; what the observation means is for the judge.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest

claim = pytest.mark.claim
"""Names the rows of the contract that a test function can observe."""


def claims_of(function: object) -> list[str]:
    """The claim ids that a function's marks name."""
    return [each for mark in getattr(function, "pytestmark", []) if mark.name == "claim" for each in mark.args]


def tests(surface: str) -> Iterator[tuple[str, Any]]:
    """Every claim id of a surface with the function that observes it, without pytest's collection."""
    package = importlib.import_module(f"{__name__}.{surface}")
    for found in pkgutil.iter_modules(package.__path__):
        if found.name.startswith("test_"):
            module = importlib.import_module(f"{package.__name__}.{found.name}")
            for function in vars(module).values():
                yield from ((claim_id, function) for claim_id in claims_of(function))
