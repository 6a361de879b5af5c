"""The command line: parse, build, call, exit.  Nothing here formats; what is printed comes from render/."""

from __future__ import annotations

import difflib
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from conformance import __version__
from conformance.errors import ConfigurationError, ConformanceError, UsageError
from conformance.options import SETTINGS

LATEST = Path("reports") / "runs" / "latest"
_EXITS = {0: 0, 1: 1, 2: 5, 3: 70, 4: 2, 5: 5}


def main() -> None:
    """Entry point: a group whose own errors end in one sentence on stderr and the documented exit code."""
    try:
        code = cli.main(standalone_mode=False)
    except ConformanceError as error:
        click.echo(f"conformance: {error}", err=True)
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("conformance: interrupted", err=True)
        code = 5
    except BrokenPipeError:
        code = 0
    sys.exit(code or 0)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="conformance")
def cli() -> None:
    """Hold an OpenAI-compatible endpoint against what its gateway documents."""


def settings_options(*, planned: bool = False) -> Callable[[Any], Any]:
    """The options that say what is run, or of them those that a plan takes."""

    def add(command: Any) -> Any:
        for each in reversed([each for each in SETTINGS if each.planned or not planned]):
            text = f"{each.help[0].upper()}{each.help[1:]}."
            add_one = click.option(
                f"--{each.name}", each.key, type=each.type, multiple=each.repeats, metavar=each.metavar, help=text
            )
            command = add_one(command)
        return command

    return add


@cli.command(context_settings={"ignore_unknown_options": True})
@settings_options()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Run directory.")
@click.option("--fail-on-differs", is_flag=True, help="Let a difference from a should fail as well.")
@click.option(
    "--expectations",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Known deviations, which do not fail while they are as expected.",
)
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED)
def run(
    pytest_arguments: tuple[str, ...], out: Path | None, fail_on_differs: bool, expectations: Path | None, **chosen: Any
) -> int:
    """Run the suite and write a run directory.  Further arguments go to pytest: -k, -x, -n 4, --junitxml=FILE ..."""
    from conformance import rerunning
    from conformance.report import directory, exit_code

    about = rerunning.chosen(**chosen)
    out = directory(about, out, datetime.now(UTC))
    keeper = _Keeper(about)
    code = _pytest(_arguments({**chosen, "expectations": expectations}, out, fail_on_differs, pytest_arguments), keeper)
    state = keeper.state
    if state is not None and state.unusable:
        raise ConfigurationError(state.unusable)
    if code == 4:
        _hint(pytest_arguments)
    if state is not None and state.exit_code is not None:
        return state.exit_code  # type: ignore[no-any-return]
    if code in {3, 4} or state is None:
        return _EXITS.get(code, 70)
    if state.own_errors:
        raise ConformanceError(
            f"{state.own_errors} tests of the suite itself broke", "please report the traceback above"
        )
    if state.matrix is None:
        if not state.planned and "--collect-only" not in pytest_arguments and "--co" not in pytest_arguments:
            parameters = ", ".join(dict.fromkeys(claim.parameter for claim in about.contract.claims.values()))
            click.echo(
                f"conformance: nothing selected of {len(about.cases)} cases; try -k with one of: {parameters}", err=True
            )
        return _EXITS.get(code, 70)
    return exit_code(state.matrix, state.expectations, fail_on_differs=fail_on_differs)


def _hint(arguments: Iterable[str]) -> None:
    """Name our own option that a refused one is nearest to; pytest, which refused it, knows only its own."""
    own = [name for parameter in run.params for name in parameter.opts if name.startswith("--")]
    for word in (each.partition("=")[0] for each in arguments if each.startswith("--")):
        if close := difflib.get_close_matches(word, own, n=1, cutoff=0.75):
            click.echo(f"conformance: there is no {word}; did you mean {close[0]}?", err=True)


def _arguments(chosen: dict[str, Any], out: Path, fail_on_differs: bool, more: Iterable[str]) -> list[str]:
    """The suite, the run's options under their pytest names, and what the user adds.

    Pytest's settings are said here, so that those of the folder it is started in do not leak in, and so that they mean the
    same on the machine of a worker.
    """
    names = {each.key: each.name for each in SETTINGS}
    more = list(more)
    arguments = [
        *([] if any(re.match("-v|--verb", each) for each in more) else ["-q"]),
        f"--config-file={os.devnull}",
        "--rootdir=.",
        "--strict-markers",
        "--override-ini=junit_suite_name=conformance",
        "--assert=plain",
        "--noconftest",
        "-p",
        "conformance.plugin",
    ]
    for name, value in {**chosen, "out": out}.items():
        option = f"--conformance-{names.get(name, name)}"
        values = value if isinstance(value, tuple) else () if value is None else (value,)
        arguments += [f"{option}={each}" for each in values]
    if fail_on_differs:
        arguments.append("--conformance-fail-on-differs")
    return [*arguments, "--conformance-progress", "--pyargs", "conformance.suite", *more]


