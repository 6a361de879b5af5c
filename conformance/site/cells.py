"""The page of one cell: what is documented, what was seen, what that means, on which evidence, and what it was before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from conformance.contract.claims import Claim
from conformance.results.history import Turn
from conformance.results.matrix import Cell
from conformance.site import naming
from conformance.site.choosing import Target, speaking
from conformance.site.exhibits import SHOWN, Evidence
from conformance.site.rendering import Page, Renderer


def pages(
    target: Target, renderer: Renderer, claims: Mapping[str, Claim], turns: Sequence[Turn], digest: str | None
) -> Iterator[Page]:
    """A page for every cell that a leading run speaks for; `digest` is that of the contract the claims are from."""
    turned: dict[str, list[Turn]] = {}
    for turn in turns:
        turned.setdefault(turn.cell, []).insert(0, turn)
    found = speaking(target)
    siblings: dict[str, list[Cell]] = {}
    for _, cell in found:
        siblings.setdefault(cell.claim, []).append(cell)
    for run in target.leading:
        mine = [cell for cell in run.matrix.cells if cell.id in run.current]
        evidence = Evidence(run, mine)
        for cell in mine:
            yield renderer.page(
                naming.cell_page(run.series, cell.id),
                "cell.html",
                {
                    "cell": cell,
                    "run": run,
                    "facts": run.facts,
                    "target": target,
                    "claim": claims.get(cell.claim),
                    "revised": digest is not None and digest != run.facts.contract.digest,
                    "exhibits": evidence.of(cell),
                    "recorded": evidence.there,
                    "more": max(len(cell.evidence) - SHOWN, 0),
                    "siblings": siblings[cell.claim],
                    "turns": turned.get(cell.id, []),
                },
            )
