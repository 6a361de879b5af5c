"""Detect whether a pytest session runs the suite: its command line names it, or it collects a function marked as ours.

This runs in every pytest of the environment, so it must start fast: nothing of the package is imported here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

SUITE = Path(__file__).parent.parent / "suite"
_PACKAGE = "conformance.suite"


def names_suite(arguments: Iterable[str], folder: Path, *, packages: bool) -> bool:
    """Return whether an argument of a command line is the suite or a part of it.

    Relative paths start from `folder`; with `packages` (pytest's --pyargs) arguments may be names of packages.
    """
    return any(_is_suite(argument.split("::")[0], folder, packages=packages) for argument in arguments)


def names_case(argument: str) -> bool:
    """Return whether an argument is the node id of a case: only the names of cases have an @ in them."""
    return "@" in argument.partition("::")[2]


def by_package(argument: str, folder: Path) -> str:
    """Return the node id of a case as pytest prints it, relative to the suite, under its package, as --pyargs takes it.

    Any other argument is returned as it is, and so is one whose file exists in `folder`.
    """
    file, sign, name = argument.partition("::")
    if not names_case(argument) or (folder / file).exists():
        return argument
    module = file.removesuffix(".py").replace("/", ".")
    found = (package for package, place in _suites() if (place / file).is_file())
    return next((f"{package}.{module}{sign}{name}" for package in found), argument)


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


def _suites() -> Iterator[tuple[str, Path]]:
    """Yield the packages with tests and their folders; to find those of other packages takes an import."""
    yield _PACKAGE, SUITE
    for package in _suites_of_other_packages():
        spec = find_spec(package)
        yield from ((package, Path(place)) for place in (spec and spec.submodule_search_locations) or ())
