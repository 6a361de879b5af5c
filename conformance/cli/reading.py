"""`conformance report`, `show`, `history`, `explain` and `site`: show finished runs."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from conformance.base.errors import UsageError
from conformance.cli.completing import CELLS, LATEST
from conformance.cli.examples import examples
from conformance.run.option_table import SHOW, Show


@click.command(
    epilog=examples(
        "conformance report --format support",
        "conformance report --merge shards/* --out reports/runs/whole",
    ),
)
@click.argument("paths", metavar="[RUN]...", type=click.Path(path_type=Path), nargs=-1)
@click.option(
    "--format", "names", multiple=True, metavar="NAME", help="Format to write; repeatable; default: all formats."
)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Folder to write to; default: RUN."
)
@click.option(
    "--merge", "merged", is_flag=True, help="Join shards, or runs of different models, into the new run --out."
)
@click.option(
    "--expectations", type=click.Path(path_type=Path), metavar="FILE", help="With --merge: known deviations, as TOML."
)
@click.option("--fail-on-differs", is_flag=True, help="With --merge: exit with 1 also for a difference from a should.")
@click.option("--contract", metavar="NAME|PATH", help="With --merge: the contract of the runs, if it is not built in.")
def report(paths: tuple[Path, ...], names: tuple[str, ...], out: Path | None, merged: bool, **merging: Any) -> int:
    """Write a finished RUN in other formats, or join runs.

    RUN is a run directory or its matrix.json; default: the latest.  docs/formats.md describes the formats.

    With --merge, join several runs into one and exit as the undivided run would; see docs/machines.md.
    """
    from conformance.base.writing import write_texts
    from conformance.render import texts as rendered
    from conformance.results.reading import read

    if merged:
        return _merge(paths, names, out, **merging)
    if len(paths) > 1 or any(merging.values()):
        raise UsageError(
            "several runs, --expectations, --fail-on-differs and --contract must come with --merge",
            "add --merge, or name one run and leave these options out",
        )
    path = paths[0] if paths else LATEST
    texts = rendered(read(path), names)
    folder = out or (path if path.is_dir() else path.parent)
    for file in write_texts(texts, folder, "name another folder with --out"):
        click.echo(file)
    return 0


def _merge(
    paths: tuple[Path, ...],
    names: tuple[str, ...],
    out: Path | None,
    expectations: Path | None,
    fail_on_differs: bool,
    contract: str | None,
) -> int:
    """Join runs and print the summary; return the exit code of the undivided run, or 5 if shards are missing."""
    from conformance.render import standing_texts
    from conformance.render.terminal import summary
    from conformance.results.gating import expected
    from conformance.results.merging import merge
    from conformance.results.reading import read
    from conformance.results.run_directory import exit_code

    if not paths or out is None or names:
        raise UsageError(
            "--merge must come with runs and --out, and without --format",
            "for instance conformance report --merge shards/* --out reports/runs/whole",
        )
    known = expected(expectations, read(paths[0]).run.contract.name)
    merged = merge(paths, out, standing_texts, contract)
    click.echo(summary(merged.matrix, out, width=shutil.get_terminal_size().columns, colour=False), nl=False)
    for file in merged.unproven:
        click.echo(f"conformance: no evidence next to {file}; its cells cannot be explained", err=True)
    if merged.missing:
        shards = ", ".join(merged.missing)
        click.echo(f"conformance: missing: shard {shards}; the others were merged as a selection", err=True)
    code = exit_code(merged.matrix, known, fail_on_differs=fail_on_differs)
    return code or (5 if merged.missing else 0)


@click.command(
    epilog=examples(
        "conformance show",
        "conformance show reports/runs/latest --claim 'chat.n.*@claude:*'",
    ),
)
@click.argument("path", metavar="[RUN]", type=click.Path(path_type=Path), default=LATEST)
@click.option(
    "--claim",
    "claims",
    multiple=True,
    metavar="GLOB",
    help="Claims to show, as CLAIM or CLAIM@COLUMN:MODEL, such as 'chat.n.*@claude:*'; repeatable; default: all.",
    shell_complete=CELLS,
)
@click.option(
    "--show",
    "what",
    type=click.Choice([show.value for show in Show]),
    metavar=SHOW[0],
    help=f"{SHOW[1][0].upper()}{SHOW[1][1:]}, and all with --claim.",
)
def show(path: Path, claims: tuple[str, ...], what: str | None) -> int:
    """Print a finished RUN as at the end of the run.

    RUN is a run directory or its matrix.json; default: the latest.
    """
    from conformance.evidence.recording import files
    from conformance.render.terminal import excerpt, summary
    from conformance.results.reading import read
    from conformance.results.selecting import select

    matrix = read(path)
    how: dict[str, Any] = {
        "width": shutil.get_terminal_size().columns,
        "colour": sys.stdout.isatty(),
        "unicode": "utf" in (sys.stdout.encoding or "").lower(),
    }
    if claims:
        text = excerpt(select(matrix, claims), path, **how, show=Show(what or Show.ALL))
    else:
        folder = path if path.is_dir() else path.parent
        evidence = ", ".join(file.name for file in files(folder))
        text = summary(matrix, path, **how, evidence=evidence, show=Show(what or Show.SHORT))
    click.echo(text, nl=False)
    return 0


@click.command(
    epilog=examples(
        "conformance history 'chat.n.*@openai:*'",
        "conformance history '*' reports/runs --feed feed.xml",
    ),
)
@click.argument("cells", shell_complete=CELLS)
@click.argument("runs", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--feed",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write an Atom feed in place of text.",
)
def history(cells: str, runs: tuple[Path, ...], feed: Path | None) -> int:
    """Print when CELLS changed over RUNS.

    CELLS is CLAIM@COLUMN:MODEL, where * matches any text; the default of RUNS is those in reports/runs.
    """
    from conformance.contract.selection import covers
    from conformance.render.history import text
    from conformance.results.history import load, turns

    changed = {}
    for series, matrices in load(runs or (LATEST.parent,), _warn).items():
        if selected := [turn for turn in turns(matrices) if covers(cells, turn.cell)]:
            changed[series] = (len(matrices), selected)
    if not changed:
        raise UsageError(
            f"CELLS must match a cell of the runs, got {cells!r}",
            "write CLAIM@COLUMN:MODEL, for instance 'chat.n.*@openai:*'",
        )
    if feed:
        return _feed(feed, cells, {series: turned for series, (_, turned) in changed.items()})
    for (target, contract), (count, turned) in changed.items():
        click.echo(text(target, contract, count, turned), nl=False)
    return 0


def _warn(message: str) -> None:
    """Print on stderr what is left out of the output."""
    click.echo(f"conformance: {message}", err=True)


def _feed(path: Path, cells: str, changed: dict[tuple[str, str], Any]) -> int:
    """Write the feed; all runs must have one target and contract."""
    from conformance.base.writing import write_text
    from conformance.render.feed import render

    if len(changed) > 1:
        several = "; ".join(f"{target}, {contract}" for target, contract in changed)
        raise UsageError(
            f"--feed must get runs of one target and one contract, got {several}", "name the runs of one target as RUNS"
        )
    [((target, contract), turned)] = changed.items()
    write_text(path, render(target, contract, cells, turned), "name another file with --feed")
    click.echo(path)
    return 0


@click.command(
    epilog=examples(
        "conformance explain temperature",
        "conformance explain 'chat.n.count@openai:gpt-4.1-mini' --run reports/runs/latest",
    ),
)
@click.argument("name", shell_complete=CELLS)
@click.option(
    "--run",
    "path",
    type=click.Path(path_type=Path),
    metavar="RUN",
    help=f"Run directory or matrix.json; default: {LATEST}.",
)
@click.option("--contract", metavar="NAME|PATH", help="Contract of the claim; default: that of the run.")
def explain(name: str, path: Path | None, contract: str | None) -> int:
    """Explain NAME, a cell, claim or parameter.

    For a cell (CLAIM@COLUMN:MODEL) or a claim: what is documented, where, what was seen, a curl line.
    For a parameter, such as temperature or chat.temperature, list its claims.
    """
    from conformance.contract import loading as contracts
    from conformance.render import explanation as rendering
    from conformance.results.explanation import contract_of, parameter
    from conformance.results.explanation import explain as explained
    from conformance.results.reading import read

    if path is not None:
        read(path)  # a named run must exist; without one, a claim is explained from the contract alone
    run = path or LATEST
    loaded = contracts.load(contract or contract_of(run))
    if claims := parameter(name, run, loaded):
        click.echo(rendering.parameter(claims), nl=False)
    else:
        click.echo(rendering.render(explained(name, run, loaded)), nl=False)
    return 0


@click.command(
    epilog=examples(
        "conformance site reports/runs --out site",
        "conformance site reports/runs/latest --out site --now 2027-01-31",
    ),
)
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN...")
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder to write the site to: empty, or a site.",
)
@click.option(
    "--now",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"]),
    metavar="TIME",
    help="Date or time (UTC) from which ages are counted, such as 2027-01-31; default: the end of the newest run.",
)
def site(runs: tuple[Path, ...], out: Path, now: datetime | None) -> int:
    """Write a static site of RUNs, to be opened at DIR/index.html.

    RUNs are run directories, folders of them, or matrix.json files.
    """
    from conformance.site.building import build

    pages = build(runs, out, now.replace(tzinfo=UTC) if now else None, left_out=_warn)
    click.echo(f"wrote {pages} pages; open {out / 'index.html'}")
    return 0
