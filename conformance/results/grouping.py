"""Cells grouped by surface and parameter, and the titles of parameters.

Every format takes its groups from here, so that two parameters with one name on two surfaces never share a row, a heading or
an entry.
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

    @property
    def surface(self) -> str:
        return self.claims[0][1][0].surface

    @property
    def parameter(self) -> str:
        return self.claims[0][1][0].parameter


def grouped(cells: Iterable[Cell], named: Mapping[Parameter, str]) -> list[Group]:
    """Return cells as groups with these titles; surfaces and parameters keep the order in which they first occur."""
    groups: dict[Parameter, dict[str, list[Cell]]] = {}
    for cell in cells:
        groups.setdefault((cell.surface, cell.parameter), {}).setdefault(cell.claim, []).append(cell)
    surfaces = list(dict.fromkeys(surface for surface, _ in groups))
    return [
        Group(named[place], tuple((claim, tuple(row)) for claim, row in groups[place].items()))
        for place in sorted(groups, key=lambda place: surfaces.index(place[0]))
    ]


def names(cells: Iterable[Cell]) -> dict[Parameter, str]:
    """Return the name of each parameter, for a format that has a heading for each surface."""
    return {(cell.surface, cell.parameter): cell.parameter for cell in cells}


def titles(cells: Iterable[Cell]) -> dict[Parameter, str]:
    """Return the title of each parameter: its name, or SURFACE.NAME if models were tested on several surfaces or two share it.

    A surface on which only the endpoint as a whole is tested, such as the list of models, does not count as one of several.
    """
    surfaces, places = set(), dict[Parameter, None]()
    for cell in cells:
        places[cell.surface, cell.parameter] = None
        if cell.column != ENDPOINT:
            surfaces.add(cell.surface)
    names = Counter(name for _, name in places)
    return {
        (surface, name): f"{surface}.{name}" if len(surfaces) > 1 or names[name] > 1 else name
        for surface, name in places
    }
