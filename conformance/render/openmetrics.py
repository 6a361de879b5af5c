"""A matrix as an OpenMetrics text file, for Prometheus.

All metrics are gauges, and no metric has a unit or a timestamp, so the older text format of Prometheus reads the file as well:
the textfile collector of node_exporter knows only that one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from conformance.base.observation import printable
from conformance.results.matrix import Matrix
from conformance.trial.judge import AGAINST, Verdict

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Gauge:
    """A metric with its samples: the labels of each, and its value."""

    name: str
    help: str
    samples: tuple[tuple[Labels, float], ...]


def render(matrix: Matrix) -> str:
    """Return the cells of a matrix by verdict, those that are against the contract one by one, and what the run took."""
    return text(gauges(matrix, matrix))


def text(metrics: Iterable[Gauge]) -> str:
    """Return metrics as a file."""
    return "\n".join([*(line for metric in metrics for line in _lines(metric)), "# EOF"]) + "\n"


def gauges(known: Matrix, run: Matrix) -> list[Gauge]:
    """Return the metrics of what is `known` of each cell, and of the newest `run`; after a whole run both are the same."""
    facts, target = run.run, {"target": run.run.target}
    counts = Counter((cell.surface, cell.column, cell.model, cell.verdict) for cell in known.cells)
    places = dict.fromkeys((cell.surface, cell.column, cell.model) for cell in known.cells)
    cells = [
        ({**target, "surface": surface, "column": column, "model": model, "verdict": verdict},
         counts[surface, column, model, verdict])
        for surface, column, model in places
        for verdict in Verdict
    ]  # fmt: skip
    against = [
        ({**target, "claim": cell.claim, "column": cell.column, "model": cell.model, "verdict": cell.verdict}, 1)
        for cell in known.cells
        if cell.verdict in AGAINST
    ]
    answered = [
        ({**target, "column": model.column, "model": model.id, "surface": preflight.surface}, not preflight.blocked)
        for model in facts.models
        for preflight in model.preflights
    ]
    ended = datetime.fromisoformat(facts.ended).timestamp()
    return [
        Gauge("conformance_cells", "Cells of the matrix by verdict.", tuple(cells)),
        Gauge("conformance_against", "Cells that are against the contract.", tuple(against)),
        Gauge("conformance_answered", "Whether a model answered the first plain request of the run.", tuple(answered)),
        Gauge("conformance_requests", "Requests of the run.", ((target, facts.requests),)),
        Gauge("conformance_tokens", "Tokens of the run, as replies report them.", tuple(_tokens(run, target))),
        Gauge("conformance_ended_seconds", "End of the run, in Unix time.", ((target, ended),)),
    ]


def _tokens(run: Matrix, target: Labels) -> Iterator[tuple[Labels, float]]:
    for model in run.run.cost.models if run.run.cost else ():
        spent = model.spent
        for kind, tokens in (("prompt", spent.prompt_tokens), ("answer", spent.completion_tokens)):
            yield {**target, "model": model.model, "kind": kind}, tokens


def _lines(metric: Gauge) -> Iterator[str]:
    yield f"# TYPE {metric.name} gauge"
    yield f"# HELP {metric.name} {metric.help}"
    for labels, value in metric.samples:
        named = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
        yield f"{metric.name}{{{named}}} {float(value):.15g}"


def _escaped(text: str) -> str:
    return printable(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
