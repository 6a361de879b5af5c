"""The run directory: where it is, what a run writes into it at its end, and how its matrix is read again.

The facts of a run and its exit code are decided here as well.  The texts of other formats come from the caller.
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
from conformance.base.sharing import LOCK_FILE
from conformance.base.validation import own_problem
from conformance.contract.claims import Case, Cost, Level
from conformance.evidence import files as evidence_files
from conformance.evidence.recording import files
from conformance.results import cost
from conformance.results.expectations import Expectations
from conformance.results.facts import ClientFacts, ContractFacts, ModelFacts, RunFacts
from conformance.results.matrix import VERSION, Cell, Matrix, Result, complete, fold
from conformance.run.settings import Settings
from conformance.run.tally import Tally
from conformance.trial.judge import JUDGED, OPEN, Verdict

MATRIX = "matrix.json"
LATEST = "latest"
INCOMPLETE = "incomplete"
RUNS = Path("reports") / "runs"
REPLAYS = Path("reports") / "replays"
_NEXT_STEP = "give a run directory or its matrix.json"


def directory(settings: Settings, chosen: Path | None, started: datetime) -> Path:
    """Return the run directory: the chosen one, or one below reports/; a resumed run keeps its own.

    Raises UsageError for a resumed run with another directory, and for a replay that would overwrite the run it reads.
    """
    earlier_run, name = settings.earlier_run, f"{started:%Y%m%dT%H%M%SZ}-{settings.target.name}"
    if chosen and chosen.name == LATEST and chosen.is_symlink():
        chosen = chosen.resolve()  # the link may lead elsewhere before the run has ended
    if earlier_run is None:
        return chosen or RUNS / name
    same = chosen is not None and chosen.resolve() == earlier_run.folder
    if earlier_run.resumed and chosen and not same:
        raise UsageError(f"--out must be the directory of the resumed run, got {chosen}", "leave out --out")
    if not earlier_run.resumed and same:
        raise UsageError(
            f"--out must not be the directory of the replayed run, got {chosen}",
            "name another directory, or leave out --out",
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
    """Return the matrix of a run: its facts, and a cell for everything that was planned.

    A replayed or resumed run started when the recorded run did, and a replay ended with the last exchange that it used.
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
        contract=ContractFacts(contract.name, settings.surfaces, contract.digest, _clients(settings)),
        models=tuple(_models(settings, counted)),
        mode=settings.mode,
        samples=settings.samples,
        share=settings.share,
        started=settings.earlier_run.facts["started"] if settings.earlier_run else f"{started:%Y-%m-%dT%H:%M:%SZ}",
        ended=f"{_ended(settings, counted):%Y-%m-%dT%H:%M:%SZ}",
        planned=len(chosen),
        reported=len(results),
        requests=sum(tally.requests for tally in counted),
        waited=round(max((tally.waited for tally in counted), default=0.0), 1),
        cost=cost.facts(settings, chosen, (tally.spent for tally in counted)),
        profile=settings.profile,
        partial=_partial(settings, chosen),
        stopped=stopped,
        died=next((tally.death for tally in counted if tally.death), None),
        shard=settings.shard,
        cases=settings.total_cases if settings.shard else None,
    )
    unreported = {case: evidence for tally in counted for case, evidence in tally.unreported.items()}
    return Matrix(run, fold(complete(chosen, results, unreported)))


def _clients(settings: Settings) -> tuple[ClientFacts, ...]:
    """Return the clients of the contract that speak one of the tested surfaces."""
    return tuple(
        ClientFacts(client.title, client.surface, settings.contract.needed_by(client))
        for client in settings.contract.clients
        if client.surface in settings.surfaces
    )


def _models(settings: Settings, tallies: Iterable[Tally]) -> Iterator[ModelFacts]:
    """Yield the models of a run, each with its preflights in the order of the contract's surfaces."""
    preflights = {place: facts for tally in tallies for place, facts in tally.preflights.items()}
    for model in settings.models:
        places = [(surface, str(model)) for surface in settings.surfaces]
        known = tuple(preflights[place] for place in places if place in preflights)
        yield ModelFacts(model.column, model.id, model.kind.name, known, model.version)


def _partial(settings: Settings, chosen: Sequence[Case]) -> bool:
    """Return whether less than the whole contract was selected for the target's models."""
    return (
        settings.shard is not None
        or settings.profile is not Cost.FULL
        or settings.is_selection
        or len(chosen) < len(settings.cases)
    )


def _ended(settings: Settings, tallies: Iterable[Tally]) -> datetime:
    last = max((tally.ended for tally in tallies if tally.ended), default=None)
    return datetime.fromtimestamp(last, UTC) if last and settings.replays else datetime.now(UTC)


def begin(out: Path, *, resumed: bool = False) -> None:
    """Remove what is no longer true when a new run starts in a directory: `latest` if it leads here, and an old matrix.

    A run that fails then leaves neither behind.  The matrix of a `resumed` run stays until the new one is written.
    """
    _unpoint(out)
    if not resumed:
        (out / MATRIX).unlink(missing_ok=True)


