"""Whether a pytest session is about the suite: by what its command line names, or by a marked function that it collects.

Asked in every pytest of an environment, so nothing of the package is imported here.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

SUITE = Path(__file__).parent.parent / "suite"
_PACKAGE = "conformance.suite"


def names_suite(arguments: Iterable[str], where: Path, *, packages: bool) -> bool:
    """Return whether one of the arguments of a command line is the suite, or a part of it.

    `where` is the folder that paths start from; with `packages` (pytest's --pyargs) arguments may be names of packages.
    """
    return any(_is_suite(argument.split("::")[0], where, packages=packages) for argument in arguments)


def is_of_suite(function: object) -> bool:
    """Return whether a function is a test of the suite: it names claims, or is a probe that claims name."""
    return any(mark.name in {"claim", "probe"} for mark in getattr(function, "pytestmark", []))


def _is_suite(argument: str, where: Path, *, packages: bool) -> bool:
    if _is_in(argument, _PACKAGE) or (packages and any(_is_in(argument, package) for package in _further_suites())):
        return True
    full = (where / argument).resolve()
    return full == SUITE or SUITE in full.parents


def _is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


@cache
def _further_suites() -> tuple[str, ...]:
    """The packages of tests that surfaces of other packages bring."""
    declared = entry_points(group="conformance.surfaces")
    return tuple(point.value for point in declared if point.name.endswith(".suite"))
