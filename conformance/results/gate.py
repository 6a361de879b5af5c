"""Two matrices compared cell by cell: what got worse, what got better, what is no longer known.

Pure functions over finished matrices and expectations.  Files are read in `gating`, and the text is made in render/gate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from conformance.base.errors import UsageError
from conformance.base.money import Usage
from conformance.base.observation import Reason
from conformance.contract.claims import Level, Says
from conformance.results.expectations import Expectations, Stale
from conformance.results.facts import ModelFacts, RunFacts
from conformance.results.matrix import Cell, Matrix
from conformance.run.tally import PreflightFacts
from conformance.trial.judge import AGAINST, JUDGED
from conformance.trial.odds import interval

VERSION = 1

# A cell is dearer if a reply to its requests takes more than this many times the tokens, and this many more at least.  Two
# answers of a model to one request seldom differ that much; a system prompt that a gateway adds does, or reasoning unasked.
DEARER_FACTOR = 2
DEARER_LEAST = 20

Model = tuple[str, str]  # column and id
_UNSTABLE = frozenset({Reason.UNSTABLE, Reason.MIXED})  # repeats disagreed; any other reason is lost coverage


class Kind(StrEnum):
    """What became of a cell, the most urgent first."""

    REGRESSED = "regressed"
    LOST = "lost coverage"
    UNSTABLE = "unstable"
    FIXED = "fixed"
    CHANGED = "changed"
    REVISED = "contract revised"
    NEW = "new"
    CONSEQUENCE = "consequence"
    STANDING = "deviates in both"
    EXPECTED = "expected"
    DEARER = "dearer"
    SAME = "same"


FAILS = frozenset({Kind.REGRESSED})
LEAVES_OPEN = frozenset({Kind.LOST, Kind.UNSTABLE})


@dataclass(frozen=True)
class Change:
    """A cell in the two matrices; `before` or `after` is None if one of them lacks it.

    `entry` is where the expectation is that the cell meets, FILE and line; empty if there is none.
    """

    cell: str
    kind: Kind
    before: Cell | None
    after: Cell | None
    entry: str = ""


@dataclass(frozen=True)
class Moved:
    """A model whose reported name or fingerprint changed: the provider changed something, perhaps not the gateway.

    `what` is "echoed" or "fingerprint".  `surface` is where it changed, if the model was tested on several.
    """

    model: str
    what: str
    before: str
    after: str
    surface: str | None = None


@dataclass(frozen=True)
class Comparison:
    """The result of a gate: the facts of both runs, the changes in the contract's order, and stale expectations."""

    baseline: RunFacts
    candidate: RunFacts
    moved: tuple[Moved, ...]
    changes: tuple[Change, ...]
    stale: tuple[Stale, ...]

    def of(self, kind: Kind) -> list[Change]:
        """Return the changes of one kind."""
        return [change for change in self.changes if change.kind is kind]

    def counts(self) -> dict[str, int]:
        """Return the number of cells of each kind, without zeros."""
        counts = Counter(change.kind for change in self.changes)
        return {kind.value: counts[kind] for kind in Kind if counts[kind]}

    @property
    def interrupted(self) -> list[str]:
        """Which of the two runs were stopped before their end: "baseline", "candidate"."""
        runs = {"baseline": self.baseline, "candidate": self.candidate}
        return [name for name, run in runs.items() if run.stopped]

    @property
    def unjudged(self) -> list[str]:
        """The blocked models of the candidate, with their surface if it is one of several; all models if nothing was judged."""
        if not any(change.after and change.after.verdict in JUDGED for change in self.changes):
            return [str(model) for model in self.candidate.models]
        return [model.where_blocked for model in self.candidate.models if model.blocked]

    @property
    def is_empty(self) -> bool:
        """Whether no cell that the baseline judged is in the candidate, so that nothing can have become worse."""
        return not any(change.before and change.before.verdict in JUDGED and change.after for change in self.changes)

    @property
    def exit_code(self) -> int:
        """1 for a regression or a stale expectation, else 5 if something is unknown that has to be known, else 0."""
        if self.stale or any(change.kind in FAILS for change in self.changes):
            return 1
        return (
            5
            if self.interrupted
            or self.unjudged
            or self.is_empty
            or any(change.kind in LEAVES_OPEN for change in self.changes)
            else 0
        )


