"""The page of one claim: its statement and source, and what every model of every run that is shown came to; and their list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.contract.claims import Claim
from conformance.results.grouping import titles
from conformance.results.matrix import Cell
from conformance.site import naming
from conformance.site.choosing import Run, Target, by_provider, speaking
from conformance.site.rendering import Page, Renderer
from conformance.trial.judge import FOLDING, Verdict


@dataclass(frozen=True)
class Standing:
    """One target on a claim: its models, and a row of cells for each run that is shown, newest first."""

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
    """A claim in the list: its page, its statement where the contract is at hand, and what the newest runs came to."""

    id: str
    page: str
    statement: str
    counts: dict[Verdict, int]


@dataclass(frozen=True)
class Section:
    """The claims of one contract, by parameter."""

    contract: str
    groups: dict[str, list[Entry]]


def pages(
    targets: Sequence[Target], renderer: Renderer, contracts: Mapping[str, Mapping[str, Claim]]
) -> Iterator[Page]:
    """A page for each claim of each contract that a run that is shown has a cell of, and the list of them all.

    `contracts` are the claims of each contract by its name; those of one that is not at hand are not known.
    """
    sections = []
    for contract, claims in contracts.items():
        mine = [target for target in targets if target.series[1] == contract]
        index = [(target, _by_claim(target)) for target in mine]
        names = _order(mine, claims)
        for name in names:
            standings = [_standing(target, rows[name]) for target, rows in index if name in rows]
            given = {"id": name, "contract": contract, "claim": claims.get(name), "standings": standings}
            yield renderer.page(naming.claim_page(contract, name), "claim.html", given)
        sections.append(_section(contract, names, claims, mine))
    total = sum(len(entries) for section in sections for entries in section.groups.values())
    yield renderer.page(naming.CLAIMS, "claims.html", {"sections": sections, "total": total})


def _section(contract: str, names: Sequence[str], claims: Mapping[str, Claim], targets: Sequence[Target]) -> Section:
    current = Counter((cell.claim, cell.verdict) for target in targets for _, cell in speaking(target))
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
    """Claims in the contract's order, those that it no longer has behind."""
    seen = dict.fromkeys(cell.claim for target in targets for run in target.shown for cell in run.matrix.cells)
    return [name for name in claims if name in seen] + [name for name in seen if name not in claims]


def _by_claim(target: Target) -> dict[str, list[tuple[Run, dict[tuple[str, str], Cell]]]]:
    found: dict[str, list[tuple[Run, dict[tuple[str, str], Cell]]]] = {}
    for run in sorted(target.shown, key=lambda run: run.listed.order, reverse=True):
        for claim, cells in run.matrix.cells_by_claim():
            row = {(cell.column, cell.model): cell for cell in cells}
            found.setdefault(claim, []).append((run, row))
    return found


def _standing(target: Target, rows: Sequence[tuple[Run, dict[tuple[str, str], Cell]]]) -> Standing:
    models = by_provider(dict.fromkeys(model for _, row in rows for model in row))
    return Standing(target, models, tuple((run, tuple(row.get(model) for model in models)) for run, row in rows))
