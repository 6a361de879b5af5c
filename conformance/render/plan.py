"""A plan as a table for people."""

from __future__ import annotations

import io

from rich.console import Console
from rich.table import Table
from rich.text import Text

from conformance.planning import Plan


def render(plan: Plan) -> str:
    """The plan per model and in sum; fits a terminal of 100 columns."""
    table = Table(
        title=Text(f"{plan.contract} on {plan.target}: what a run sends"),
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    for name in ("model", "class"):
        table.add_column(name)
    for name in ("cases", "asking", "requests", "refused", "prompt tokens", "answer tokens, at most"):
        table.add_column(name, justify="right")
    rows = [(m.cases, m.asking, m.requests, m.refused, m.prompt_tokens, m.completion_tokens) for m in plan.models]
    for model, row in zip(plan.models, rows, strict=True):
        table.add_row(Text(model.model), model.kind, *map(str, row))
    table.add_row("all", "", *(str(sum(column)) for column in zip(*rows, strict=True)), style="bold")
    console = Console(file=io.StringIO(), width=110, highlight=False)
    console.print(table)
    console.print(
        "Figures of an endpoint that conforms, taken from the embedded mock gateway; nothing was sent to the target.\n"
        "Prompt tokens are estimated from characters, answer tokens are an upper bound; refused requests bill nothing.\n"
        "Each deviation is asked twice more before it is reported.",
        soft_wrap=True,
    )
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()
