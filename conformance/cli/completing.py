"""What a shell completes: the names of claims, cells, parameters, targets, contracts, surfaces and defects.

A completer runs while somebody types, so what cannot be loaded completes nothing, and no message gets between the keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from conformance.base.errors import ConformanceError
from conformance.contract.claims import Cost

LATEST = Path("reports") / "runs" / "latest"

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def completer(names: Callable[[click.Context], Iterable[str]], *, files: bool = False) -> Completer:
    """Return a completer of these names; with `files` a name that none of them begins with is completed as a path."""

    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        try:
            found = [CompletionItem(name) for name in dict.fromkeys(names(context)) if name.startswith(incomplete)]
        except (ConformanceError, OSError):
            return []
        return found or ([CompletionItem(incomplete, type="file")] if files else [])

    return complete


def _contract(context: click.Context) -> Any:
    """Return the contract that the command line names so far, else that of the target it names."""
    from conformance.contract import loading
    from conformance.target import targets

    named = context.params.get("contract")
    return loading.load(named or targets.load(context.params.get("target") or "mock").contract)


def _claims(context: click.Context) -> list[str]:
    return list(_contract(context).claims)


def _surfaces(context: click.Context) -> list[str]:
    return list(_contract(context).surfaces)


def _recorded(context: click.Context) -> list[str]:
    """Return the parameters, claims and cells of the newest run, or the claims of the contract if there is none."""
    from conformance.results.reading import read

    run = context.params.get("path") or LATEST
    try:
        cells = read(run).cells
    except ConformanceError:
        return _claims(context)
    return [each for cell in cells for each in (cell.parameter, cell.claim, cell.id)]


def _targets(context: click.Context) -> list[str]:
    from conformance.target import targets

    return targets.built_in()


def _contracts(context: click.Context) -> list[str]:
    from conformance.contract import loading

    return loading.built_in()


CELLS = completer(_recorded)
# The options of a run, by name.
OPTIONS = {
    "target": completer(_targets, files=True),
    "contract": completer(_contracts, files=True),
    "surface": completer(_surfaces),
    "claim": completer(_claims),
    "profile": completer(lambda context: [cost.value for cost in Cost]),
}
