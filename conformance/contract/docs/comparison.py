"""A documentation page held against a contract: every point in which they differ, in either direction.

What the contract holds for each cell of the provider table and each limit of the request body, and the comparison, live
here.  Reading a page (documents.py) and printing (render/ledger.py) do not.

The limits of the request body bear no parameter's name in most languages; they are told apart by order, form and value.
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
"""The parameters for which the request body states limits, in its order, and whether as a form of its own or in prose."""


@dataclass(frozen=True)
class Difference:
    """One point in which a page and a contract disagree.

    `column` is a column of the table, or the request body; `page` and `contract` are what each says, None where it says
    nothing; `line` is the page's, None where it has none.
    """

    parameter: str
    column: str
    page: str | None
    contract: str | None
    line: int | None


@dataclass(frozen=True)
class Comparison:
    """A page held against a contract: `cells` and `limits` count what the page states.

    An index, or any other page that is not about parameters, is not `comparable`: there is nothing to hold against a
    contract.  A page that names the parameters and has lost its table or limits is, and differs.
    """

    page: str
    comparable: bool
    cells: int
    limits: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class _Expected:
    """A limit that the contract holds for the request body; `fact` is None where its columns share none."""

    parameter: str
    fact: Fact | None
    formal: bool

    def __str__(self) -> str:
        return str(self.fact) if self.fact else "no limit that all columns share"


def compare(page: PageFacts, contract: Contract) -> Comparison:
    """All differences: of the table, then of the request body."""
    tabled = _tabled(contract)
    names = {name for name in (*LIMITED, *(parameter for parameter, _ in tabled)) if "_" in name}
    comparable = page.cells is not None or bool(page.limits) or bool(names & page.names)
    differences = (*_in_table(page.cells, tabled), *_in_body(page.limits, contract)) if comparable else ()
    return Comparison(page.name, comparable, len(page.cells or ()), len(page.limits), differences)


def agree(comparisons: Iterable[Comparison]) -> bool:
    """Whether at least one page could be compared and none differs."""
    found = list(comparisons)
    return any(each.comparable for each in found) and not any(each.differences for each in found)


# ------------------------------------------------------------------ the provider table


def _in_table(cells: Sequence[TableCell] | None, tabled: dict[tuple[str, str], Parameter]) -> Iterator[Difference]:
    if cells is None:
        yield Difference(TABLE, "all columns", None, f"{len(tabled)} cells", None)
        return
    for cell in cells:
        limits = tabled.get((cell.parameter, cell.column))
        told = _contradiction(cell.fact, limits) if limits else None
        if told or limits is None:
            yield Difference(cell.parameter, cell.column, str(cell.fact), told, cell.line)
    stated = {(cell.parameter, cell.column) for cell in cells}
    for (parameter, column), limits in tabled.items():
        if (parameter, column) not in stated:
            yield Difference(parameter, column, None, str(fact(limits.documented)), None)


def _contradiction(stated: Fact, limits: Parameter) -> str | None:
    """What the contract says where it says something else, in its documented cell or in its ranges."""
    held = fact(limits.documented)
    if not stated.agrees(held):
        return str(held)
    if not _within_ranges(held, limits):
        return f"a range of {' or '.join(f'{low} to {high}' for low, high in _ranges(limits)) or 'nothing'}"
    return None


def _tabled(contract: Contract) -> dict[tuple[str, str], Parameter]:
    """What the contract holds for each cell: parameters that it documents column by column."""
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
    for place, limit in _aligned(expected, limits):
        if place is None:
            assert limit is not None
            yield Difference("unknown parameter", BODY, str(limit.fact), None, limit.line)
            continue
        held = expected[place]
        if limit is None:
            yield Difference(" or ".join(_alike(expected, place)), BODY, None, str(held), None)
        elif held.fact is None or not limit.fact.agrees(held.fact):
            yield Difference(held.parameter, BODY, str(limit.fact), str(held), limit.line)
        elif held.formal and not limit.formal:
            yield Difference(held.parameter, BODY, f"{limit.fact}, in its sentence only", str(held), limit.line)
        elif limit.prose is not None and not limit.prose.agrees(held.fact):
            yield Difference(held.parameter, BODY, f"{limit.prose}, in its sentence", str(held), limit.line)


def _aligned(
    expected: Sequence[_Expected], limits: Sequence[BodyLimit]
) -> Iterator[tuple[int | None, BodyLimit | None]]:
    """Pairs of a place in `expected` and a limit of the page, either of them None where it has no counterpart."""
    held = [(each.formal, str(each)) for each in expected]
    stated = [(each.formal, str(each.fact)) for each in limits]
    for _, low, high, start, end in difflib.SequenceMatcher(None, held, stated, autojunk=False).get_opcodes():
        for step in range(max(high - low, end - start)):
            place = low + step if low + step < high else None
            yield place, limits[start + step] if start + step < end else None


def _alike(expected: Sequence[_Expected], place: int) -> Iterator[str]:
    """The parameters that a limit missing here may belong to: neighbours with the same limit cannot be told apart."""
    for each in expected[max(0, place - 1) : place + 2]:
        if each.fact == expected[place].fact and each.formal == expected[place].formal:
            yield each.parameter


def _common(name: str, contract: Contract) -> Fact | None:
    """The limit that holds for all columns alike: the values, the documented limit, or the range that they share."""
    columns = [_of_column(name, column, contract) for column in contract.columns]
    first = columns[0]
    if first.values:
        return Fact(FactKind.VALUES, names=tuple(str(each) for each in first.values))
    if _surface(contract).parameters[name].documented is not None:
        held = fact(first.documented)
        return held if all(_within_ranges(held, each) for each in columns) else None
    shared = [each for each in _ranges(first) if all(each in _ranges(other) for other in columns)]
    if not shared:
        return None
    low, high = shared[0]
    return Fact(FactKind.AT_MOST, (high,)) if first.type == "strings" else Fact(FactKind.RANGE, (low, high))


# ------------------------------------------------------------------ the contract's own limits


def _surface(contract: Contract) -> SurfaceContract:
    """The surface that the pages are about: the one with the most of the parameters whose limits a request body states."""
    return max(contract.surfaces.values(), key=lambda surface: len(surface.parameters.keys() & LIMITED.keys()))


def _of_column(name: str, column: str, contract: Contract) -> Parameter:
    return contract.parameter(
        _surface(contract).name, name, contract.classify(column, "", contract.default_classes[column])
    )


def _ranges(limits: Parameter) -> tuple[tuple[Decimal, Decimal], ...]:
    """The widest range and the undisputed one."""
    return tuple(dict.fromkeys((each[0], each[-1]) for each in (limits.range, limits.agreed) if each))


def _within_ranges(held: Fact, limits: Parameter) -> bool:
    """Whether a documented limit is one of the contract's own ranges."""
    if held.kind is FactKind.RANGE:
        return held.numbers in _ranges(limits)
    return held.kind is not FactKind.AT_MOST or held.numbers[0] in {high for _, high in _ranges(limits)}
