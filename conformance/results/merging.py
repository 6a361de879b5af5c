"""Runs put together into one: the shards of a split run, and runs of different models of one target.

What may be joined, what is missing and what the whole then says live here, as a function from matrices to a matrix, and the
little that it takes to do so with run directories.  How a run was split is `sharding`'s business.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, count
from pathlib import Path
from typing import Any

from conformance.base.errors import UsageError
from conformance.contract import loading as contracts
from conformance.contract.contract import Contract
from conformance.evidence import recording
from conformance.results import cost as billing
from conformance.results import run_directory as report
from conformance.results.matrix import Cell, Matrix
from conformance.run.shards import parse
from conformance.trial.judge import FOLDING, Verdict

_OF_EACH = {
    "models",
    "started",
    "ended",
    "planned",
    "reported",
    "requests",
    "partial",
    "stopped",
    "shard",
    "cases",
    "waited",
    "cost",
}
_ADDED = ("planned", "reported", "requests")
_TOLD = ("echoed", "fingerprint")
_ALIKE = "give runs of one target, contract and suite with the same settings"


@dataclass(frozen=True)
class Part:
    """One run to be joined, and the file that it was read from."""

    file: Path
    matrix: Matrix

    @property
    def run(self) -> dict[str, Any]:
        return self.matrix.run

    @property
    def models(self) -> list[tuple[str, str, str]]:
        """Column, id and class of each model."""
        return [(each["column"], each["id"], each["class"]) for each in self.run["models"]]


@dataclass(frozen=True)
class Merged:
    """The whole; the shards that it lacks, in words; and the files whose evidence is not at hand."""

    matrix: Matrix
    missing: tuple[str, ...] = ()
    unproven: tuple[Path, ...] = ()


def merge(
    runs: Sequence[Path], out: Path, texts: Callable[[Matrix], Mapping[str, str]], contract: str | None = None
) -> Merged:
    """Join runs (run directories, matrix.json files) into a new run directory, with evidence and all formats.

    `texts` renders the formats that every run directory holds, by file name.  `contract` is the name or file of the runs'
    contract where it is not built in.  Raises UsageError for runs that do not belong together and for a directory that holds
    a run already or cannot be written.
    """
    parts = [Part(each / report.MATRIX if each.is_dir() else each, report.read(each)) for each in runs]
    merged = combine(parts, _contract(parts[0], contract))
    if any((out / name).exists() for name in (report.MATRIX, recording.NAME, recording.PACKED)):
        raise UsageError(f"{out} holds a run already", "name a new folder with --out")
    try:
        out.mkdir(parents=True, exist_ok=True)
        unproven = tuple(_bring_evidence(parts, out))
        report.write(merged.matrix, out, texts(merged.matrix))
    except OSError as error:
        raise UsageError(f"cannot write to {out}: {error}", "name another folder with --out") from error
    return replace(merged, unproven=unproven)


def combine(parts: Sequence[Part], contract: Contract) -> Merged:
    """One matrix of all parts, cells in the contract's order; raises UsageError where they do not belong together."""
    _check_alike(parts)
    groups = _groups(parts)
    missing = [shard for group in groups for shard in _missing(group)]
    whole = not missing and all(_whole(group) for group in groups)
    cells = _cells(groups, contract)
    return Merged(Matrix(_facts(groups, whole), cells), tuple(missing))


def _contract(part: Part, name: str | None) -> Contract:
    """The contract that a run was held against, which knows the order of its claims."""
    told = part.run["contract"]
    if name is None and told["name"] not in contracts.built_in():
        raise UsageError(
            f"{part.file} is of contract {told['name']}, which is not built in", "name it with --contract FILE"
        )
    found = contracts.load(name or told["name"])
    if (found.name, found.digest) != (told["name"], told["digest"]):
        message = f"{part.file} is of contract {told['name']} {told['digest']}, not {found.name} {found.digest}"
        raise UsageError(message, "name the file that the runs were held against with --contract FILE")
    return found


def _check_alike(parts: Sequence[Part]) -> None:
    """All that runs have in common when they are parts of one; embedded mock gateways have an address for each run."""
    apart = {"base_url"} if all(each.run["mode"] == "mock" for each in parts) else set()
    for name in dict.fromkeys(name for part in parts for name in part.run if name not in _OF_EACH | apart):
        told = [part for part in parts if name != "target_version" or part.run[name] is not None]
        for other in told[1:]:
            one, values = told[0], (told[0].run.get(name), other.run.get(name))
            if values[0] != values[1]:
                said = [_spell(each) for each in values]
                raise UsageError(f"{name} is {said[0]} in {one.file} and {said[1]} in {other.file}", _ALIKE)


def _spell(fact: Any) -> str:
    return " ".join(map(str, fact.values())) if isinstance(fact, dict) else str(fact)


def _groups(parts: Sequence[Part]) -> list[list[Part]]:
    """The parts by their models, shards in their order; models are the same in two runs, or all of them are others."""
    groups: dict[tuple[tuple[str, str, str], ...], list[Part]] = {}
    for part in parts:
        groups.setdefault(tuple(part.models), []).append(part)
    for (one, *_), (other, *_) in combinations(groups.values(), 2):
        if shared := {each[:2] for each in one.models} & {each[:2] for each in other.models}:
            model = ":".join(min(shared))
            hint = "give runs of the same models and classes in the same order, or of none in common"
            raise UsageError(f"{one.file} and {other.file} share {model}, but not all models", hint)
    for group in groups.values():
        for one, other in combinations(group, 2):
            _check_shards(one, other)
        group.sort(key=_number)
    return list(groups.values())


