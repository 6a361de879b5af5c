"""The whole site as files below one directory.

Each page is written before the next is made, so a year of runs needs little memory.  A directory with other files in it is
refused; pages of an earlier build that are no longer made are removed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath

from conformance.base.errors import UsageError
from conformance.base.reading import read_text, reason_of
from conformance.base.writing import make_folder, write_text
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
_ELSEWHERE = "give another directory with --out"
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
    make_folder(out, _ELSEWHERE)
    for page in _pages(choose(listed, reader), reader, renderer):
        _announce(out, page.path, new=page.path not in earlier | written)
        _write(out, page)
        written.add(page.path)
    for name in earlier:
        path = out / name
        path.with_name(f".{path.name}.part").unlink(missing_ok=True)  # of a build that was killed
        if name not in written:
            path.unlink(missing_ok=True)
    write_text(out / LIST, "".join(f"{name}\n" for name in sorted(written)), _ELSEWHERE)
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


def _announce(out: Path, name: str, *, new: bool) -> None:
    """List a file before it is written, so that a build that was killed left nothing that the next one does not know."""
    if not new:
        return
    try:
        with (out / LIST).open("a", encoding="utf-8", newline="\n") as file:
            file.write(f"{name}\n")
    except OSError as error:
        raise UsageError(f"{out / LIST} cannot be written: {reason_of(error)}", _ELSEWHERE) from error


def _write(out: Path, page: Page) -> None:
    """Write a page; raises UsageError where the disk refuses."""
    path = out / page.path
    make_folder(path.parent, _ELSEWHERE)
    write_text(path, page.text, _ELSEWHERE)


def _earlier(out: Path) -> set[str]:
    """Return the files of an earlier build; raises UsageError for a directory that holds anything else."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return set()
    if not (out / LIST).is_file():
        raise UsageError(
            f"{out} must be empty or hold an earlier site, and has other files in it",
            _ELSEWHERE,
        )
    names = read_text(out / LIST, _ELSEWHERE).splitlines()
    return {name for name in names if name and not _leaves(name)}


def _leaves(name: str) -> bool:
    """Return whether a name leads out of the directory."""
    path = PurePosixPath(name)
    return path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name
