"""A ledger as text for people: which claims test each statement, and where documentation pages and contract differ."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from itertools import groupby

from conformance.base.observation import printable
from conformance.contract.docs.comparison import Comparison, Difference
from conformance.contract.docs.ledger import Coverage, CoveredStatement

_WIDTH = 100  # columns, so that a statement is read in one go on a terminal of any usual width


def coverage(joined: Coverage) -> str:
    """Return every statement by page and section with its claims or why it has none, then what is missing, then counts."""
    return "\n".join(_coverage(joined)) + "\n"


def comparisons(found: Iterable[Comparison]) -> str:
    """Return a line for each page, followed by a line for each of its differences."""
    return "\n".join(line for comparison in found for line in _comparison(comparison)) + "\n"


def _coverage(joined: Coverage) -> Iterator[str]:
    yield joined.ledger.title
    for page, on_page in groupby(joined.entries, key=lambda entry: entry.statement.page):
        yield f"\n{page.title} ({', '.join(page.languages)}), read {page.read}\n{page.url}"
        for section, entries in groupby(on_page, key=lambda entry: entry.statement.section):
            yield f"\n  {section}"
            for entry in entries:
                yield from _entry(entry)
    yield from _missing(joined)
    yield ""
    yield from _wrapped(_counts(joined), "")


def _entry(entry: CoveredStatement) -> Iterator[str]:
    statement = entry.statement
    only = f" ({', '.join(statement.only)} only)" if statement.only else ""
    yield f"    {statement.id}{only}"
    yield from _wrapped(statement.says, "      ")
    if entry.claims:
        yield from _wrapped(f"claims: {', '.join(claim.id for claim in entry.claims)}", "        ")
    if entry.unwritten:
        yield from _wrapped(f"not written yet: {', '.join(entry.unwritten)}", "        ")
    if statement.untested:
        yield from _wrapped(f"not tested: {statement.untested}", "        ")
    if entry.uncovered:
        yield "        UNCOVERED"


def _missing(joined: Coverage) -> Iterator[str]:
    listed = (
        ("Statements that nothing covers", [entry.statement.id for entry in joined.uncovered]),
        ("Claims that are not written yet", list(joined.unwritten)),
        (
            "Claims that cite these pages, and to which no statement leads",
            [claim.id for claim in joined.unmatched_of_pages],
        ),
        (
            "Claims from other documents",
            [claim.id for claim in joined.unmatched if claim not in joined.unmatched_of_pages],
        ),
    )
    for title, ids in listed:
        if ids:
            yield f"\n{title} ({len(ids)})"
            yield from _wrapped(", ".join(ids), "  ")


def _counts(joined: Coverage) -> str:
    entries = joined.entries
    tested = sum(bool(entry.claims) for entry in entries)
    reasons = sum(bool(entry.statement.untested) for entry in entries)
    claims = len({claim.id for entry in entries for claim in entry.claims})
    return (
        f"{_number(len(entries), 'statement')}: {tested} tested by {_number(claims, 'claim')}, {reasons} not tested for a "
        f"reason, {len(joined.uncovered)} uncovered; {_number(len(joined.unwritten), 'claim')} not written yet; "
        f"{_number(len(joined.unmatched), 'claim')} that no statement leads to"
    )


def _comparison(comparison: Comparison) -> Iterator[str]:
    name = printable(comparison.page)
    if not comparison.comparable:
        yield f"{name}: no provider table, no limits, no parameters: not a page to compare"
        return
    compared = f"{_number(comparison.cells, 'cell')} and {_number(comparison.limits, 'limit')} of parameters"
    if not comparison.differences:
        yield f"{name}: {compared} agree with the contract"
        return
    yield f"{name}: {compared}, {_number(len(comparison.differences), 'difference')}"
    for difference in comparison.differences:
        yield from _wrapped(_difference(difference), "  ")


def _difference(difference: Difference) -> str:
    place = f"line {difference.line}" if difference.line else "no line"
    page = printable(difference.page) if difference.page is not None else "nothing"
    contract = difference.contract if difference.contract is not None else "nothing"
    where = printable(f"{difference.parameter}, {difference.column}")
    return f"{place}: {where}: the page says {page}, the contract says {contract}"


def _number(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _wrapped(text: str, indent: str) -> Iterator[str]:
    """Yield lines of at most 100 columns; ids are never broken, and continued lines are indented by two more."""
    yield from textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
