"""The first page: all targets side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conformance.site import naming
from conformance.site.boards import Board
from conformance.site.choosing import Target
from conformance.site.comparisons import Step
from conformance.site.days import Strip
from conformance.site.rendering import Page, Renderer


@dataclass(frozen=True)
class Pair:
    """Two targets, and the page that compares their newest runs."""

    one: Target
    other: Target
    page: str


def index(
    targets: Sequence[Target],
    boards: Sequence[Board],
    strips: Sequence[Strip],
    pairs: Sequence[Pair],
    steps: Mapping[naming.Series, Step],
    renderer: Renderer,
) -> Page:
    """Return the first page: all targets side by side, then each with its newest run, comparisons, and all runs with a page.

    `steps` are those to the newest run of each target that has several.
    """
    runs = [run for target in targets for run in target.shown]
    runs.sort(key=lambda run: run.listed.order, reverse=True)
    values = {
        "targets": targets,
        "boards": boards,
        "strips": strips,
        "pairs": pairs,
        "steps": steps,
        "runs": runs,
        "total": sum(len(target.runs) for target in targets),
    }
    return renderer.page(naming.INDEX, "index.html", values)
