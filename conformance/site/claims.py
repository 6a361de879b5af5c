"""The page of one claim on all targets, with the verdict of each model in each run that is shown; and the list of all claims.

What was observed in a cell, and on which evidence, is on the pages of `cells`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.base.observation import printable
from conformance.contract.claims import Claim
from conformance.results.grouping import titles
from conformance.results.matrix import Cell
from conformance.site import naming
from conformance.site.choosing import Run, Target, by_provider, current_cells
from conformance.site.rendering import Page, Renderer
from conformance.trial.judge import FOLDING, Verdict


@dataclass(frozen=True)
class Standing:
    """The cells of a claim on one target: its models, and a row for each run that is shown, newest first."""

    target: Target
    models: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Run, tuple[Cell | None, ...]], ...]

    @property
    def dense(self) -> bool:
        """Whether cells are shown as signs only, as in the matrices."""
        return any(run.dense for run, _ in self.rows)

    @property
    def paged(self) -> int:
        """The number of models with a place on the page of evidence about the claim."""
        return sum(cell is not None and cell.id in run.current for run, cells in self.rows for cell in cells)


@dataclass(frozen=True)
class Entry:
    """A claim in the list: its page, its statement (empty for a contract that is not built in), and its cells per verdict."""

    id: str
    page: str
    statement: str
    counts: dict[Verdict, int]


@dataclass(frozen=True)
class Section:
    """The claims of one contract by the title of their parameter."""

    contract: str
    groups: dict[str, list[Entry]]


def pages(
    targets: Sequence[Target], renderer: Renderer, contracts: Mapping[str, Mapping[str, Claim]]
) -> Iterator[Page]:
    """Yield a page for each claim that has a cell in a run that is shown, and the list of all claims.

    `contracts` holds the claims of each contract by its name, none for a contract that is not built in.
    """
    sections = []
    for contract, claims in contracts.items():
        tested = [target for target in targets if target.series[1] == contract]
        index = [(target, _by_claim(target)) for target in tested]
        names = _order(tested, claims)
        for name in names:
            standings = [_standing(target, rows[name]) for target, rows in index if name in rows]
            values = {"id": name, "contract": contract, "claim": claims.get(name), "standings": standings}
            yield renderer.page(naming.claim_page(contract, name), "claim.html", values)
        sections.append(_section(contract, names, claims, tested))
    total = sum(len(entries) for section in sections for entries in section.groups.values())
    yield renderer.page(naming.CLAIMS, "claims.html", {"sections": sections, "total": total})
    entries = [entry for section in sections for entries in section.groups.values() for entry in entries]
    yield Page(naming.CLAIM_LIST, searchable(entries))


def searchable(entries: Iterable[Entry]) -> str:
    """Return a script with the id, the page, the worst verdict and the statement of each claim.

    A page that was opened from disk may load a script, but no other file.  The text is ASCII, and nothing in it ends a string.
    """
    rows = (
        [printable(entry.id), entry.page, next(iter(entry.counts), ""), printable(entry.statement)] for entry in entries
    )
    lines = ",\n".join(json.dumps(row).replace("<", "\\u003c") for row in rows)
    return f"window.conformanceClaims = [\n{lines}\n];\n"


def _section(contract: str, names: Sequence[str], claims: Mapping[str, Claim], targets: Sequence[Target]) -> Section:
    current = Counter((cell.claim, cell.verdict) for target in targets for _, cell in current_cells(target))
    named = titles(cell for target in targets for run in target.shown for cell in run.matrix.cells)
    groups: dict[str, list[Entry]] = {}
    for name in names:
        surface, parameter, _ = name.split(".")
        counts = {verdict: current[name, verdict] for verdict in FOLDING if current[name, verdict]}
        statement = claims[name].statement if name in claims else ""
        entry = Entry(name, naming.claim_page(contract, name), statement, counts)
        groups.setdefault(named[surface, parameter], []).append(entry)
    return Section(contract, groups)


def _order(targets: Sequence[Target], claims: Mapping[str, Claim]) -> list[str]:
    """Return the claims of these targets in the contract's order, and after them those that the contract no longer has."""
    tested = dict.fromkeys(cell.claim for target in targets for run in target.shown for cell in run.matrix.cells)
    return [name for name in claims if name in tested] + [name for name in tested if name not in claims]


def _by_claim(target: Target) -> dict[str, list[tuple[Run, dict[tuple[str, str], Cell]]]]:
    """Return for each claim the runs that tested it, newest first, each with its cells by column and model."""
    rows: dict[str, list[tuple[Run, dict[tuple[str, str], Cell]]]] = {}
    for run in sorted(target.shown, key=lambda run: run.listed.order, reverse=True):
        for claim, cells in run.matrix.cells_by_claim():
            row = {(cell.column, cell.model): cell for cell in cells}
            rows.setdefault(claim, []).append((run, row))
    return rows


def _standing(target: Target, rows: Sequence[tuple[Run, dict[tuple[str, str], Cell]]]) -> Standing:
    models = by_provider(dict.fromkeys(model for _, row in rows for model in row))
    return Standing(target, models, tuple((run, tuple(row.get(model) for model in models)) for run, row in rows))
