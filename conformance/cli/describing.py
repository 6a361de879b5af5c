"""`conformance target` and `contract`: list, write and check targets and contracts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from conformance.base.errors import ConfigurationError, UsageError
from conformance.cli.completing import OPTIONS
from conformance.cli.examples import examples


@click.command(
    epilog=examples(
        "conformance target",
        "conformance target --init mine.toml",
    ),
)
@click.option(
    "--init",
    "new",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a commented target file to edit; FILE must not exist.",
)
def target(new: Path | None) -> int:
    """List the built-in targets, or write a target file for your own endpoint."""
    from conformance.target import targets

    if new is None:
        for name in targets.built_in():
            click.echo(f"{name}: {targets.load(name).title}")
        return 0
    if new.exists():
        raise UsageError(f"--init must name a new file, and {new} exists", "name another file")
    if not new.parent.is_dir():
        raise ConfigurationError(f"--init must name a file in an existing folder, got {new}", f"create {new.parent}")
    _write(new, targets.TEMPLATE.read_text(encoding="utf-8"), "target")
    click.echo(f"wrote {new}; edit it, then: conformance run --target {new}")
    return 0


@click.command(
    epilog=examples(
        "conformance contract",
        "conformance contract --contract mine.toml --check",
        "conformance contract --new my-gateway",
        "conformance contract --check-docs page.md",
    ),
)
@click.option(
    "--contract",
    "name",
    default="cometapi",
    show_default=True,
    metavar="NAME|PATH",
    help="Contract, built in or a folder or file.",
    shell_complete=OPTIONS["contract"],
)
@click.option(
    "--new",
    metavar="NAME",
    help="Write a commented contract of your own to edit, NAME.toml, which must not exist.",
)
@click.option("--check", is_flag=True, help="Check the format, and that every claim has a test.")
@click.option(
    "--write-costs",
    is_flag=True,
    help="Write costs.json next to the contract: requests and tokens of each claim, for the header of runs.",
)
@click.option("--coverage", is_flag=True, help="List every documented statement and the claims that test it.")
@click.option("--check-docs", is_flag=True, help="Compare the contract with the text of documentation pages, FILES.")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
def contract(
    name: str,
    new: str | None,
    check: bool,
    write_costs: bool,
    coverage: bool,
    check_docs: bool,
    files: tuple[Path, ...],
) -> int:
    """List the claims of a contract, write a new one, or check it."""
    from conformance.contract import loading as contracts

    if new is not None:
        return _new(new)
    loaded = contracts.checked(name) if check else contracts.load(name)
    if bool(files) is not check_docs:
        raise UsageError(
            "--check-docs must come with files, and files with --check-docs",
            "write conformance contract --check-docs FILE...",
        )
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


def _new(name: str) -> int:
    """Write a contract that includes the reference and states nothing else yet."""
    from conformance.contract import loading as contracts

    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name) or name in contracts.built_in():
        message = f"--new must be a name of small letters, digits and - that no built-in contract has, got {name!r}"
        raise UsageError(message, "for instance --new my-gateway, which writes my-gateway.toml")
    path = Path(f"{name}.toml")
    if path.exists():
        raise UsageError(f"--new must name a new contract, and {path} exists", "give another name")
    _write(path, contracts.TEMPLATE.read_text(encoding="utf-8").replace("NAME", name), "contract")
    click.echo(f"wrote {path}; edit it, then: conformance run --target mock --contract {path}")
    return 0


def _write(path: Path, text: str, schema: str) -> None:
    """Write a TOML file with a first line that tells editors where its schema is."""
    from conformance.base.validation import schema_path
    from conformance.base.writing import write_text

    line = f"#:schema {schema_path(f'data/{schema}')}\n"
    text = line + "".join(text.splitlines(keepends=True)[text.startswith("#:schema") :])
    write_text(path, text, "name another file, or make room")


def _check(loaded: Any, name: str) -> int:
    """Print faults; return 2 if a claim has no test, or if no claim of the reference uses a shared probe."""
    from conformance.contract.loading import REFERENCE
    from conformance.suite import faults, unnamed_probes

    problems = faults(loaded)
    if name == REFERENCE:
        problems += [f"no claim names probe {probe}" for probe in unnamed_probes(loaded)]
    for problem in problems:
        click.echo(f"{name}: {problem}", err=True)
    if problems:
        return 2
    surfaces = ", ".join(loaded.surfaces)
    click.echo(f"{name}: {len(loaded.claims)} claims on {surfaces} in {len(loaded.columns)} columns, no faults")
    return 0


def _check_docs(loaded: Any, files: tuple[Path, ...]) -> int:
    """Compare pages with the contract; return 1 if they differ and 5 if no page could be compared."""
    from conformance.contract.docs import pages as documents
    from conformance.contract.docs.comparison import agree, compare
    from conformance.render.ledger import comparisons

    compared = [compare(documents.load(file, loaded.columns), loaded) for file in files]
    click.echo(comparisons(compared), nl=False)
    return 1 if any(page.differences for page in compared) else 0 if agree(compared) else 5


def _write_costs(loaded: Any, name: str) -> int:
    """Measure against the embedded mock gateway what each claim costs, and write the table next to the contract."""
    from conformance.base.writing import write_text
    from conformance.contract import costs
    from conformance.run.planning import costs as planned

    path = costs.path_of(name)
    write_text(path, costs.write(planned(name), loaded), "make room, or work on a copy of the contract")
    click.echo(f"wrote {path}")
    return 0


def _coverage(loaded: Any, name: str) -> int:
    """Print the statements; return 1 if one has neither a claim nor a reason for having none."""
    from conformance.contract.docs import ledger
    from conformance.render.ledger import coverage

    joined = ledger.cover(ledger.load(name), loaded)
    click.echo(coverage(joined), nl=False)
    return 1 if joined.uncovered else 0
