"""The page of one claim: its statement and source, and what every model of every run that is shown came to; and their list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.contract.claims import Claim
from conformance.results.matrix import Cell
from conformance.site import naming
from conformance.site.choosing import Run, Target, speaking
from conformance.site.rendering import Page, Renderer
from conformance.trial.judge import FOLDING, Verdict


@dataclass(frozen=True)
class Standing:
    """One target on a claim: its models, and a row of cells for each run that is shown, newest first."""

    target: Target
    models: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Run, tuple[Cell | None, ...]], ...]


def pages(targets: Sequence[Target], renderer: Renderer, claims: Mapping[str, Claim]) -> Iterator[Page]:
    """A page for each claim that a run that is shown has a cell of, and the list of them all."""
    index = {target.series: _by_claim(target) for target in targets}
    names = _order(targets, claims)
    for name in names:
        standings = [
            _standing(target, index[target.series][name]) for target in targets if name in index[target.series]
        ]
        given = {"id": name, "claim": claims.get(name), "standings": standings}
        yield renderer.page(naming.claim_page(name), "claim.html", given)
    current = Counter((cell.claim, cell.verdict) for target in targets for _, cell in speaking(target))
    groups: dict[str, list[tuple[str, dict[Verdict, int]]]] = {}
    for name in names:
        counts = {verdict: current[name, verdict] for verdict in FOLDING if current[name, verdict]}
        groups.setdefault(name.split(".")[1], []).append((name, counts))
    yield renderer.page(naming.CLAIMS, "claims.html", {"groups": groups, "claims": claims, "total": len(names)})


def _order(targets: Sequence[Target], claims: Mapping[str, Claim]) -> list[str]:
    """Claims in the contract's order, those that it no longer has behind."""
    seen = dict.fromkeys(cell.claim for target in targets for run in target.shown for cell in run.matrix.cells)
    return [name for name in claims if name in seen] + [name for name in seen if name not in claims]


def _by_claim(target: Target) -> dict[str, list[tuple[Run, dict[tuple[str, str], Cell]]]]:
    found: dict[str, list[tuple[Run, dict[tuple[str, str], Cell]]]] = {}
    for run in sorted(target.shown, key=lambda each: each.listed.order, reverse=True):
        for claim, cells in run.matrix.cells_by_claim():
            row = {(cell.column, cell.model): cell for cell in cells}
            found.setdefault(claim, []).append((run, row))
    return found


def _standing(target: Target, rows: Sequence[tuple[Run, dict[tuple[str, str], Cell]]]) -> Standing:
    models = tuple(dict.fromkeys(model for _, row in rows for model in row))
    return Standing(target, models, tuple((run, tuple(row.get(model) for model in models)) for run, row in rows))