def compare(
    baseline: Matrix,
    candidate: Matrix,
    expectations: Expectations | None = None,
    *,
    aliases: Mapping[str, str] | None = None,
    renamed: Mapping[str, str] | None = None,
    across_contracts: bool = False,
) -> Comparison:
    """Compare two runs; `aliases` maps old claim ids to new ones, `renamed` models of the baseline to the candidate's.

    Runs of different contracts are compared `across_contracts` only, in the claims that both have.

    Models are named by their id or as COLUMN:ID.  Raises UsageError for runs of different contracts, columns or models, and for a
    renamed model that neither run has.
    """
    if not across_contracts:
        _check_contracts(baseline, candidate)
    moves = _moves(baseline, candidate, renamed or {})
    _check_models(baseline, candidate, moves)
    before = _by_id(_follow(cell, aliases or {}, moves) for cell in baseline.cells)
    after = _by_id(candidate.cells)
    if across_contracts:
        before, after = _in_common(before, after)
    names = list(dict.fromkeys([*after, *before]))
    known = expectations or Expectations()
    changes = tuple(_with_expectation(_change(name, before.get(name), after.get(name)), known) for name in names)
    moved = tuple(_moved(baseline, candidate, moves))
    return Comparison(baseline.run, candidate.run, moved, changes, known.stale(candidate.cells))


def kind_of(before: Cell | None, after: Cell | None) -> Kind:
    """Return what became of a cell, not looking at expectations."""
    if before is None or after is None:
        return _appeared(before, after)
    if _says(before) != _says(after) and before.verdict != after.verdict and before.observed == after.observed:
        return Kind.REVISED
    if after.verdict in AGAINST and before.reason is Reason.PRESUPPOSED:
        return Kind.NEW  # what hid it is gone, so nothing is known about it before
    if after.verdict in AGAINST:
        return Kind.STANDING if before.verdict in AGAINST and not _more_often(before, after) else Kind.REGRESSED
    if after.reason is Reason.PRESUPPOSED:
        return Kind.SAME if before.reason is Reason.PRESUPPOSED else Kind.CONSEQUENCE
    if before.verdict in JUDGED and after.verdict not in JUDGED:
        return Kind.UNSTABLE if after.reason in _UNSTABLE else Kind.LOST
    if before.verdict in AGAINST:
        return Kind.FIXED
    if shown(before) != shown(after):
        return Kind.CHANGED
    return Kind.DEARER if dearer(before, after) else Kind.SAME


def dearer(before: Cell, after: Cell) -> str | None:
    """Return which tokens an answer to the cell's requests takes more of than before, beyond DEARER_FACTOR; None if neither."""
    for name, words in (("prompt_tokens", "prompt"), ("completion_tokens", "answer")):
        old, new = (_each(cell.tokens or Usage(), name) for cell in (before, after))
        if old and new > max(DEARER_FACTOR * old, old + DEARER_LEAST):
            return f"{words} tokens of a reply: {old:.0f} before, {new:.0f} now"
    return None


def _each(tokens: Usage, name: str) -> float:
    """Return the tokens of one reply, on average; repeats and further looks then make no difference."""
    return float(getattr(tokens, name)) / tokens.requests if tokens.requests else 0.0


def _more_often(before: Cell, after: Cell) -> bool:
    """Return whether a deviation comes more often than before, beyond chance: the 95 % intervals of both rates do not meet."""
    if before.looks is None or after.looks is None or not (before.looks.against and after.looks.against):
        return False
    highest = interval(before.looks.against, before.looks.count)[1]
    return interval(after.looks.against, after.looks.count)[0] > highest


def _appeared(before: Cell | None, after: Cell | None) -> Kind:
    """Return the kind of a cell that is in one run only; losing one that was never judged is no loss of coverage."""
    if before is None:
        return Kind.NEW
    return Kind.LOST if after is None and before.verdict in JUDGED else Kind.SAME


def _change(name: str, before: Cell | None, after: Cell | None) -> Change:
    return Change(name, kind_of(before, after), before, after)


def _with_expectation(change: Change, known: Expectations) -> Change:
    """Return the change as expected if its deviation is, whatever kind it was."""
    entry = known.meets(change.after) if change.after else None
    return replace(change, kind=Kind.EXPECTED, entry=entry.where) if entry else change


def shown(cell: Cell) -> tuple[object, ...]:
    """Return what is compared to decide whether a cell changed; details and evidence differ from run to run."""
    return cell.verdict, cell.observed, cell.measured, tuple(sorted(cell.seen.items()))


