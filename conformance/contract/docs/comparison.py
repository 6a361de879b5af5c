"""Comparing a documentation page with a contract: every point in which they differ, in either direction.

What the contract states for each cell of the provider table and each limit of the request body, and the comparison, live here.
Reading a page (pages.py) and printing (render/ledger.py) do not.

The text of a request body does not name its parameters in most languages, so limits are matched by order, form and value.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from conformance.contract.boundaries import Parameter
from conformance.contract.contract import Contract, SurfaceContract
from conformance.contract.docs.pages import BodyLimit, Fact, FactKind, PageFacts, TableCell, fact

BODY = "request body"
TABLE = "provider table"
LIMITED = {
    "temperature": True,
    "top_p": True,
    "stop": False,
    "presence_penalty": True,
    "frequency_penalty": True,
    "logit_bias": False,
    "top_logprobs": True,
    "reasoning_effort": True,
    "service_tier": True,
}
"""The parameters for which the request body states limits, in its order; True for bounds or a list of values, False for prose."""


@dataclass(frozen=True)
class Difference:
    """One point in which a page and a contract disagree.

    `column` is a column of the table, or BODY.  `page` and `contract` are what each of them states, None for nothing.  `line`
    counts the page's lines from 1; None for what the page lacks.
    """

    parameter: str
    column: str
    page: str | None
    contract: str | None
    line: int | None


@dataclass(frozen=True)
class Comparison:
    """The result of comparing a page with a contract; `cells` and `limits` count what the page states.

    A page that is not about parameters, such as an index, is not `comparable`.  A page that names the parameters but has lost its
    table or its limits is comparable, and differs.
    """

    page: str
    comparable: bool
    cells: int
    limits: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class _Expected:
    """A limit that the contract states for the request body; `fact` is None if its columns have no limit in common."""

    parameter: str
    fact: Fact | None
    formal: bool

    def __str__(self) -> str:
        return str(self.fact) if self.fact else "no limit common to all columns"


def compare(page: PageFacts, contract: Contract) -> Comparison:
    """Return all differences between a page and a contract: those of the table, then those of the request body."""
    tabled = _by_cell(contract)
    # Only names with an underscore count: "stop" and "tools" are words of other pages, too.
    names = {name for name in (*LIMITED, *(parameter for parameter, _ in tabled)) if "_" in name}
    comparable = page.cells is not None or bool(page.limits) or bool(names & page.names)
    differences = (*_in_table(page.cells, tabled), *_in_body(page.limits, contract)) if comparable else ()
    return Comparison(page.name, comparable, len(page.cells or ()), len(page.limits), differences)


def agree(comparisons: Iterable[Comparison]) -> bool:
    """Return whether at least one page could be compared and none differs."""
    pages = list(comparisons)
    return any(page.comparable for page in pages) and not any(page.differences for page in pages)


# ------------------------------------------------------------------ the provider table


def _in_table(cells: Sequence[TableCell] | None, tabled: dict[tuple[str, str], Parameter]) -> Iterator[Difference]:
    if cells is None:
        yield Difference(TABLE, "all columns", None, f"{len(tabled)} cells", None)
        return
    for cell in cells:
        limits = tabled.get((cell.parameter, cell.column))
        contradiction = _contradiction(cell.fact, limits) if limits else None
        if contradiction or limits is None:
            yield Difference(cell.parameter, cell.column, str(cell.fact), contradiction, cell.line)
    stated = {(cell.parameter, cell.column) for cell in cells}
    for (parameter, column), limits in tabled.items():
        if (parameter, column) not in stated:
            yield Difference(parameter, column, None, str(fact(limits.documented)), None)


def _contradiction(stated: Fact, limits: Parameter) -> str | None:
    """Return what the contract states if it contradicts a cell, in its documented text or in its ranges; None if both agree."""
    documented = fact(limits.documented)
    if not stated.agrees(documented):
        return str(documented)
    if not _is_own_range(documented, limits):
        return f"a range of {' or '.join(f'{low} to {high}' for low, high in _ranges(limits)) or 'nothing'}"
    return None


def _by_cell(contract: Contract) -> dict[tuple[str, str], Parameter]:
    """Return the limits for each cell of the table, by parameter and column: of the parameters documented column by column."""
    names = [
        name
        for name, limits in _surface(contract).parameters.items()
        if any(column in limits.on and limits.on[column].documented is not None for column in contract.columns)
    ]
    return {(name, column): _of_column(name, column, contract) for name in names for column in contract.columns}


# ------------------------------------------------------------------ the request body


def _in_body(limits: Sequence[BodyLimit], contract: Contract) -> Iterator[Difference]:
    expected = [
        _Expected(name, _common(name, contract), LIMITED[name])
        for name in LIMITED
        if name in _surface(contract).parameters
    ]
    for index, limit in _aligned(expected, limits):
        if index is None:
            assert limit is not None
            yield Difference("unknown parameter", BODY, str(limit.fact), None, limit.line)
            continue
        held = expected[index]
        if limit is None:
            yield Difference(" or ".join(_alike(expected, index)), BODY, None, str(held), None)
        elif held.fact is None or not limit.fact.agrees(held.fact):
            yield Difference(held.parameter, BODY, str(limit.fact), str(held), limit.line)
        elif held.formal and not limit.formal:
            yield Difference(held.parameter, BODY, f"{limit.fact}, in its sentence only", str(held), limit.line)
        elif limit.prose is not None and not limit.prose.agrees(held.fact):
            yield Difference(held.parameter, BODY, f"{limit.prose}, in its sentence", str(held), limit.line)


def _aligned(
    expected: Sequence[_Expected], limits: Sequence[BodyLimit]
) -> Iterator[tuple[int | None, BodyLimit | None]]:
    """Yield pairs of an index into `expected` and a limit of the page; one of them is None where it has no counterpart."""
    held = [(limit.formal, str(limit)) for limit in expected]
    stated = [(limit.formal, str(limit.fact)) for limit in limits]
    for _, low, high, start, end in difflib.SequenceMatcher(None, held, stated, autojunk=False).get_opcodes():
        for step in range(max(high - low, end - start)):
            index = low + step if low + step < high else None
            yield index, limits[start + step] if start + step < end else None


def _alike(expected: Sequence[_Expected], index: int) -> Iterator[str]:
    """Yield the parameters that a missing limit may belong to: neighbours with the same limit cannot be distinguished."""
    for neighbour in expected[max(0, index - 1) : index + 2]:
        if neighbour.fact == expected[index].fact and neighbour.formal == expected[index].formal:
            yield neighbour.parameter


def _common(name: str, contract: Contract) -> Fact | None:
    """Return the limit common to all columns: the values, the documented limit, or a range; None if there is none."""
    columns = [_of_column(name, column, contract) for column in contract.columns]
    first = columns[0]
    if first.values:
        return Fact(FactKind.VALUES, names=tuple(str(value) for value in first.values))
    if _surface(contract).parameters[name].documented is not None:
        documented = fact(first.documented)
        return documented if all(_is_own_range(documented, column) for column in columns) else None
    shared = [ends for ends in _ranges(first) if all(ends in _ranges(column) for column in columns)]
    if not shared:
        return None
    low, high = shared[0]
    return Fact(FactKind.AT_MOST, (high,)) if first.type == "strings" else Fact(FactKind.RANGE, (low, high))


# ------------------------------------------------------------------ the contract's own limits


def _surface(contract: Contract) -> SurfaceContract:
    """Return the surface that the pages are about: the one that has most of the LIMITED parameters."""
    return max(contract.surfaces.values(), key=lambda surface: len(surface.parameters.keys() & LIMITED.keys()))


def _of_column(name: str, column: str, contract: Contract) -> Parameter:
    """Return a parameter as documented for a column's default class of models."""
    return contract.parameter(
        _surface(contract).name, name, contract.classify(column, "", contract.default_classes[column])
    )


def _ranges(limits: Parameter) -> tuple[tuple[Decimal, Decimal], ...]:
    """Return the widest range and the one that all documents agree on."""
    return tuple(dict.fromkeys((ends[0], ends[-1]) for ends in (limits.range, limits.agreed) if ends))


def _is_own_range(held: Fact, limits: Parameter) -> bool:
    """Return whether a documented limit is one of the contract's own ranges; true for what states no numbers."""
    if held.kind is FactKind.RANGE:
        return held.numbers in _ranges(limits)
    return held.kind is not FactKind.AT_MOST or held.numbers[0] in {high for _, high in _ranges(limits)}
