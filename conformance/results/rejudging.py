"""What only the replies of several shards or workers show together, such as two that share a value that must be unique.

Each of them judges the statements about every reply over its own exchanges.  Those that compare values and need no repeat are
judged again here, over all evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from conformance import suite
from conformance.contract.contract import Contract
from conformance.http.exchange import Exchange
from conformance.results.matrix import Cell
from conformance.surfaces import registry as surfaces
from conformance.surfaces.surface import SurfaceContext
from conformance.trial.concluding import proved
from conformance.trial.invariants import invariant_of
from conformance.trial.judge import AGAINST, Verdict, judge
from conformance.trial.odds import Looks
from conformance.trial.tallies import Elsewhere, Tally
from conformance.trial.witness import Witness

# Two shards may have sent the same request, such as the preflight.  Attempts of a shard are far fewer than this, so that their
# exchanges stay apart.
APART = 1_000_000


def rejudged(cells: Iterable[Cell], parts: Iterable[Iterable[Exchange]], contract: Contract) -> tuple[Cell, ...]:
    """Return the cells, those that conform in each shard and not in all together with what the exchanges of all parts show."""
    by_id = {cell.id: cell for cell in cells}
    witnesses, tallies = _enrolled(by_id, contract)
    ids: dict[str, str] = {}
    for number, exchanges in enumerate(parts):
        for exchange in exchanges:
            here = replace(exchange, attempt=exchange.attempt + APART * number)
            ids[here.id] = exchange.id
            if witness := witnesses.get((exchange.request.surface, exchange.request.model)):
                witness.hear(here, mistake=exchange.request.mistake)
    return tuple(_with(cell, tallies.get(name), ids) for name, cell in by_id.items())


def _enrolled(cells: Mapping[str, Cell], contract: Contract) -> tuple[dict[tuple[str, str], Witness], dict[str, Tally]]:
    """Return a witness for each surface and model, and the tallies by cell."""
    tests = suite.tests(contract)
    elsewhere: Elsewhere = {}
    witnesses: dict[tuple[str, str], Witness] = {}
    tallies: dict[str, Tally] = {}
    for name, cell in cells.items():
        invariant = invariant_of(tests.get(cell.claim))
        if invariant is None or not (invariant.proves and invariant.compares) or cell.verdict is not Verdict.CONFORMS:
            continue
        known = contract.surfaces[cell.surface]
        model = contract.classify(cell.column, cell.model)
        case = next(iter(contract.cases([cell.claim], [model])))
        bound = surfaces.named(cell.surface).bind(case, SurfaceContext(known.path, traits=known.traits))
        witness = witnesses.setdefault((cell.surface, str(case.model)), Witness(elsewhere))
        witness.enrol(bound, invariant)
        tallies[name] = witness.tally(bound)
    return witnesses, tallies


def _with(cell: Cell, tally: Tally | None, ids: Mapping[str, str]) -> Cell:
    """Return a cell with what its tally shows, if that is against the endpoint."""
    seen = None if tally is None else proved(tally)
    if tally is None or seen is None:
        return cell
    verdict = judge(cell.says, cell.level, seen.seen)
    if verdict not in AGAINST:
        return cell
    evidence = tuple(dict.fromkeys([*(ids[name] for name in tally.examples), *cell.evidence]))
    return replace(
        cell,
        observed=seen.seen,
        verdict=verdict,
        detail=f"{seen.detail}, over the whole run",
        evidence=evidence,
        counts={verdict: 1},
        looks=Looks(*tally.total, needed=1),
    )