def write(matrix: Matrix, out: Path, texts: Mapping[str, str], *, replays: bool = False) -> None:
    """Write matrix.json and the `texts` of other formats, by file name, and join and pack the evidence.

    A whole run that ended and judged at least one cell becomes `latest`; a replay does not, since nothing in it is new.  If any
    other run is written where `latest` leads, the link is removed.
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


def set_aside(out: Path) -> Path:
    """Move a run in which no model answered from among the others, to the folder `incomplete`; return where it is now."""
    place = out.parent / INCOMPLETE / out.name
    place.parent.mkdir(exist_ok=True)
    out.rename(place)
    for lock in place.glob(f"{LOCK_FILE}*"):  # it was on the name that is free now
        lock.unlink()
    return place


def _cut_off(cell: Cell) -> bool:
    """Return whether some cases of a cell were not tested because the budget, or the endpoint, came to an end."""
    return bool(cell.counts.get(Verdict.BLOCKED)) and cell.reason not in {Reason.PREFLIGHT, Reason.PRESUPPOSED}


def write_texts(texts: Mapping[str, str], out: Path) -> list[Path]:
    """Write texts by their file names and return the paths; raises UsageError if the directory cannot be written."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            _replace(out / name, text)
    except OSError as error:
        raise UsageError(f"cannot write to {out}: {error.strerror}", "name another folder with --out") from error
    return [out / name for name in texts]


def read(path: Path, *, check: bool = True) -> Matrix:
    """Return the matrix in a file or a run directory; raises UsageError, with the reason, if there is none to be read.

    Without `check` only the version is checked, not the schema, which takes 0.2 ms per cell.
    """
    check_link(path)
    file = path / MATRIX if path.is_dir() else path
    if path.is_dir() and not file.exists() and files(path):
        raise UsageError(
            f"{path} must hold {MATRIX}; its run is incomplete",
            f"continue it: conformance run --resume {path}",
        )
    if path.is_dir() and not file.exists():
        raise UsageError(f"{path} must be a run directory with {MATRIX}", _NEXT_STEP)
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
    """Raise UsageError for a link, such as `latest`, whose run was removed."""
    if path.is_symlink() and not path.exists():
        raise UsageError(f"{path} is a link to {path.readlink()}, which does not exist", _NEXT_STEP)


def unreadable(file: Path, error: Exception) -> UsageError:
    """Return the error for a matrix that does not exist, cannot be read, or whose JSON is cut off or invalid."""
    if isinstance(error, FileNotFoundError):
        return UsageError(f"{file} must be an existing run", _NEXT_STEP)
    if isinstance(error, OSError):
        return UsageError(f"{file} cannot be read: {error.strerror}", _NEXT_STEP)
    if isinstance(error, json.JSONDecodeError):
        return UsageError(
            f"{file} must be a matrix in JSON; it is cut off or wrong at line {error.lineno} ({error.msg})", _NEXT_STEP
        )
    return UsageError(f"{file} must be a matrix in JSON; it is not UTF-8, or nested too deeply", _NEXT_STEP)


def unfit(file: Path, data: Any, wrong: str) -> UsageError:
    """Return the error for JSON that does not fit the schema of a matrix, or is of another version; `wrong` says how."""
    version = data.get("schema") if isinstance(data, dict) else None
    if not isinstance(version, int) or version == VERSION:
        return UsageError(f"{file} must be a matrix: {wrong}", _NEXT_STEP)
    remedy = (
        "make the run again with this suite" if version < VERSION else "install the suite that wrote it, or a newer one"
    )
    return UsageError(f"{file} must have schema version {VERSION}, got version {version}", remedy)


def _ours(data: Any) -> bool:
    """Return whether a document claims to be a matrix of this version."""
    return isinstance(data, dict) and data.get("schema") == VERSION and {"run", "cells"} <= data.keys()


def exit_code(matrix: Matrix, known: Expectations | None = None, *, fail_on_differs: bool = False) -> int:
    """Return the exit code of a finished run: 3, 4, 1, 5 or 0, the first of them that applies.

    A deviation that is `known` does not fail a run, a stale expectation does.  A blocked cell gives 5, and so do more cells that
    are left open than judged, unless a claim is unstated, which cannot fail, or another claim is the cause, which is counted
    there.  A shard without anything to judge gives
    0: whether anything was judged is for the merged run.
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
    binding = [
        cell for cell in matrix.cells if cell.reason is not Reason.PRESUPPOSED and cell.level is not Level.UNSTATED
    ]
    cut = any(cell.verdict is Verdict.BLOCKED for cell in binding)
    judged, left_open = (sum(cell.verdict in verdicts for cell in binding) for verdicts in (JUDGED, OPEN))
    if blocked or run.stopped or cut or run.died or left_open > judged:
        return 5
    empty = run.shard is not None and set(counts) <= {Verdict.NOT_APPLICABLE}
    return 0 if empty or any(cell.verdict in JUDGED for cell in matrix.cells) else 5


def _replace(path: Path, text: str) -> None:
    """Write a file so that a reader at any moment sees the old one or the whole new one."""
    draft = path.with_name(f".{path.name}.part")
    draft.write_text(text, encoding="utf-8", newline="")
    draft.replace(path)


def _point(out: Path) -> None:
    """Make `latest`, next to a run directory, lead to it; a real directory with this name is left alone."""
    link = out.parent / LATEST
    if link == out or (link.exists() and not link.is_symlink()):
        return
    draft = link.with_name(".latest.part")
    draft.unlink(missing_ok=True)
    draft.symlink_to(out.name, target_is_directory=True)
    draft.replace(link)


def _unpoint(out: Path) -> None:
    """Remove `latest`, next to a run directory, if it leads to it."""
    link = out.parent / LATEST
    if link.is_symlink() and link.resolve() == out.resolve():
        link.unlink()
