"""`conformance target` and `contract`: the endpoints and claims that a run is about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from conformance.base.errors import ConfigurationError, UsageError


@click.command()
@click.option("--init", "new", type=click.Path(path_type=Path), metavar="FILE", help="Write a commented target file.")
def target(new: Path | None) -> int:
    """List the built-in targets, or write a file for one of your own."""
    from conformance.target import targets

    if new is None:
        for name in targets.built_in():
            click.echo(f"{name}: {targets.load(name).title}")
        return 0
    if new.exists():
        raise UsageError(f"{new} exists already", "name another file; nothing was written")
    if not new.parent.is_dir():
        raise ConfigurationError(f"there is no folder {new.parent}", "make it first")
    new.write_text(targets.TEMPLATE.read_text(encoding="utf-8"), encoding="utf-8")
    click.echo(f"wrote {new}; edit it, then: conformance run --target {new}")
    return 0


@click.command()
@click.option("--contract", "name", default="cometapi", show_default=True, metavar="NAME|FILE", help="The contract.")
@click.option("--check", is_flag=True, help="Hold its file against the format.")
@click.option(
    "--write-costs", is_flag=True, help="Write what asking it takes, for the header of runs, beside its file."
)
@click.option("--coverage", is_flag=True, help="List every documented statement with the claims that test it.")
@click.option("--check-docs", is_flag=True, help="Hold it against the text of documentation pages, FILES.")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
def contract(
    name: str, check: bool, write_costs: bool, coverage: bool, check_docs: bool, files: tuple[Path, ...]
) -> int:
    """List the claims of a contract, or check it."""
    from conformance.contract import loading as contracts

    loaded = contracts.load(name)
    if bool(files) is not check_docs:
        raise UsageError("--check-docs and files go together", "write conformance contract --check-docs FILE...")
    if check_docs:
        return _check_docs(loaded, files)
    if write_costs:
        return _write_costs(loaded, name)
    if coverage:
        return _coverage(loaded, name)
    if check:
        return _check(loaded, name)
    for claim in loaded.claims.values():
        click.echo(f"{claim.id} ({claim.terms.level}, {claim.terms.says}): {claim.statement}")
    return 0


def _check(loaded: Any, name: str) -> int:
    """2 where a claim has no test, or a built-in contract leaves a shared probe unused."""
    from conformance.contract.loading import built_in
    from conformance.suite import faults, unnamed_probes

    wrong = faults(loaded)
    if name in built_in():
        wrong += [f"no claim names probe {probe}" for probe in unnamed_probes(loaded)]
    for line in wrong:
        click.echo(f"{name}: {line}", err=True)
    if wrong:
        return 2
    surfaces = ", ".join(loaded.surfaces)
    click.echo(f"{name}: {len(loaded.claims)} claims on {surfaces} in {len(loaded.columns)} columns, in order")
    return 0


def _check_docs(loaded: Any, files: tuple[Path, ...]) -> int:
    """1 where a page and the contract differ, 5 where no page could be compared."""
    from conformance.contract.docs import pages as documents
    from conformance.contract.docs.comparison import agree, compare
    from conformance.render.ledger import comparisons

    found = [compare(documents.load(each, loaded.columns), loaded) for each in files]
    click.echo(comparisons(found), nl=False)
    return 1 if any(each.differences for each in found) else 0 if agree(found) else 5


def _write_costs(loaded: Any, name: str) -> int:
    from conformance.contract import costs
    from conformance.run.planning import costs as planned

    path = costs.path_of(name)
    path.write_text(costs.write(planned(name), loaded.name, list(loaded.claims)), encoding="utf-8")
    click.echo(f"wrote {path}")
    return 0


def _coverage(loaded: Any, name: str) -> int:
    """1 where a documented statement has neither a claim nor a reason."""
    from conformance.contract.docs import ledger
    from conformance.render.ledger import coverage

    joined = ledger.cover(ledger.load(name), loaded)
    click.echo(coverage(joined), nl=False)
    return 1 if joined.uncovered else 0
