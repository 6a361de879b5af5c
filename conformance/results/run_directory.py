"""The end of a run: the matrix of everything planned, and the files of the run directory.

Run facts, the exit code and where files lie are decided here; the texts of other formats are handed in.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conformance import __version__
from conformance.base.errors import UsageError
from conformance.base.observation import Reason
from conformance.base.validation import own_problem
from conformance.contract.claims import Case, Cost, Level
from conformance.evidence import files as evidence_files
from conformance.evidence.recording import files
from conformance.results import cost as billing
from conformance.results.expectations import Expectations
from conformance.results.facts import ContractFacts, ModelFacts, RunFacts
from conformance.results.matrix import VERSION, Cell, Matrix, Result, complete, fold
from conformance.run.settings import Settings
from conformance.run.tally import Tally
from conformance.trial.judge import JUDGED, Verdict

MATRIX = "matrix.json"
LATEST = "latest"
RUNS = Path("reports") / "runs"
REPLAYS = Path("reports") / "replays"
GIVE = "give a run directory or its matrix.json"


def directory(settings: Settings, chosen: Path | None, started: datetime) -> Path:
    """Return the run directory: the one chosen, else by default below the current one; a resumed run has its own.

    Raises UsageError where a replay would be written over what it reads.
    """
    earlier_run, name = settings.earlier_run, f"{started:%Y%m%dT%H%M%SZ}-{settings.target.name}"
    if chosen and chosen.name == LATEST and chosen.is_symlink():
        chosen = chosen.resolve()  # the link may lead elsewhere before the run has ended
    if earlier_run is None:
        return chosen or RUNS / name
    same = chosen is not None and chosen.resolve() == earlier_run.folder
    if earlier_run.resumed and chosen and not same:
        raise UsageError(f"--out must be the directory of the resumed run, got {chosen}", "leave --out out")
    if not earlier_run.resumed and same:
        raise UsageError(
            f"--out must not be the directory of the replayed run, got {chosen}",
            "name another directory, or leave --out out",
        )
    return earlier_run.folder if earlier_run.resumed else chosen or REPLAYS / name


def assemble(
    settings: Settings,
    planned: Iterable[Case],
    results: Mapping[str, Result],
    tallies: Iterable[Tally],
    *,
    started: datetime,
    stopped: bool,
) -> Matrix:
    """Return the matrix of a run: a cell for everything planned, with the facts of the run.

    What answers from a recording began when that began, and a replay ended with the last exchange that it used.
    """
    chosen, counted = list(planned), list(tallies)
    target, contract = settings.target, settings.contract
    run = RunFacts(
        suite_version=__version__,
        target=target.name,
        base_url=settings.base_url,
        api_key_env=target.api_key_env,
        api_key_file=target.api_key_file or None,
        target_version=settings.target_version or next((tally.server for tally in counted if tally.server), None),
        contract=ContractFacts(contract.name, settings.surfaces, contract.digest),
        models=tuple(_models(settings, counted)),
        mode=settings.mode,
        samples=settings.samples,
        started=settings.earlier_run.facts["started"] if settings.earlier_run else f"{started:%Y-%m-%dT%H:%M:%SZ}",
        ended=f"{_ended(settings, counted):%Y-%m-%dT%H:%M:%SZ}",
        planned=len(chosen),
        reported=len(results),
        requests=sum(tally.requests for tally in counted),
        waited=round(max((tally.waited for tally in counted), default=0.0), 1),
        cost=billing.facts(settings, chosen, (tally.spent for tally in counted)),
        profile=settings.profile,
        partial=_partial(settings, chosen),
        stopped=stopped,
        shard=settings.shard,
        cases=settings.total_cases if settings.shard else None,
    )
    unreported = {case: evidence for tally in counted for case, evidence in tally.unreported.items()}
    return Matrix(run, fold(complete(chosen, results, unreported)))


def _models(settings: Settings, tallies: Iterable[Tally]) -> Iterator[ModelFacts]:
    """The models of a run, each with its preflights in the order of the contract's surfaces."""
    preflights = {place: facts for tally in tallies for place, facts in tally.preflights.items()}
    for model in settings.models:
        places = [(surface, str(model)) for surface in settings.surfaces]
        found = tuple(preflights[place] for place in places if place in preflights)
        yield ModelFacts(model.column, model.id, model.kind.name, found)