def _says(cell: Cell) -> tuple[Says, Level]:
    return cell.says, cell.level


def _by_id(cells: Iterable[Cell]) -> dict[str, Cell]:
    return {cell.id: cell for cell in cells}


def _follow(cell: Cell, aliases: Mapping[str, str], moves: Mapping[Model, str]) -> Cell:
    """Return a cell of the baseline under the claim id and model of the candidate."""
    model = moves.get((cell.column, cell.model), cell.model)
    return replace(cell, claim=aliases.get(cell.claim, cell.claim), model=model)


def _models(matrix: Matrix) -> dict[Model, ModelFacts]:
    return {(model.column, model.id): model for model in matrix.run.models}


def _moves(baseline: Matrix, candidate: Matrix, renamed: Mapping[str, str]) -> dict[Model, str]:
    """Return the new id of each model of the baseline that is renamed; a model keeps its column."""
    moves: dict[Model, str] = {}
    before, after = _models(baseline), _models(candidate)
    for old, new in renamed.items():
        option = f"--map-model {old}={new}"
        sources = [model for model, facts in before.items() if old in {facts.id, str(facts)}]
        if not sources:
            raise UsageError(f"{option}: OLD must be a model of the baseline, got {old}", f"it has {_list(before)}")
        targets = {facts.column: facts.id for facts in after.values() if new in {facts.id, str(facts)}}
        taken = {(column, model): targets[column] for column, model in sources if column in targets}
        if not taken:
            columns = " or ".join(dict.fromkeys(column for column, _ in sources))
            raise UsageError(
                f"{option}: NEW must be a model of the candidate in column {columns}, got {new}",
                f"it has {_list(after)}",
            )
        moves |= taken
    places = Counter((column, moves.get((column, model), model)) for column, model in before)
    if twice := [place for place, count in places.items() if count > 1]:
        raise UsageError(
            f"each model must replace at most one, and {_list(twice)} would replace two", "correct --map-model"
        )
    return moves


def _check_contracts(baseline: Matrix, candidate: Matrix) -> None:
    old, new = (matrix.run.contract.name for matrix in (baseline, candidate))
    if old != new:
        message = f"both runs must have the same contract, got {old} and {new}"
        raise UsageError(message, "compare runs of one contract, or only the claims that both have: --across-contracts")


def _in_common(before: Mapping[str, Cell], after: Mapping[str, Cell]) -> tuple[dict[str, Cell], dict[str, Cell]]:
    """Return the cells of claims that both runs have, since a claim of one contract only says nothing of a change."""
    shared = {cell.claim for cell in before.values()} & {cell.claim for cell in after.values()}
    old, new = ({name: cell for name, cell in cells.items() if cell.claim in shared} for cells in (before, after))
    return old, new


def _check_models(baseline: Matrix, candidate: Matrix, moves: Mapping[Model, str]) -> None:
    before = {(column, moves.get((column, model), model)) for column, model in _models(baseline)}
    after = set(_models(candidate))
    if before != after:
        raise UsageError(
            f"both runs must have the same models; only the baseline has {_list(before - after)}, "
            f"only the candidate {_list(after - before)}",
            "name a replaced model with --map-model OLD=NEW",
        )


def _list(models: Iterable[Model]) -> str:
    return ", ".join(f"{column}:{model}" for column, model in sorted(models)) or "none"


def _moved(baseline: Matrix, candidate: Matrix, moves: Mapping[Model, str]) -> Iterator[Moved]:
    """Yield the models whose echoed name or fingerprint changed; what one run does not know is not compared."""
    now = _models(candidate)
    for (column, name), old in _models(baseline).items():
        new = now[column, moves.get((column, name), name)]
        preflights = {preflight.surface: preflight for preflight in new.preflights}
        for before in old.preflights:
            if after := preflights.get(before.surface):
                surface = before.surface if len(new.preflights) > 1 else None
                yield from _differences(str(new), surface, before, after)


def _differences(model: str, surface: str | None, before: PreflightFacts, after: PreflightFacts) -> Iterator[Moved]:
    if before.echoed and after.echoed and before.echoed != after.echoed:
        yield Moved(model, "echoed", before.echoed, after.echoed, surface)
    if before.fingerprint and after.fingerprint and before.fingerprint != after.fingerprint:
        yield Moved(model, "fingerprint", before.fingerprint, after.fingerprint, surface)