class _Keeper:
    """A plugin that brings the settings, so that they are loaded once, and keeps the session's state beyond its end."""

    __name__ = "conformance-command"  # by which pytest knows it

    def __init__(self, about: Any) -> None:
        self.about = about
        self.state: Any = None

    def pytest_unconfigure(self, config: Any) -> None:
        from conformance.plugin.state import STATE

        self.state = config.stash.get(STATE, None)


def _pytest(arguments: list[str], keeper: _Keeper) -> int:
    import pytest

    return int(pytest.main(arguments, plugins=[keeper]))


@cli.command()
@settings_options(planned=True)
@click.option("--prices", is_flag=True, help="Ask the endpoint's catalogue for prices that the target does not name.")
def plan(prices: bool, **chosen: Any) -> int:
    """Print what a run would send: cases, requests, tokens, money.  Nothing is sent to the endpoint without --prices."""
    from conformance.cost import catalogue
    from conformance.planning import plan as planned
    from conformance.render.plan import render
    from conformance.session import settings

    about = settings(**{**chosen, "check_key": prices})
    if prices and about.target.embedded:
        raise UsageError("--prices asks an endpoint", "name one with --target or --base-url")
    if prices:
        about = about.priced(catalogue.prices(about.target))
    click.echo(render(planned(about), asked=prices), nl=False)
    return 0


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8123, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option(
    "--api-key", default="sk-test", show_default=True, help="The key to accept; it guards nothing but the mock."
)
@click.option(
    "--defect",
    "defects",
    multiple=True,
    metavar="NAME",
    help="Lie in this way; repeatable.  --list-defects names them.",
)
@click.option("--latency", default=0.0, metavar="SECONDS", help="Wait before each completion.")
@click.option(
    "--requests-per-minute", default=0.0, metavar="N", type=click.FloatRange(0), help="Answer 429 to more than that."
)
@click.option(
    "--limit",
    default="fixed",
    show_default=True,
    type=click.Choice(["fixed", "sliding", "bucket"]),
    help="How they are counted: in fixed or sliding windows, or by a bucket that is refilled evenly.",
)
@click.option(
    "--limit-window",
    default=60.0,
    metavar="SECONDS",
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help="The span in which they are counted.",
)
@click.option("--retry-after/--no-retry-after", default=True, help="Whether a 429 says when to come again.")
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="COLUMN=ID[,class=NAME]",
    help="A model beside the mock's own; repeatable.",
)
@click.option("--list-defects", is_flag=True, help="Print the defects and end.")
def mock(list_defects: bool, **chosen: Any) -> int:
    """Serve the mock gateway."""
    from conformance.mock.defects import ALL
    from conformance.mock.defects.poor import POOR
    from conformance.mock.options import Options
    from conformance.mock.server import serve

    if list_defects:
        for defect in (*ALL.values(), *POOR.values()):
            click.echo(f"{defect.name}: {defect.symptom}")
        return 0
    return serve(Options(**chosen))


@cli.command()
@click.argument("baseline", type=click.Path(path_type=Path))
@click.argument("candidate", type=click.Path(path_type=Path))
@click.option("--expectations", type=click.Path(path_type=Path), metavar="FILE", help="Known deviations, as TOML.")
@click.option("--map-model", "mapped", multiple=True, metavar="OLD=NEW", help="A model that took another's place.")
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

    from conformance.gate import compare
    from conformance.gating import aliases, expected, mapping, propose, two
    from conformance.render.gate import document, markdown, text

    before, after = two(baseline, candidate)
    name = after.run["contract"]["name"]
    known = expected(expectations, name)
    found = compare(before, after, known, aliases=aliases(name), renamed=mapping(mapped))
    if proposed:
        propose(proposed, after, known)
        click.echo(f"wrote {proposed}; fill in the reasons and owners, then give it with --expectations", err=True)
    if out["markdown"]:
        out["markdown"].write(markdown(found))
    if out["data"]:
        out["data"].write(json.dumps(document(found), indent=1, ensure_ascii=False) + "\n")
    if "<stdout>" not in (getattr(each, "name", "") for each in out.values()):
        click.echo(text(found), nl=False)
    return found.exit_code


