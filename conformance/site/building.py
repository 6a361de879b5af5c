"""The whole site as files below one directory.

Each page is written before the next is made, so a year of runs needs little memory.  A directory with other files in it is
refused; pages of an earlier build that are no longer made are removed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath

from conformance.base.errors import UsageError
from conformance.contract import loading as contracts
from conformance.contract.contract import Contract
from conformance.results.history import turns
from conformance.site import (
    boards,
    cells,
    claims,
    clients,
    comparisons,
    days,
    histories,
    matrices,
    naming,
    overview,
    parameters,
    words,
)
from conformance.site.choosing import Target, choose
from conformance.site.reading import Reader
from conformance.site.rendering import HERE, Page, Renderer

SCRIPTS = ("search.js", "sides.js", "filter.js")  # one file on the site, each with what some pages need
LIST = "pages.txt"  # the files of the site, so that the next build knows which ones it may remove


def build(
    paths: Iterable[Path],
    out: Path,
    now: datetime | None = None,
    left_out: Callable[[str], object] = lambda message: None,
) -> int:
    """Write the site of these runs below `out` and return the number of its pages.

    Ages are counted up to `now`, by default the end of the newest run.  `left_out` is told of each run in a folder that cannot be
    read.  Raises UsageError for a path without a run, and for an
    `out` that holds other files or cannot be written.
    """
    earlier = _earlier(out)
    reader = Reader()
    listed = reader.find(paths, left_out)
    renderer = Renderer(now or max(words.moment(run.run) for run in listed))
    written: set[str] = set()
    try:
        for page in _pages(choose(listed, reader), reader, renderer):
            written.add(_write(out, page))
    except BaseException:
        _list(out, earlier | written)
        raise
    for name in earlier - written:
        (out / name).unlink(missing_ok=True)
    _list(out, written)
    return sum(name.endswith(".html") for name in written)


def _pages(targets: list[Target], reader: Reader, renderer: Renderer) -> Iterator[Page]:
    """Yield every page, those of a target together."""
    known = {name: _contract(name) for name in dict.fromkeys(target.series[1] for target in targets)}
    claims_of = {name: contract.claims if contract else {} for name, contract in known.items()}
    sides = boards.boards(targets)
    parametrised = parameters.known(sides)
    strips = []
    newest_steps: dict[naming.Series, comparisons.Step] = {}
    for target in targets:
        contract, known_claims = known[target.series[1]], claims_of[target.series[1]]
        statements = {name: claim.statement for name, claim in known_claims.items()}
        steps = []
        for step, page in comparisons.consecutive(target, reader, renderer):
            steps.append(step)
            yield page
        strips.append(days.strip(target, steps, renderer.now, days.MONTH))
        turned = turns(reader.load(run) for run in reversed(target.runs))
        yield histories.page(target, turned, steps, renderer)
        if steps:
            newest_steps[target.series] = steps[-1]
        if target.newest.facts.contract.clients:
            yield clients.page(target, renderer)
        for run in target.shown:
            yield matrices.page(run, target, renderer, statements, parametrised)
        yield from cells.pages(target, renderer, known_claims, turned, contract.digest if contract else None)
    pairs = []
    for (one, other, path), page in comparisons.between(targets, renderer):
        pairs.append(overview.Pair(one, other, path))
        yield page
    yield from claims.pages(targets, renderer, claims_of)
    yield from parameters.pages(sides, renderer)
    yield overview.index(targets, sides, strips, pairs, newest_steps, renderer)
    static = HERE / "static"
    yield Page(naming.STYLE, (static / naming.STYLE).read_text(encoding="utf-8"))
    yield Page(naming.SCRIPT, "".join((static / name).read_text(encoding="utf-8") for name in SCRIPTS))


def _contract(name: str) -> Contract | None:
    """Return a built-in contract as it is now; None for any other, whose claims are not known here."""
    return contracts.load(name) if name in contracts.built_in() else None


def _write(out: Path, page: Page) -> str:
    """Write a page and return its path; raises UsageError where the disk refuses."""
    path = out / page.path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page.text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", "give another directory with --out") from error
    return page.path


def _list(out: Path, names: set[str]) -> None:
    """List the files of the site, also of one that was not finished, so that the next build may write there again."""
    if out.is_dir():
        (out / LIST).write_text("".join(f"{name}\n" for name in sorted(names)), encoding="utf-8", newline="\n")


def _earlier(out: Path) -> set[str]:
    """Return the files of an earlier build; raises UsageError for a directory that holds anything else."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return set()
    if not (out / LIST).is_file():
        raise UsageError(
            f"{out} must be empty or hold an earlier site, and has other files in it",
            "give another directory with --out",
        )
    names = (out / LIST).read_text(encoding="utf-8").splitlines()
    return {name for name in names if name and not _leaves(name)}


def _leaves(name: str) -> bool:
    """Return whether a name leads out of the directory."""
    path = PurePosixPath(name)
    return path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name