def _check_shards(one: Part, other: Part) -> None:
    """Two runs of the same models are different shards of one split, and no cell is in both."""
    both = f"{one.file} and {other.file}"
    for part in (one, other):
        if "shard" not in part.run:
            raise UsageError(f"{both} are of the same models, and {part.file} is no shard", "run each with --shard I/N")
    shards = one.run["shard"], other.run["shard"]
    if parse(shards[0]).parts != parse(shards[1]).parts or one.run["cases"] != other.run["cases"]:
        told = [f"{each.run['shard']} of {each.run['cases']} cases" for each in (one, other)]
        raise UsageError(
            f"{both} are shards of different splits, {told[0]} and {told[1]}", "give the shards of one run"
        )
    shared = {cell.id for cell in one.matrix.cells} & {cell.id for cell in other.matrix.cells}
    if shared or shards[0] == shards[1]:
        told = [f"both hold {min(shared)}" if shared else f"both are shard {shards[0]}"]
        raise UsageError(f"{both} overlap: {told[0]}", "give each shard once")


def _number(part: Part) -> int:
    return parse(part.run["shard"]).part if "shard" in part.run else 1


def _missing(group: Sequence[Part]) -> Iterator[str]:
    """The shards of a split that were not given."""
    if "shard" in group[0].run:
        parts = parse(group[0].run["shard"]).parts
        for number in sorted(set(range(1, parts + 1)) - {_number(each) for each in group}):
            yield f"{number}/{parts}"


def _whole(group: Sequence[Part]) -> bool:
    """Whether parts of which none is missing are the whole contract, not a selection of it."""
    first = group[0].run
    planned: int = sum(each.run["planned"] for each in group)
    return planned == first["cases"] if "shard" in first else not first["partial"]


def _facts(groups: Sequence[Sequence[Part]], whole: bool) -> dict[str, Any]:
    """The facts of the whole, in the order in which those of one run stand."""
    runs = [part.run for group in groups for part in group]
    return {
        **{name: fact for name, fact in runs[0].items() if name not in {"shard", "cases"}},
        "target_version": next((each["target_version"] for each in runs if each["target_version"]), None),
        "models": [model for group in groups for model in _models([part.run for part in group])],
        "started": min(each["started"] for each in runs),
        "ended": max(each["ended"] for each in runs),
        **{name: sum(each[name] for each in runs) for name in _ADDED},
        **({"waited": max(each.get("waited", 0.0) for each in runs)} if "waited" in runs[0] else {}),
        **({"cost": billing.joined([each["cost"] for each in runs])} if all("cost" in each for each in runs) else {}),
        "partial": not whole or runs[0].get("profile", "full") != "full",
        "stopped": any(each["stopped"] for each in runs),
    }


def _models(runs: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What each model of these shards said about itself, from the first that asked it; blocked in one is blocked."""
    for told in zip(*(each["models"] for each in runs), strict=True):
        blocked = next((each for each in told if each["blocked"]), told[0])
        heard = {name: next((each[name] for each in told if each[name] is not None), None) for name in _TOLD}
        yield {**told[0], **heard, "blocked": blocked["blocked"], "exit_code": blocked["exit_code"]}


def _cells(groups: Sequence[Sequence[Part]], contract: Contract) -> tuple[Cell, ...]:
    """All cells in the contract's order: by model, then by claim, the endpoint as a whole last."""
    models = [(column, model) for group in groups for column, model, _ in group[0].models]
    of_model = {each: number for number, each in enumerate(models)}
    of_claim = {each: number for number, each in enumerate(contract.claims)}
    found: dict[str, list[Cell]] = {}
    for cell in (cell for group in groups for part in group for cell in part.matrix.cells):
        found.setdefault(cell.id, []).append(cell)

    def place(cell: Cell) -> tuple[int, int]:
        return of_model.get((cell.column, cell.model), len(models)), of_claim.get(cell.claim, len(of_claim))

    return tuple(sorted((_fold(cells) for cells in found.values()), key=place))


def _fold(cells: Sequence[Cell]) -> Cell:
    """One cell of those about the endpoint as a whole, which was asked by way of the models of each run: the worst."""
    worst = min(cells, key=lambda cell: FOLDING.index(Verdict(cell.verdict)))
    counts = {verdict.value: sum(cell.counts.get(verdict.value, 0) for cell in cells) for verdict in FOLDING}
    evidence = tuple(dict.fromkeys(each for cell in [worst, *cells] for each in cell.evidence))
    return replace(worst, evidence=evidence, counts={verdict: count for verdict, count in counts.items() if count})


def _recorded(told: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the first line of the whole's evidence says: all models, and no shard."""
    first = told[0]
    models = [model for facts in told for model in facts["target"]["models"]]
    return {
        **{name: fact for name, fact in first.items() if name != "schema"},
        "started": min(facts["started"] for facts in told),
        "target": {**first["target"], "models": [each for n, each in enumerate(models) if each not in models[:n]]},
        "options": {name: value for name, value in first["options"].items() if name != "shard"},
    }


def _bring_evidence(parts: Sequence[Part], out: Path) -> Iterator[Path]:
    """Lay a copy of each part's evidence where a run's workers leave theirs, behind the facts of the whole, so that it can be
    judged again; yields the files that have none beside them."""
    told = [recording.facts(each.file.parent) for each in parts if recording.files(each.file.parent)]
    if told:
        recording.Recorder(out / recording.NAME, _recorded(told)).close()
    numbers = count(1)
    for part in parts:
        sources = recording.files(part.file.parent)
        for source in sources:
            with recording.opened(source) as packed, (out / f"evidence.{next(numbers):05}.ndjson").open("wb") as plain:
                shutil.copyfileobj(packed, plain)
        if part.run["requests"] and not sources:
            yield part.file
