"""The page of one claim on all models of a target: documented, observed, on which evidence, and what it was before.

Models with the same outcome and the same history share one part of the page, so a page says the same thing once, however many
models a run has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.contract.claims import Claim
from conformance.results.history import Turn
from conformance.results.matrix import Cell
from conformance.site import naming
from conformance.site.choosing import Run, Target, current_cells
from conformance.site.exhibits import SHOWN, Evidence, Exhibit
from conformance.site.rendering import Page, Renderer
from conformance.trial.judge import FOLDING

# About how many characters of evidence a page takes.  All exchanges of the built-in contract on four models fit.  With sixty
# models the pages of 234 claims take 40 MB, and none is above 1 MB even where every character has to be escaped.
ROOM = 200_000


@dataclass(frozen=True)
class Group:
    """Cells of one claim from one run, alike in all but their model and their evidence."""

    run: Run
    cells: tuple[Cell, ...]
    turns: tuple[Turn, ...]

    @property
    def first(self) -> Cell:
        """The cell whose facts and evidence stand for all."""
        return self.cells[0]


def pages(
    target: Target, renderer: Renderer, claims: Mapping[str, Claim], turns: Sequence[Turn], digest: str | None
) -> Iterator[Page]:
    """Yield a page for every claim that a leading run has cells of; `digest` is that of the contract the claims are from."""
    evidence = {
        run.name: Evidence(run, [cell for cell in run.matrix.cells if cell.id in run.current]) for run in target.leading
    }
    for claim, groups in _by_claim(target, turns).items():
        yield renderer.page(
            naming.cells_page(target.series, claim),
            "cells.html",
            {
                "id": claim,
                "target": target,
                "claim": claims.get(claim),
                "revised": digest is not None and any(digest != group.run.facts.contract.digest for group in groups),
                "groups": groups,
                "total": sum(len(group.cells) for group in groups),
                "exhibits": _exhibits(groups, evidence),
                "evidence": evidence,
            },
        )


def _by_claim(target: Target, turns: Sequence[Turn]) -> dict[str, list[Group]]:
    """Return the groups of each claim, the worst verdict first."""
    turned: dict[str, list[Turn]] = {}
    for turn in turns:
        turned.setdefault(turn.cell, []).insert(0, turn)
    alike: dict[str, dict[tuple[object, ...], list[tuple[Run, Cell]]]] = {}
    for run, cell in current_cells(target):
        key = (run.name, *_outcome(cell), *_history(turned.get(cell.id, ())))
        alike.setdefault(cell.claim, {}).setdefault(key, []).append((run, cell))
    return {
        claim: sorted((_group(pairs, turned) for pairs in keys.values()), key=_severity)
        for claim, keys in alike.items()
    }


def _group(pairs: Sequence[tuple[Run, Cell]], turned: Mapping[str, Sequence[Turn]]) -> Group:
    run, first = pairs[0]
    return Group(run, tuple(cell for _, cell in pairs), tuple(turned.get(first.id, ())))


def _severity(group: Group) -> int:
    return FOLDING.index(group.first.verdict)


def _outcome(cell: Cell) -> tuple[object, ...]:
    """Return all that the page says about a cell, but for its model and its evidence."""
    return *_brief(cell), cell.says, cell.level, cell.detail, tuple(cell.counts.items()), tuple(cell.seen.items())


def _history(turns: Sequence[Turn]) -> tuple[object, ...]:
    return tuple((turn.run.ended, turn.before and _brief(turn.before), _brief(turn.after)) for turn in turns)


def _brief(cell: Cell) -> tuple[object, ...]:
    return cell.verdict, cell.documented, cell.observed, cell.measured


def _exhibits(groups: Sequence[Group], evidence: Mapping[str, Evidence]) -> dict[str, list[Exhibit]]:
    """Return the exhibits of each cell by its id, as far as there is room on the page.

    The first exchange of each outcome comes first, then the others of the same cell, then those of the cells that are alike.
    """
    firsts = [(group, group.first) for group in groups]
    others = [(group, cell) for group in groups for cell in group.cells[1:]]
    wanted = [
        *((group, cell, cell.evidence[:1]) for group, cell in firsts),
        *((group, cell, cell.evidence[1:SHOWN]) for group, cell in firsts),
        *((group, cell, cell.evidence[:SHOWN]) for group, cell in others),
    ]
    shown: dict[str, list[Exhibit]] = {}
    room = ROOM
    for group, cell, ids in wanted:
        for exhibit in evidence[group.run.name].exhibits(ids):
            room -= exhibit.size
            if room < 0:
                return shown
            shown.setdefault(cell.id, []).append(exhibit)
    return shown
