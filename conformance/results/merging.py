"""Runs merged into one: the shards of a split run, and runs of different models of one target.

Which runs belong together, which shards are missing and what the facts of the whole are is decided here, by pure functions over
matrices; `merge` does it with run directories.  How a run is split is decided in run/shards.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, count
from pathlib import Path
from typing import Any

from conformance.base.errors import UsageError
from conformance.base.observation import Reason
from conformance.contract import loading as contracts
from conformance.contract.claims import Cost
from conformance.contract.contract import Contract
from conformance.evidence import files as evidence_files
from conformance.evidence import recording
from conformance.evidence.lines import opened
from conformance.results import cost, run_directory
from conformance.results.facts import ContractFacts, ModelFacts, RunFacts
from conformance.results.matrix import Cell, Matrix, spent_together, together
from conformance.results.reading import MATRIX, file_of, read
from conformance.results.rejudging import rejudged
from conformance.run.causes import EXPLAINABLE, blocked_by
from conformance.run.shards import Shard
from conformance.run.tally import PreflightFacts
from conformance.suite import invariant_claims
from conformance.trial.judge import AGAINST, FOLDING, Verdict

# The facts that must be equal in runs that are merged, in the order in which a difference is reported.
_COMMON = (
    *("suite_version", "target", "base_url", "api_key_env", "api_key_file", "target_version", "contract", "mode"),
    *("samples", "share", "profile"),
)
_UNFINISHED = ".merging"  # in --out until the merge is whole: what a killed one left there may be replaced
_ALIKE = "give runs of one target, contract and suite with the same settings"


@dataclass(frozen=True)
class Part:
    """One run to be merged, and the file that it was read from."""

    file: Path
    matrix: Matrix

    @property
    def run(self) -> RunFacts:
        return self.matrix.run

    @property
    def models(self) -> list[tuple[str, str, str]]:
        """Column, id and class of each model."""
        return [(model.column, model.id, model.kind) for model in self.run.models]


@dataclass(frozen=True)
class Merged:
    """The merged matrix; the missing shards, as I/N; and the matrix files of runs without their evidence."""

    matrix: Matrix
    missing: tuple[str, ...] = ()
    unproven: tuple[Path, ...] = ()


def merge(
    runs: Sequence[Path], out: Path, texts: Callable[[Matrix], Mapping[str, str]], contract: str | None = None
) -> Merged:
    """Merge runs (run directories, matrix.json files) into a new run directory, with their evidence.

    `texts` renders the formats that every run directory has, by file name.  `contract` is the name or file of the runs' contract
    if it is not built in.  Raises UsageError for runs that do not belong together, and for a directory that has a run already or
    cannot be written.
    """
    parts = [Part(file_of(run), read(run)) for run in runs]
    known = _contract(parts[0], contract)
    merged = combine(parts, known)
    if len(parts) > 1:
        replies = [recording.read(part.file.parent) for part in parts if recording.files(part.file.parent)]
        merged = replace(merged, matrix=replace(merged.matrix, cells=rejudged(merged.matrix.cells, replies, known)))
    unfinished = out / _UNFINISHED
    names = (MATRIX, recording.EVIDENCE_FILE, recording.PACKED_FILE)
    if any((out / name).exists() for name in names) and not unfinished.exists():
        raise UsageError(f"--out must be a new folder, and {out} holds a run", "name another folder")
    try:
        out.mkdir(parents=True, exist_ok=True)
        unfinished.touch()
        evidence_files.clear(out)
        unproven = tuple(_bring_evidence(parts, out))
        run_directory.write(merged.matrix, out, texts(merged.matrix))
        unfinished.unlink()
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}", "name another folder with --out") from error
    return replace(merged, unproven=unproven)


def combine(parts: Sequence[Part], contract: Contract) -> Merged:
    """Return one matrix of all parts, in the contract's order; raises UsageError for parts that do not belong together."""
    _check_alike(parts)
    everywhere = invariant_claims(contract)
    groups = _groups(parts, everywhere)
    missing = [str(shard) for group in groups for shard in _missing(group)]
    whole = not missing and all(_whole(group, everywhere) for group in groups)
    cells = _cells(groups, contract, everywhere)
    return Merged(Matrix(_facts(groups, whole, everywhere), cells), tuple(missing))


def _contract(part: Part, name: str | None) -> Contract:
    """Return the contract of a run, for the order of its claims; `name` is its name or file if it is not built in."""
    facts = part.run.contract
    if name is None and facts.name not in contracts.built_in():
        raise UsageError(
            f"{part.file} needs contract {facts.name}, which is not built in", "name it with --contract PATH"
        )
    found = contracts.load(name or facts.name)
    if (found.name, found.digest) != (facts.name, facts.digest):
        message = f"{part.file} needs contract {facts.name} {facts.digest}, got {found.name} {found.digest}"
        raise UsageError(message, "name the contract of the runs with --contract PATH")
    return found


