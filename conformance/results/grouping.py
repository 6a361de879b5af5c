"""Cells grouped by surface, then by parameter, and what a parameter is called where surfaces could be mixed up.

Every format takes its groups from here, so that two parameters of one name on two surfaces never share a row, a heading or an
entry.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from conformance.contract.claims import ENDPOINT
from conformance.results.matrix import Cell

Parameter = tuple[str, str]  # surface and name


@dataclass(frozen=True)
class Group:
    """One parameter of one surface: its title and, in the contract's order, its claims with their cells."""

    title: str
    claims: tuple[tuple[str, tuple[Cell, ...]], ...]


def grouped(cells: Iterable[Cell], named: Mapping[Parameter, str]) -> list[Group]:
    """Return the groups of these cells with these titles, surfaces and parameters in the order in which they come first."""
    groups: dict[Parameter, dict[str, list[Cell]]] = {}
    for cell in cells:
        groups.setdefault((cell.surface, cell.parameter), {}).setdefault(cell.claim, []).append(cell)
    surfaces = list(dict.fromkeys(surface for surface, _ in groups))
    return [
        Group(named[place], tuple((claim, tuple(found)) for claim, found in groups[place].items()))
        for place in sorted(groups, key=lambda place: surfaces.index(place[0]))
    ]


def titles(cells: Iterable[Cell]) -> dict[Parameter, str]:
    """Return what each parameter of a matrix is called: by its name, or as SURFACE.NAME where that is not enough.

    It is not where models were asked on several surfaces, nor for a name that two surfaces have.  A surface that only the
    endpoint as a whole is asked on, such as the list of models, needs no telling apart otherwise.
    """
    asked, places = set(), dict[Parameter, None]()
    for cell in cells:
        places[cell.surface, cell.parameter] = None
        if cell.column != ENDPOINT:
            asked.add(cell.surface)
    names = Counter(name for _, name in places)
    return {
        (surface, name): f"{surface}.{name}" if len(asked) > 1 or names[name] > 1 else name for surface, name in places
    }