@cli.command()
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
    from conformance import report as reports

    if merged:
        return _merge(paths, names, out, **merging)
    if len(paths) > 1 or any(merging.values()):
        raise UsageError("several runs, or how they end, are given without --merge", "add --merge or give one run")
    path = paths[0] if paths else LATEST
    for file in reports.render(reports.read(path), out or (path if path.is_dir() else path.parent), names):
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
    from conformance.gating import expected
    from conformance.merging import merge
    from conformance.render.terminal import summary
    from conformance.report import exit_code, read

    if not paths or out is None or names:
        raise UsageError(
            "--merge takes runs and --out, and no --format: it writes all",
            "for instance conformance report --merge shards/* --out reports/runs/whole",
        )
    known = expected(expectations, read(paths[0]).run["contract"]["name"])
    found = merge(paths, out, contract)
    click.echo(summary(found.matrix, out, width=shutil.get_terminal_size().columns, colour=False), nl=False)
    for each in found.unproven:
        click.echo(f"conformance: there is no evidence beside {each}; its cells cannot be explained", err=True)
    if found.missing:
        told = f"missing: shard {', '.join(found.missing)}; what is there was merged as a selection"
        click.echo(f"conformance: {told}", err=True)
    code = exit_code(found.matrix, known, fail_on_differs=fail_on_differs)
    return code or (5 if found.missing else 0)


@cli.command()
@click.argument("cells")
@click.argument("runs", nargs=-1, type=click.Path(path_type=Path))
@click.option("--feed", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write an Atom feed.")
def history(cells: str, runs: tuple[Path, ...], feed: Path | None) -> int:
    """Print what became of CELLS (CLAIM@COLUMN:MODEL, * stands for any text) over RUNS, by default those in reports/runs."""
    from fnmatch import fnmatchcase

    from conformance.history import load, turns
    from conformance.render.history import text

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


@cli.command()
@click.argument("name")
@click.option(
    "--run", "path", type=click.Path(path_type=Path), default=LATEST, show_default=True, help="Run directory."
)
@click.option("--contract", default="cometapi", show_default=True, metavar="NAME|FILE", help="Contract of the claim.")
def explain(name: str, path: Path, contract: str) -> int:
    """Explain NAME, a cell (CLAIM@COLUMN:MODEL) or a claim: what is documented, where, what was seen, how to reproduce it."""
    from conformance import contract as contracts
    from conformance.explaining import explain as explained
    from conformance.render.explanation import render

    click.echo(render(explained(name, path, contracts.load(contract))), nl=False)
    return 0


@cli.command()
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


@cli.command()
@click.option("--init", "new", type=click.Path(path_type=Path), metavar="FILE", help="Write a commented target file.")
def target(new: Path | None) -> int:
    """List the built-in targets, or write a file for one of your own."""
    from conformance import targets

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


@cli.command()
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
    from conformance import contract as contracts

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
        click.echo(f"{name}: {len(loaded.claims)} claims in {len(loaded.columns)} columns, in order")
        return 0
    for claim in loaded.claims.values():
        click.echo(f"{claim.id} ({claim.row['level']}, {claim.row['says']}): {claim.statement}")
    return 0


def _check_docs(loaded: Any, files: tuple[Path, ...]) -> int:
    """1 where a page and the contract differ, 5 where no page could be compared."""
    from conformance import documents
    from conformance.comparing import agree, compare
    from conformance.render.ledger import comparisons

    found = [compare(documents.load(each, loaded.columns), loaded) for each in files]
    click.echo(comparisons(found), nl=False)
    return 1 if any(each.differences for each in found) else 0 if agree(found) else 5


def _write_costs(loaded: Any, name: str) -> int:
    from conformance.cost import table as costs
    from conformance.planning import costs as planned

    path = costs.path_of(name)
    path.write_text(costs.write(planned(name), loaded.name, list(loaded.claims)), encoding="utf-8")
    click.echo(f"wrote {path}")
    return 0


def _coverage(loaded: Any, name: str) -> int:
    """1 where a documented statement has neither a claim nor a reason."""
    from conformance import ledger
    from conformance.render.ledger import coverage

    joined = ledger.join(ledger.load(name), loaded)
    click.echo(coverage(joined), nl=False)
    return 1 if joined.uncovered else 0