def _check_alike(parts: Sequence[Part]) -> None:
    """Raise UsageError unless the parts have all facts in common that the parts of one run have.

    Each run against the embedded mock gateway has its own address, so addresses may differ between those.
    """
    apart = {"base_url"} if all(part.run.embedded for part in parts) else set()
    for name in _COMMON:
        known = [part for part in parts if name != "target_version" or part.run.target_version is not None]
        for other in known[1:]:
            one = known[0]
            here, there = getattr(one.run, name), getattr(other.run, name)
            if name not in apart and here != there:
                raise UsageError(
                    f"{name} must be equal in all runs, got {_spell(here)} in {one.file} and {_spell(there)} in {other.file}",
                    _ALIKE,
                )


def _spell(fact: object) -> str:
    return f"{fact} {fact.digest}" if isinstance(fact, ContractFacts) else str(fact)


def _groups(parts: Sequence[Part], everywhere: Collection[str]) -> list[list[Part]]:
    """Return the parts with the same models together, in the order of their shards.

    Raises UsageError for two parts that share some models but not all, and for shards that do not fit together.
    """
    groups: dict[tuple[tuple[str, str, str], ...], list[Part]] = {}
    for part in parts:
        groups.setdefault(tuple(part.models), []).append(part)
    for (one, *_), (other, *_) in combinations(groups.values(), 2):
        if shared := {model[:2] for model in one.models} & {model[:2] for model in other.models}:
            model = ":".join(min(shared))
            hint = "give runs of the same models and classes in the same order, or of none in common"
            raise UsageError(
                f"runs must have all models in common or none: {one.file} and {other.file} share {model}", hint
            )
    for group in groups.values():
        for one, other in combinations(group, 2):
            _check_shards(one, other, everywhere)
        group.sort(key=_number)
    return list(groups.values())


def _check_shards(one: Part, other: Part, everywhere: Collection[str]) -> None:
    """Raise UsageError unless two runs of the same models are different shards of one split, without a common cell."""
    both = f"{one.file} and {other.file}"
    shards = [part.run.shard for part in (one, other)]
    for part in (one, other):
        if part.run.shard is None:
            raise UsageError(
                f"{both} have the same models, so both must be shards; {part.file} is not", "run each with --shard I/N"
            )
    if len({(shard and shard.parts, part.run.cases) for shard, part in zip(shards, (one, other), strict=True)}) > 1:
        splits = [f"{part.run.shard} of {part.run.cases} cases" for part in (one, other)]
        raise UsageError(
            f"{both} must be shards of one run, got {splits[0]} and {splits[1]}", "give the shards of one run"
        )
    held = ({cell.id for cell in part.matrix.cells if cell.claim not in everywhere} for part in (one, other))
    shared = set.intersection(*held)
    if shared or shards[0] == shards[1]:
        why = f"both hold {min(shared)}" if shared else f"both are shard {shards[0]}"
        raise UsageError(f"{both} must not overlap: {why}", "give each shard once")


def _number(part: Part) -> int:
    return part.run.shard.part if part.run.shard else 1


def _missing(group: Sequence[Part]) -> Iterator[Shard]:
    """Yield the shards of a split that are missing."""
    if shard := group[0].run.shard:
        for number in sorted(set(range(1, shard.parts + 1)) - {_number(part) for part in group}):
            yield Shard(number, shard.parts)


def _whole(group: Sequence[Part], everywhere: Collection[str]) -> bool:
    """Return whether parts without a missing shard are the whole contract, not a selection of it."""
    first = group[0].run
    planned = sum(part.run.planned for part in group) - _repeated(group, everywhere)
    return planned == first.cases if first.shard else not first.partial


def _repeated(group: Sequence[Part], everywhere: Collection[str]) -> int:
    """Return how many cases of the shards are repeated: each shard judges the claims about every reply, in one case a model."""
    cells = [cell.id for part in group for cell in part.matrix.cells if cell.claim in everywhere]
    return len(cells) - len(set(cells))


def _facts(groups: Sequence[Sequence[Part]], whole: bool, everywhere: Collection[str]) -> RunFacts:
    """Return the facts of the merged run."""
    runs = [part.run for group in groups for part in group]
    costs = [run.cost for run in runs if run.cost]
    repeated = sum(_repeated(group, everywhere) for group in groups)
    return replace(
        runs[0],
        target_version=next((run.target_version for run in runs if run.target_version), None),
        models=tuple(model for group in groups for model in _models([part.run for part in group])),
        started=min(run.started for run in runs),
        ended=max(run.ended for run in runs),
        planned=sum(run.planned for run in runs) - repeated,
        reported=sum(run.reported for run in runs) - repeated,
        requests=sum(run.requests for run in runs),
        waited=max(run.waited for run in runs),
        cost=cost.joined(costs) if len(costs) == len(runs) else None,
        partial=not whole or runs[0].profile is not Cost.FULL,
        stopped=any(run.stopped for run in runs),
        died=next((run.died for run in runs if run.died), None),
        shard=None,
        cases=None,
    )


def _models(runs: Sequence[RunFacts]) -> Iterator[ModelFacts]:
    """Yield each model of these shards with its preflights, one per surface."""
    for shards in zip(*(run.models for run in runs), strict=True):
        surfaces: dict[str, list[PreflightFacts]] = {}
        for preflight in (preflight for model in shards for preflight in model.preflights):
            surfaces.setdefault(preflight.surface, []).append(preflight)
        yield replace(shards[0], preflights=tuple(map(_joined, surfaces.values())))


