"""`conformance gate`, `report`, `history`, `explain` and `site`: what finished runs say."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from conformance.base.errors import UsageError

LATEST = Path("reports") / "runs" / "latest"


@click.command()
@click.argument("baseline", type=click.Path(path_type=Path))
@click.argument("candidate", type=click.Path(path_type=Path))
@click.option("--expectations", type=click.Path(path_type=Path), metavar="FILE", help="Known deviations, as TOML.")
@click.option(
    "--map-model",
    "mapped",
    multiple=True,
    metavar="OLD=NEW",
    help="A model that took another's place, ID or COLUMN:ID.",
)
@click.option("--markdown", type=click.File("w", "utf-8"), metavar="FILE", help="Write Markdown; - for stdout.")
@click.option("--json", "data", type=click.File("w", "utf-8"), metavar="FILE", help="Write JSON; - for stdout.")
@click.option(
    "--write-expectations",
    "proposed",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a file that expects what deviates now, with reasons left to fill in.",
)
def gate(
    baseline: Path,
    candidate: Path,
    expectations: Path | None,
    mapped: tuple[str, ...],
    proposed: Path | None,
    **out: Any,
) -> int:
    """Compare two runs, BASELINE and CANDIDATE: 1 where something got worse, 5 where something is no longer known."""
    import json

    from conformance.render.gate import document, markdown, text
    from conformance.results.gate import compare
    from conformance.results.gating import aliases, expected, mapping, propose, two

    before, after = two(baseline, candidate)
    name = after.run.contract.name
    known = expected(expectations, name)
    found = compare(before, after, known, aliases=aliases(name), renamed=mapping(mapped))
    if proposed:
        propose(proposed, after, known)
        click.echo(f"wrote {proposed}; fill in the reasons and owners, then give it with --expectations", err=True)
    if out["markdown"]:
        out["markdown"].write(markdown(found))
    if out["data"]:
        out["data"].write(json.dumps(document(found), indent=1, ensure_ascii=False) + "\n")
    if "<stdout>" not in (getattr(file, "name", "") for file in out.values()):
        click.echo(text(found), nl=False)
    return found.exit_code


@click.command()
@click.argument("paths", metavar="[RUN]...", type=click.Path(path_type=Path), nargs=-1)
@click.option("--format", "names", multiple=True, metavar="NAME", help="A format; repeatable.  All when none is named.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Where to; default: RUN.")
@click.option("--merge", "merged", is_flag=True, help="Join shards, or runs of different models, into the new run DIR.")
@click.option("--expectations", type=click.Path(path_type=Path), metavar="FILE", help="With --merge: known deviations.")
@click.option("--fail-on-differs", is_flag=True, help="With --merge: let a difference from a should fail as well.")
@click.option("--contract", metavar="NAME|FILE", help="With --merge: the runs' contract, where it is not built in.")
def report(paths: tuple[Path, ...], names: tuple[str, ...], out: Path | None, merged: bool, **merging: Any) -> int:
    """Write a finished RUN, a run directory or its matrix.json, in other formats; see docs/formats.md.

    With --merge join several into one, and end as the undivided run would; see docs/machines.md.
    """
    from conformance.render import texts as rendered
    from conformance.results import run_directory as reports

    if merged:
        return _merge(paths, names, out, **merging)
    if len(paths) > 1 or any(merging.values()):
        raise UsageError("several runs, or how they end, are given without --merge", "add --merge or give one run")
    path = paths[0] if paths else LATEST
    texts = rendered(reports.read(path), names)
    for file in reports.write_texts(texts, out or (path if path.is_dir() else path.parent)):
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
    """Join runs, say what came of it, and end as the undivided run would; 5 where shards are missing."""
    from conformance.render import standing_texts
    from conformance.render.terminal import summary
    from conformance.results.gating import expected
    from conformance.results.merging import merge
    from conformance.results.run_directory import exit_code, read

    if not paths or out is None or names:
        raise UsageError(
            "--merge takes runs and --out, and no --format: it writes all",
            "for instance conformance report --merge shards/* --out reports/runs/whole",
        )
    known = expected(expectations, read(paths[0]).run.contract.name)
    found = merge(paths, out, standing_texts, contract)
    click.echo(summary(found.matrix, out, width=shutil.get_terminal_size().columns, colour=False), nl=False)
    for file in found.unproven:
        click.echo(f"conformance: there is no evidence beside {file}; its cells cannot be explained", err=True)
    if found.missing:
        shards = ", ".join(found.missing)
        click.echo(f"conformance: missing: shard {shards}; what is there was merged as a selection", err=True)
    code = exit_code(found.matrix, known, fail_on_differs=fail_on_differs)
    return code or (5 if found.missing else 0)


@click.command()
@click.argument("cells")
@click.argument("runs", nargs=-1, type=click.Path(path_type=Path))
@click.option("--feed", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write an Atom feed.")
def history(cells: str, runs: tuple[Path, ...], feed: Path | None) -> int:
    """Print what became of CELLS (CLAIM@COLUMN:MODEL, * stands for any text) over RUNS, by default those in reports/runs."""
    from fnmatch import fnmatchcase

    from conformance.render.history import text
    from conformance.results.history import load, turns

    found = {}
    for series, matrices in load(runs or (LATEST.parent,)).items():
        if wanted := [turn for turn in turns(matrices) if fnmatchcase(turn.cell, cells)]:
            found[series] = (len(matrices), wanted)
    if not found:
        raise UsageError(f"no cell matches {cells}", "write CLAIM@COLUMN:MODEL, for instance 'chat.n.*@openai:*'")
    if feed:
        return _feed(feed, cells, {series: wanted for series, (_, wanted) in found.items()})
    for (target, contract), (count, wanted) in found.items():
        click.echo(text(target, contract, count, wanted), nl=False)
    return 0


def _feed(path: Path, cells: str, found: dict[tuple[str, str], Any]) -> int:
    """Write the feed of the one target that the runs are of."""
    from conformance.render.feed import render

    if len(found) > 1:
        named = "; ".join(f"{target}, {contract}" for target, contract in found)
        raise UsageError(f"the runs are of several targets or contracts ({named})", "give the runs of one for a feed")
    [((target, contract), turned)] = found.items()
    try:
        path.write_text(render(target, contract, cells, turned), encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}", "name another file with --feed") from error
    click.echo(path)
    return 0


@click.command()
@click.argument("name")
@click.option(
    "--run", "path", type=click.Path(path_type=Path), metavar="RUN", help=f"Run directory; default: {LATEST}."
)
@click.option("--contract", metavar="NAME|FILE", help="Contract of the claim; default: that of the run.")
def explain(name: str, path: Path | None, contract: str | None) -> int:
    """Explain NAME, a cell (CLAIM@COLUMN:MODEL) or a claim: what is documented, where, what was seen, how to reproduce it."""
    from conformance.contract import loading as contracts
    from conformance.render.explanation import render
    from conformance.results.explanation import contract_of
    from conformance.results.explanation import explain as explained
    from conformance.results.run_directory import read

    if path is not None:
        read(path, check=False)  # a run that is named has to be there
    run = path or LATEST
    click.echo(render(explained(name, run, contracts.load(contract or contract_of(run)))), nl=False)
    return 0


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN...")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="The site.")
@click.option(
    "--now",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"]),
    metavar="TIME",
    help="Ages are as of this time (UTC), such as 2027-01-31; default: the end of the newest run.",
)
def site(runs: tuple[Path, ...], out: Path, now: datetime | None) -> int:
    """Write a static site about RUNs (run directories, folders of them, matrix.json files): open DIR/index.html."""
    from conformance.site.building import build

    pages = build(runs, out, now.replace(tzinfo=UTC) if now else None)
    click.echo(f"wrote {pages} pages; open {out / 'index.html'}")
    return 0
