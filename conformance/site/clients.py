"""The page of a target that says which API works with which model, and for which client."""

from __future__ import annotations

from conformance.results.clients import Answer, Works, answers
from conformance.site import naming
from conformance.site.choosing import Model, Target, by_provider
from conformance.site.rendering import Page, Renderer
from conformance.trial.judge import Verdict

# The verdict whose sign stands for an answer.
_SIGNS = {Works.YES: Verdict.CONFORMS, Works.NO: Verdict.DEVIATES, Works.UNKNOWN: Verdict.INCONCLUSIVE}


def page(target: Target, renderer: Renderer) -> Page:
    """Return the page of clients from a target's newest run."""
    run = target.newest
    found = answers(run.matrix)
    models = by_provider(dict.fromkeys((answer.column, answer.model) for answer in found))
    rows: dict[tuple[str, str], dict[Model, Answer]] = {}
    for answer in found:
        row = rows.setdefault((answer.client.title, answer.client.surface), {})
        row[answer.column, answer.model] = answer
    values = {"target": target, "run": run, "models": models, "rows": rows, "works": _SIGNS}
    return renderer.page(naming.clients_page(target.series), "clients.html", values)
