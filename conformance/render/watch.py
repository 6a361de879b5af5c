"""What a watch prints besides what turned: its plan, what could not be asked, and its metrics."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.base.observation import printable
from conformance.render.openmetrics import Gauge
from conformance.results.matrix import Matrix

_NAMED = 8  # claims that a plan names of a long list


@dataclass(frozen=True)
class Due:
    """What the next night asks a model: the claims, the requests that they take, and how many claims take turns in how many
    nights.

    `too_large` are the claims that do not fit into a night.
    """

    model: str
    claims: tuple[str, ...]
    requests: int
    rotating: int
    nights: int
    too_large: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What the next night asks, model by model, within the limits of requests and tokens of each model."""

    target: str
    contract: str
    night: int
    due: tuple[Due, ...]
    requests: int
    tokens: int


def plan(found: Plan) -> str:
    """Return the plan of a night, and in how many nights each claim is asked."""
    return "\n".join(printable(line) for line in _plan(found)) + "\n"


def _plan(found: Plan) -> Iterator[str]:
    yield (
        f"{found.contract} on {found.target}, night {found.night}: at most {found.requests} requests and {found.tokens} "
        "tokens for each model, more only to confirm what turned"
    )
    for due in found.due:
        yield f"  {due.model}: {due.rotating} claims, each within {due.nights} nights; now {due.requests} requests for"
        yield f"    {_some(due.claims)}"
        if due.too_large:
            left = f"{len(due.too_large)} are too large for a night, or of unknown cost"
            yield f"    {left}; only conformance run asks them: {_some(due.too_large)}"
    yield "  and, on whatever is answered, the statements about every reply"


def trouble(matrix: Matrix) -> str:
    """Return a line for each model that could not be asked; that is an outage, and no turn."""
    lines = [
        f"{matrix.run.target}: {model} was not asked on {preflight.surface}: {preflight.blocked}"
        for model in matrix.run.models
        for preflight in model.blocked
    ]
    return "".join(f"{printable(line)}\n" for line in lines)


def metrics(target: str, *, nights: int, worse: int, better: int, oldest: int, waiting: int) -> list[Gauge]:
    """Return the metrics of a watch."""
    values = {
        "nights": ("Nights of the watch.", nights),
        "worse": ("Cells that turned worse since the watch began.", worse),
        "better": ("Cells that turned better since the watch began.", better),
        "oldest_nights": ("Nights since the claim was asked that waits longest.", oldest),
        "unasked": ("Claims that were not asked yet.", waiting),
    }
    return [
        Gauge(f"conformance_watch_{name}", text, (({"target": target}, value),))
        for name, (text, value) in values.items()
    ]


def _some(claims: tuple[str, ...]) -> str:
    rest = len(claims) - _NAMED
    return ", ".join(claims[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
