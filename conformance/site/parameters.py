"""The page of one parameter of an API on all targets: whether it can be used, within which limits, and a picture to embed.

Whether a parameter works is decided by `render/support`, what its squares say by `results/squares`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.render.support import works
from conformance.results.grouping import Parameter
from conformance.results.matrix import Cell
from conformance.results.squares import Column, Square, model_of
from conformance.site import naming
from conformance.site.bars import Axis, Bar, bars
from conformance.site.boards import Board, Side
from conformance.site.rendering import Page, Renderer

PICTURED = 40  # rows of the picture; the page has all
ANSWERS: dict[bool | str | None, tuple[str, str]] = {
    True: ("✓", "yes"),
    "partial": ("~", "partly"),
    False: ("✗", "no"),
    None: ("?", "not known"),
}


@dataclass(frozen=True)
class Use:
    """A parameter on the models of one column of a target: the answer, the square, the bar, and the place of its rows."""

    side: Side
    column: Column
    answer: bool | str | None
    square: Square
    bar: Bar | None
    place: str

    @property
    def sign(self) -> str:
        return ANSWERS[self.answer][0]

    @property
    def word(self) -> str:
        return ANSWERS[self.answer][1]

    @property
    def short(self) -> str:
        """The answer in a few words; of a parameter that works with one value alone, that value."""
        alone = next((limit for limit in self.square.limits if limit.isdecimal()), None)
        return f"only {alone}" if alone and self.answer == "partial" and len(self.square.limits) == 1 else self.word

    @property
    def name(self) -> str:
        """The target with its version, and the model."""
        version = f" {self.side.run.facts.target_version}" if self.side.run.facts.target_version else ""
        return f"{self.side.target.name}{version}, {self.column.provider} {self.column.title}"


def known(boards: Sequence[Board]) -> frozenset[Parameter]:
    """Return the surface and name of each parameter that has a page."""
    return frozenset((board.surface, parameter) for board in boards for parameter in board.parameters)


def pages(boards: Sequence[Board], renderer: Renderer) -> Iterator[Page]:
    """Yield the page and the picture of each parameter."""
    for board in boards:
        for parameter in board.parameters:
            axis, uses = _uses(board, parameter)
            values = {"surface": board.surface, "parameter": parameter, "axis": axis, "uses": uses, "most": PICTURED}
            picture = naming.parameter_picture(board.surface, parameter)
            yield renderer.page(naming.parameter_page(board.surface, parameter), "parameter.html", {
                **values, "picture": picture, "claims": _claims(uses, parameter)
            })  # fmt: skip
            yield renderer.page(picture, "parameter.svg", values)


def _uses(board: Board, parameter: str) -> tuple[Axis | None, list[Use]]:
    """Return the axis that the limits share, and the parameter on each column that was asked about it."""
    found = [
        (side, column, square, _cells(side, column, parameter))
        for side in board.sides
        for column, square in zip(side.columns, side.squares(parameter), strict=True)
        if square
    ]
    axis, drawn = bars([(square.documented, next(iter(square.limits), None)) for _, _, square, _ in found])
    return axis, [
        Use(side, column, works(cells), square, bar, side.place(board.surface, parameter))
        for (side, column, square, cells), bar in zip(found, drawn, strict=True)
    ]


def _cells(side: Side, column: Column, parameter: str) -> list[Cell]:
    """Return the cells of a parameter on the models of a column."""
    return [
        cell
        for row in side.overview.rows
        if row.group.parameter == parameter
        for _, cells in row.group.claims
        for cell in cells
        if model_of(cell) in column.models
    ]


def _claims(uses: Sequence[Use], parameter: str) -> list[tuple[str, str]]:
    """Return the contract and the id of each claim about a parameter, without repetition."""
    found = (
        (use.side.target.series[1], cell.claim) for use in uses for cell in _cells(use.side, use.column, parameter)
    )
    return list(dict.fromkeys(found))
