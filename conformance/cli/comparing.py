"""`conformance gate`: compare two runs, and propose expectations."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from conformance.base.errors import UsageError
from conformance.cli.examples import examples

if TYPE_CHECKING:
    from conformance.results.expectations import Expectations
    from conformance.results.matrix import Matrix

_FILE = click.Path(dir_okay=False, allow_dash=True, path_type=Path)
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
@click.option("--markdown", type=_FILE, metavar="FILE", help="Write the result as Markdown; - is stdout.")
@click.option("--json", "data", type=_FILE, metavar="FILE", help="Write the result as JSON; - is stdout.")
@click.option(
    "--sarif",
    type=_FILE,
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
    from conformance.results.gating import aliases, expected, mapping, read_both, summarise

    if candidate is None:
        return _propose(baseline, expectations, proposed)
    before, after = read_both(baseline, candidate)
    name = after.run.contract.name
    known = expected(expectations, name)
    comparison = compare(
        before, after, known, aliases=aliases(name), renamed=mapping(mapped), across_contracts=across_contracts
    )
    if (
        Path("-") not in out.values()
    ):  # what a file should hold comes after the verdict, which a full disk must not hide
        shown = {"github": commands(comparison), "chat": message(comparison, link)}
        click.echo(shown.get(form) or text(comparison, whole=verbose), nl=False)
    texts = {
        "markdown": lambda: markdown(comparison, whole=verbose),
        "data": lambda: json.dumps(document(comparison), indent=1, ensure_ascii=False) + "\n",
        "sarif": lambda: json.dumps(sarif(comparison), indent=1, ensure_ascii=False) + "\n",
    }
    steps: list[Callable[[], None]] = [
        partial(_write, path, texts[name]()) for name, path in out.items() if path is not None
    ]
    if proposed:
        steps.append(lambda: _wrote(proposed, after, known, {change.cell for change in comparison.of(Kind.REGRESSED)}))
    if form == "github":
        steps.append(lambda: summarise(markdown(comparison, whole=verbose)))
    _each(steps)
    return comparison.exit_code


def _write(path: Path, text: str) -> None:
    """Write a text to a file, or to stdout if it is called -."""
    from conformance.base.writing import write_text

    if path == Path("-"):
        click.echo(text, nl=False)
    else:
        write_text(path, text, "name another file, or make room")


def _wrote(path: Path, matrix: Matrix, known: Expectations, news: Collection[str] = ()) -> None:
    """Write an expectations file, and say what to do with it."""
    from conformance.results.gating import propose

    propose(path, matrix, known, news)
    click.echo(_PROPOSED.format(path), err=True)


def _each(steps: Iterable[Callable[[], None]]) -> None:
    """Take every step, also after one that failed; raise the error of the first one that did."""
    failures = []
    for step in steps:
        try:
            step()
        except UsageError as error:
            failures.append(error)
    if failures:
        raise failures[0]


def _propose(run: Path, expectations: Path | None, proposed: Path | None) -> int:
    """Write an expectations file for the deviations of one run."""
    from conformance.results.gating import expected
    from conformance.results.reading import read

    if proposed is None:
        raise UsageError(
            "gate must get two runs, BASELINE and CANDIDATE, got one",
            "add the run to compare with it, or --write-expectations FILE",
        )
    matrix = read(run)
    _wrote(proposed, matrix, expected(expectations, matrix.run.contract.name))
    return 0