def _joined(preflights: Sequence[PreflightFacts]) -> PreflightFacts:
    """Return one preflight for those of several shards: blocked if one is, with the first known name and fingerprint."""
    return replace(
        next((preflight for preflight in preflights if preflight.blocked), preflights[0]),
        echoed=_first(preflight.echoed for preflight in preflights),
        fingerprint=_first(preflight.fingerprint for preflight in preflights),
    )


def _first(words: Iterable[str | None]) -> str | None:
    return next((word for word in words if word is not None), None)


def _cells(groups: Sequence[Sequence[Part]], contract: Contract, everywhere: Collection[str]) -> tuple[Cell, ...]:
    """Return all cells in the contract's order: by model, then by claim, the endpoint as a whole last."""
    models = [(column, model) for group in groups for column, model, _ in group[0].models]
    of_model = {model: number for number, model in enumerate(models)}
    of_claim = {claim: number for number, claim in enumerate(contract.claims)}
    by_id: dict[str, list[Cell]] = {}
    for cell in (cell for group in groups for part in group for cell in part.matrix.cells):
        by_id.setdefault(cell.id, []).append(cell)

    def place(cell: Cell) -> tuple[int, int]:
        return of_model.get((cell.column, cell.model), len(models)), of_claim.get(cell.claim, len(of_claim))

    folded = sorted((_fold(cells, everywhere) for cells in by_id.values()), key=place)
    failed = {cell.id: cell for cell in folded if cell.verdict in AGAINST}
    return tuple(_attribute(cell, failed, contract) for cell in folded)


def _attribute(cell: Cell, failed: Mapping[str, Cell], contract: Contract) -> Cell:
    """Return a cell, blocked if a claim that it presupposes failed in another shard."""
    if cell.verdict not in EXPLAINABLE or cell.claim not in contract.claims:
        return cell
    for claim in contract.claims[cell.claim].presupposes:
        if cause := failed.get(f"{claim}@{cell.column}:{cell.model}"):
            blocked = sum(count for verdict, count in cell.counts.items() if verdict in EXPLAINABLE)
            counts = {verdict: count for verdict, count in cell.counts.items() if verdict not in EXPLAINABLE}
            return replace(
                cell,
                verdict=Verdict.BLOCKED,
                detail=blocked_by(claim, cause.verdict, cause.detail),
                reason=Reason.PRESUPPOSED,
                cause=claim,
                counts={Verdict.BLOCKED: blocked, **counts},
            )
    return cell


def _fold(cells: Sequence[Cell], everywhere: Collection[str]) -> Cell:
    """Return the worst of several cells with one id.

    Runs of different models each test the endpoint as a whole, and each shard judges the claims about every reply over its own.
    """
    worst, looks = min(cells, key=lambda cell: FOLDING.index(cell.verdict)), together(cell.looks for cell in cells)
    if worst.claim in everywhere:
        if len(cells) > 1 and looks is not None:
            over_all = f"; in all {len(cells)} shards {looks.against} of {looks.count} are against it"
            worst = replace(worst, detail=f"{worst.detail}{over_all}")
        cells = [worst, *(replace(cell, counts={}) for cell in cells)]
    counts = {verdict: sum(cell.counts.get(verdict, 0) for cell in cells) for verdict in FOLDING}
    evidence = tuple(dict.fromkeys(exchange for cell in [worst, *cells] for exchange in cell.evidence))
    return replace(
        worst,
        evidence=evidence,
        counts={verdict: count for verdict, count in counts.items() if count},
        looks=looks,
        tokens=spent_together(cell.tokens for cell in cells),
    )


def _recorded(parts: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the first line of the merged evidence, from those of the parts: all models, and no shard."""
    first = parts[0]
    models = [model for facts in parts for model in facts["target"]["models"]]
    return {
        **{name: fact for name, fact in first.items() if name != "schema"},
        "started": min(facts["started"] for facts in parts),
        "target": {
            **first["target"],
            "models": [model for place, model in enumerate(models) if model not in models[:place]],
        },
        "options": {name: value for name, value in first["options"].items() if name != "shard"},
    }


def _bring_evidence(parts: Sequence[Part], out: Path) -> Iterator[Path]:
    """Copy the evidence of each part as a run's workers write theirs, so that the merged run can be replayed.

    Yields the matrix files of parts that sent requests and have no evidence.
    """
    recorded = [recording.facts(part.file.parent) for part in parts if recording.files(part.file.parent)]
    if recorded:
        recording.Recorder(out / recording.EVIDENCE_FILE, _recorded(recorded)).close()
    numbers = count(1)
    for part in parts:
        sources = recording.files(part.file.parent)
        for source in sources:
            with opened(source) as packed, (out / f"evidence.{next(numbers):05}.ndjson").open("wb") as plain:
                shutil.copyfileobj(packed, plain)
        if part.run.requests and not sources:
            yield part.file
