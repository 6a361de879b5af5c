"""`conformance gate`: compare two runs, and propose expectations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from conformance.base.errors import UsageError
from conformance.cli.examples import examples

_PROPOSED = "wrote {}; fill in the reasons and owners, then use it with --expectations"


@click.command(
    epilog=examples(
        "conformance gate reports/runs/before reports/runs/latest",
        "conformance gate before.json after.json --expectations known.toml --map-model gpt-4.1=gpt-5",
        "conformance gate before.json after.json --format github --sarif gate.sarif",
        "conformance gate reports/runs/latest --write-expectations known.toml",
    ),
)
@click.argument("baseline", type=click.Path(path_type=Path))
@click.argument("candidate", type=click.Path(path_type=Path), required=False)
@click.option(
    "--expectations", type=click.Path(path_type=Path), metavar="FILE", help="Known deviations, as TOML; default: none."
)
@click.option(
    "--map-model",
    "mapped",
    multiple=True,
    metavar="OLD=NEW",
    help="A model that was replaced, by ID or COLUMN:ID; repeatable.",
)
@click.option(
    "--markdown", type=click.File("w", "utf-8"), metavar="FILE", help="Write the result as Markdown; - is stdout."
)
@click.option(
    "--json", "data", type=click.File("w", "utf-8"), metavar="FILE", help="Write the result as JSON; - is stdout."
)
@click.option(
    "--sarif",
    type=click.File("w", "utf-8"),
    metavar="FILE",
    help="Write what deviates as SARIF 2.1.0 for code scanning; - is stdout.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "github", "chat"]),
    default="text",
    help="github: annotations of a GitHub workflow, and Markdown for its summary; chat: a few lines; default: text.",
)
@click.option("--link", default="", metavar="URL", help="With --format chat: the address that the text ends with.")
@click.option(
    "--across-contracts",
    is_flag=True,
    help="Compare runs of two contracts, in the claims that both have; without it they are refused.",
)
@click.option("--verbose", is_flag=True, help="Show every cell, those that deviate in both runs too.")
@click.option(
    "--write-expectations",
    "proposed",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write an expectations file for what deviates now; reasons and owners are left for you to fill in.",
)
def gate(
    baseline: Path,
    candidate: Path | None,
    expectations: Path | None,
    mapped: tuple[str, ...],
    proposed: Path | None,
    form: str,
    across_contracts: bool,
    verbose: bool,
    link: str,
    **out: Any,
) -> int:
    """Compare two runs, BASELINE and CANDIDATE.

    Exits with 1 if something got worse, 5 if something is no longer known.

    With one run and --write-expectations, compare nothing, and only write the file.
    """
    from conformance.render.gate import text
    from conformance.render.gate_annotations import commands
    from conformance.render.gate_chat import message
    from conformance.render.gate_document import document
    from conformance.render.gate_markdown import markdown
    from conformance.render.gate_sarif import sarif
    from conformance.results.gate import Kind, compare
    from conformance.results.gating import aliases, expected, mapping, propose, read_both, summarise

    if candidate is None:
        return _propose(baseline, expectations, proposed)
    before, after = read_both(baseline, candidate)
    name = after.run.contract.name
    known = expected(expectations, name)
    comparison = compare(
        before, after, known, aliases=aliases(name), renamed=mapping(mapped), across_contracts=across_contracts
    )
    if proposed:
        propose(proposed, after, known, {change.cell for change in comparison.of(Kind.REGRESSED)})
        click.echo(_PROPOSED.format(proposed), err=True)
    if out["markdown"]:
        out["markdown"].write(markdown(comparison, whole=verbose))
    if out["data"]:
        out["data"].write(json.dumps(document(comparison), indent=1, ensure_ascii=False) + "\n")
    if out["sarif"]:
        out["sarif"].write(json.dumps(sarif(comparison), indent=1, ensure_ascii=False) + "\n")
    if form == "github":
        summarise(markdown(comparison, whole=verbose))
    if "<stdout>" not in (getattr(file, "name", "") for file in out.values()):
        shown = {"github": commands(comparison), "chat": message(comparison, link)}
        click.echo(shown.get(form) or text(comparison, whole=verbose), nl=False)
    return comparison.exit_code


def _propose(run: Path, expectations: Path | None, proposed: Path | None) -> int:
    """Write an expectations file for the deviations of one run."""
    from conformance.results.gating import expected, propose
    from conformance.results.reading import read

    if proposed is None:
        raise UsageError(
            "gate must get two runs, BASELINE and CANDIDATE, got one",
            "add the run to compare with it, or --write-expectations FILE",
        )
    matrix = read(run)
    propose(proposed, matrix, expected(expectations, matrix.run.contract.name))
    click.echo(_PROPOSED.format(proposed), err=True)
    return 0
