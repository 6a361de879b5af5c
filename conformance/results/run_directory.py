"""The run directory: where it is, and what a run writes into it at its end.

The facts of a run and its exit code are decided here as well.  The texts of other formats come from the caller.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from conformance import __version__
from conformance.base.errors import UsageError
from conformance.base.observation import Reason
from conformance.base.sharing import LOCK_FILE
from conformance.base.validation import own_problem
from conformance.base.writing import write_texts
from conformance.contract.claims import Case, Cost, Level
from conformance.evidence import files as evidence_files
from conformance.results import cost
from conformance.results.expectations import Expectations
from conformance.results.facts import ClientFacts, ContractFacts, ModelFacts, RunFacts
from conformance.results.matrix import Cell, Matrix, Result, complete, fold
from conformance.results.reading import MATRIX
from conformance.run.settings import Settings
from conformance.run.tally import Tally
from conformance.trial.judge import JUDGED, OPEN, Verdict

LATEST = "latest"
INCOMPLETE = "incomplete"
RUNS = Path("reports") / "runs"
REPLAYS = Path("reports") / "replays"


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
    document = matrix.document()
    wrong = own_problem(document, "data/matrix")
    assert wrong is None, f"matrix does not fit its own schema: {wrong}"
    hint = "make room, or name another directory with --out"
    write_texts({MATRIX: json.dumps(document, indent=1, ensure_ascii=False) + "\n", **texts}, out, hint)
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