def _partial(settings: Settings, chosen: Sequence[Case]) -> bool:
    """Whether less than the whole contract was asked of the target's models."""
    return (
        settings.shard is not None
        or settings.profile is not Cost.FULL
        or settings.selected
        or len(chosen) < len(settings.cases)
    )


def _ended(settings: Settings, tallies: Iterable[Tally]) -> datetime:
    last = max((tally.ended for tally in tallies if tally.ended), default=None)
    return datetime.fromtimestamp(last, UTC) if last and settings.replays else datetime.now(UTC)


def begin(out: Path, *, resumed: bool = False) -> None:
    """Take away what a run that is about to be written here makes untrue: `latest` where it leads here, and an old matrix.

    So a run that fails leaves neither; the matrix of a run that is `resumed` stays until the new one is there.
    """
    _unpoint(out)
    if not resumed:
        (out / MATRIX).unlink(missing_ok=True)


def write(matrix: Matrix, out: Path, texts: Mapping[str, str], *, replays: bool = False) -> None:
    """Write matrix.json and the `texts` of other formats, by file name, and close the evidence.

    A whole run that came to its end, and judged anything, becomes `latest`; one that `replays` another says nothing new.  Any
    other run in the place of the latest takes that name away.
    """
    out.mkdir(parents=True, exist_ok=True)
    document = matrix.document()
    wrong = own_problem(document, "data/matrix")
    assert wrong is None, f"matrix does not fit its own schema: {wrong}"
    _replace(out / MATRIX, json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    for name, text in texts.items():
        _replace(out / name, text)
    evidence_files.join(out)
    evidence_files.pack(out)
    judged = any(cell.verdict in JUDGED for cell in matrix.cells)
    if judged and not replays and matrix.run.whole and not any(map(_cut_off, matrix.cells)):
        _point(out)
    else:
        _unpoint(out)


def _cut_off(cell: Cell) -> bool:
    """Whether the run ended, in what it had to spend or whom it could ask, before all cases of a cell were asked."""
    return bool(cell.counts.get(Verdict.BLOCKED)) and cell.reason is not Reason.PREFLIGHT


def write_texts(texts: Mapping[str, str], out: Path) -> list[Path]:
    """Write the texts of a finished run by their file names; the files.  Raises UsageError where that fails."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            _replace(out / name, text)
    except OSError as error:
        raise UsageError(f"cannot write to {out}: {error.strerror}", "name another folder with --out") from error
    return [out / name for name in texts]


def read(path: Path, *, check: bool = True) -> Matrix:
    """Return the matrix in a file or a run directory; what cannot be used is a usage error that says why.

    Without `check` only the version is looked at, for whoever reads a year of runs.
    """
    check_link(path)
    file = path / MATRIX if path.is_dir() else path
    if path.is_dir() and not file.exists() and files(path):
        raise UsageError(
            f"{path} must hold {MATRIX}; its run is incomplete",
            f"continue it: conformance run --resume {path}",
        )
    if path.is_dir() and not file.exists():
        raise UsageError(f"{path} must be a run directory with {MATRIX}", GIVE)
    try:
        data = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise unreadable(file, error) from error
    if wrong := own_problem(data, "data/matrix") if check or not _ours(data) else None:
        raise unfit(file, data, wrong)
    try:
        return Matrix.from_document(data)
    except (KeyError, TypeError, ValueError) as error:
        raise unfit(file, data, own_problem(data, "data/matrix") or str(error)) from error


def check_link(path: Path) -> None:
    """Raise UsageError for a link, such as `latest`, whose run was removed: no other run is taken in its place."""
    if path.is_symlink() and not path.exists():
        raise UsageError(f"{path} is a link to {path.readlink()}, which does not exist", GIVE)


def unreadable(file: Path, error: Exception) -> UsageError:
    """Return what to say of a file that is not there, cannot be read, or is no JSON, such as one that was cut off."""
    if isinstance(error, FileNotFoundError):
        return UsageError(f"{file} must be an existing run", GIVE)
    if isinstance(error, OSError):
        return UsageError(f"{file} cannot be read: {error.strerror}", GIVE)
    if isinstance(error, json.JSONDecodeError):
        return UsageError(
            f"{file} must be a matrix in JSON; it is cut off or wrong at line {error.lineno} ({error.msg})", GIVE
        )
    return UsageError(f"{file} must be a matrix in JSON; it is not UTF-8, or nested too deeply", GIVE)


def unfit(file: Path, data: Any, wrong: str) -> UsageError:
    """Return what to say of JSON that is of another version of the matrix, or of something else."""
    version = data.get("schema") if isinstance(data, dict) else None
    if not isinstance(version, int) or version == VERSION:
        return UsageError(f"{file} must be a matrix: {wrong}", GIVE)
    remedy = (
        "make the run again with this suite" if version < VERSION else "install the suite that wrote it, or a newer one"
    )
    return UsageError(f"{file} must have schema version {VERSION}, got version {version}", remedy)


def _ours(data: Any) -> bool:
    """Whether a document claims to be a matrix of this version."""
    return isinstance(data, dict) and data.get("schema") == VERSION and {"run", "cells"} <= data.keys()


def exit_code(matrix: Matrix, known: Expectations | None = None, *, fail_on_differs: bool = False) -> int:
    """Return the exit code that a finished run comes to: 3, 4, 1, 5 or 0, in that order of precedence.

    A deviation that is `known` does not fail; one that is known and does not come does.  A blocked cell leaves no verdict where
    its claim binds; an unstated one could not have failed either.  A shard with nothing to judge comes to 0: the merge of all
    shards is what says whether anything was.
    """
    known, run = known or Expectations(), matrix.run
    blocked = [preflight.exit_code for model in run.models for preflight in model.blocked]
    counts = Counter(cell.verdict for cell in matrix.cells if not known.meets(cell))
    stale = known.stale(matrix.cells, whole=not run.partial)
    if 3 in blocked:
        return 3
    if run.models and all(model.unreachable for model in run.models):
        return 4
    if stale or counts[Verdict.DEVIATES] or (fail_on_differs and counts[Verdict.DIFFERS]):
        return 1
    cut = any(cell.verdict is Verdict.BLOCKED and cell.level is not Level.UNSTATED for cell in matrix.cells)
    if blocked or run.stopped or cut:
        return 5
    empty = run.shard is not None and set(counts) <= {Verdict.NOT_APPLICABLE}
    return 0 if empty or any(cell.verdict in JUDGED for cell in matrix.cells) else 5


def _replace(path: Path, text: str) -> None:
    """Write a file so that a reader finds the old one or the whole new one."""
    draft = path.with_name(f".{path.name}.part")
    draft.write_text(text, encoding="utf-8", newline="")
    draft.replace(path)


def _point(out: Path) -> None:
    """Make `latest` beside a run directory lead to it; a folder of that name is left alone."""
    link = out.parent / LATEST
    if link == out or (link.exists() and not link.is_symlink()):
        return
    draft = link.with_name(".latest.part")
    draft.unlink(missing_ok=True)
    draft.symlink_to(out.name, target_is_directory=True)
    draft.replace(link)


def _unpoint(out: Path) -> None:
    """Remove `latest` beside a run directory where it leads to it."""
    link = out.parent / LATEST
    if link.is_symlink() and link.resolve() == out.resolve():
        link.unlink()
