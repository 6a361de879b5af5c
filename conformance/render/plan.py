"""A plan as a table for people."""

from __future__ import annotations

import io
from collections.abc import Iterable
from decimal import Decimal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from conformance.run.planning import ModelPlan, Plan


def render(plan: Plan, *, asked: bool = False) -> str:
    """Return the plan per model, with the parts of its APIs, and in sum, 120 columns wide.

    `asked` is whether the target was asked for its prices.
    """
    sent = "the target was asked for its prices only" if asked else "nothing was sent to the target"
    share = "" if plan.share is None else f", share {plan.share:g}"
    table = Table(
        title=Text(f"{plan.contract} on {plan.target}, profile {plan.profile}{share}: what a run sends"),
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    for name in ("model", "class"):
        table.add_column(name)
    for name in ("cases", "asking", "requests", "refused", "prompt tokens", "answer tokens, at most", "USD"):
        table.add_column(name, justify="right")
    rows = [_figures(model) for model in plan.models]
    for model, row in zip(plan.models, rows, strict=True):
        table.add_row(Text(model.model), model.kind, *map(str, row), _money([model]))
        for surface, part in model.surfaces.items():
            table.add_row(f"  {surface}", "", *map(str, _figures(part)), _money([part]), style="dim")
    sums = [str(sum(column)) for column in zip(*rows, strict=True)]
    table.add_row("all", "", *sums, _money(plan.models), style="bold")
    console = Console(file=io.StringIO(), width=120, markup=False, emoji=False, highlight=False)
    console.print(table)
    console.print(
        f"Figures of an endpoint that conforms, taken from the embedded mock gateway; {sent}.\n"
        "Prompt tokens are estimated from characters; answer tokens and money are upper bounds; refused requests cost\n"
        "nothing.  An unknown price can be written in the target file, or the target can be asked for it: --prices.\n"
        "What deviates is tested twice more before it is reported, and if it does not come again, up to ten times more.\n"
        f"These further looks come on top, at most {plan.reserve} requests for each case that deviates; --budget bounds them.",
        soft_wrap=True,
    )
    if too_small := _budget(plan):
        console.print(too_small, soft_wrap=True)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def _budget(plan: Plan) -> str | None:
    """Return what to know about a budget that may be too small for the plan; None if it is large enough, or nobody knows."""
    amounts = [model.cost for model in plan.models if model.cost is not None]
    if plan.budget is None or len(amounts) < len(plan.models) or sum(amounts) <= plan.budget:
        return None
    return (
        f"The budget of {plan.budget} USD is less than that: the run may end before every case is judged, with exit code 5.\n"
        "Raise it, or test less: --profile standard."
    )


def _figures(plan: ModelPlan) -> tuple[int, ...]:
    """Return the figures of a row, in the order of the columns."""
    return (
        plan.cases,
        plan.sending_cases,
        plan.requests,
        plan.refused,
        plan.prompt_tokens,
        plan.completion_tokens,
    )


def _money(models: Iterable[ModelPlan]) -> str:
    """Return the cost of models together; "unknown" if the price of one is unknown."""
    amounts = [model.cost for model in models]
    known = [amount for amount in amounts if amount is not None]
    return f"{sum(known, Decimal(0)):.4f}" if len(known) == len(amounts) else "unknown"
