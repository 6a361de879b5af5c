"""Detect whether a pytest session runs the suite: its command line names it, or it collects a function marked as ours.

This runs in every pytest of the environment, so it must start fast: nothing of the package is imported here.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

SUITE = Path(__file__).parent.parent / "suite"
_PACKAGE = "conformance.suite"


def names_suite(arguments: Iterable[str], folder: Path, *, packages: bool) -> bool:
    """Return whether an argument of a command line is the suite or a part of it.

    Relative paths start from `folder`; with `packages` (pytest's --pyargs) arguments may be names of packages.
    """
    return any(_is_suite(argument.split("::")[0], folder, packages=packages) for argument in arguments)


def is_suite_test(function: object) -> bool:
    """Return whether a function is a test of the suite: it has the marker `claim` or `probe`."""
    return any(mark.name in {"claim", "probe"} for mark in getattr(function, "pytestmark", []))


def _is_suite(argument: str, folder: Path, *, packages: bool) -> bool:
    if _is_in(argument, _PACKAGE) or (
        packages and any(_is_in(argument, package) for package in _suites_of_other_packages())
    ):
        return True
    full = (folder / argument).resolve()
    return full == SUITE or SUITE in full.parents


def _is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


@cache
def _suites_of_other_packages() -> tuple[str, ...]:
    """Return the packages with the tests of surfaces that other packages install."""
    declared = entry_points(group="conformance.surfaces")
    return tuple(point.value for point in declared if point.name.endswith(".suite"))
