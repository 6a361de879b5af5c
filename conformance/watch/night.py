"""One night of a watch: ask what is due, and say what turned.

The run is like any other, with a matrix and evidence, but for a few claims and in this process: no reporter waits for its cases.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from conformance.contract import costs
from conformance.contract.claims import Case
from conformance.evidence.recording import EVIDENCE_FILE, Recorder
from conformance.render import standing_texts
from conformance.results.matrix import Cell, Matrix, result
from conformance.results.run_directory import assemble, exit_code, write
from conformance.results.turning import Direction, Turned, attributed, remembered, to_confirm, turned
from conformance.run.catalogue import for_budget
from conformance.run.embedded import EmbeddedMock
from conformance.run.session import Run
from conformance.run.settings import Settings
from conformance.suite import invariant_claims, tests
from conformance.trial.judge import AGAINST, JUDGED, Verdict
from conformance.watch.rotation import Limits, Watched, turns, watched
from conformance.watch.state import State


@dataclass(frozen=True)
class Night:
    """What a night found out: its matrix, what turned in it, and the state after it."""

    matrix: Matrix
    turned: tuple[Turned, ...]
    state: State

    @property
    def exit_code(self) -> int:
        """1 if something turned worse, else that of the run without what deviates as before."""
        code = exit_code(self.matrix)
        if code in {3, 4}:
            return code
        if any(turn.direction is Direction.WORSE for turn in self.turned):
            return 1
        held = tuple(cell for cell in self.matrix.cells if cell.verdict not in AGAINST)
        return exit_code(replace(self.matrix, cells=held)) if held else 0


@dataclass(frozen=True)
class Rotation:
    """What takes turns, model by model, and what the contract says of it.

    `heard` are the claims that are judged every night on whatever was answered, `causes` the cells that each cell presupposes.
    """

    watched: tuple[Watched, ...]
    heard: frozenset[str]
    causes: Mapping[str, Sequence[str]]

    @property
    def nights(self) -> int:
        """The number of nights in which everything is asked."""
        return max((each.length for each in self.watched), default=0)

    def due(self, state: State) -> dict[str, tuple[str, ...]]:
        """Return the claims that the next night asks, by model."""
        return {
            each.model: each.choose(state.asked_of(each.model), state.first_of(each.model)) for each in self.watched
        }


def rotation(settings: Settings, limits: Limits) -> Rotation:
    """Return what takes turns in a watch with these settings."""
    name, cases = settings.contract_name, settings.cases.values()
    heard = invariant_claims(settings.contract)
    causes = {
        case.cell: [f"{claim}@{case.model}" for claim in settings.contract.presuppositions(case)] for case in cases
    }
    return Rotation(watched(cases, costs.load(name), heard, limits, name), heard, causes)


def ask_night(settings: Settings, rotating: Rotation, state: State, out: Path) -> Night:
    """Ask what is due, and write the night's run directory."""
    against = {name for name, cell in state.known.items() if cell.verdict in AGAINST}
    # What presupposes a cell that is against the contract will be blocked by it, so repeating its failure shows nothing either.
    effects = {name for name, causes in rotating.causes.items() if against.intersection(causes)}
    standing = frozenset(against | effects)
    settings = replace(settings, standing=standing, samples=1, share=None)
    due = rotating.due(state)
    cases = [
        case
        for case in settings.cases.values()
        if turns(case) and (case.claim.id in rotating.heard or case.claim.id in due.get(str(case.model), ()))
    ]
    matrix = _run(settings, cases, out)
    cells = attributed(evident(matrix.cells, rotating, state), state.known, rotating.causes)
    matrix = replace(matrix, cells=tuple(cells))
    write(matrix, out, standing_texts(matrix))
    return after(matrix, state, rotating)


def after(matrix: Matrix, state: State, rotating: Rotation) -> Night:
    """Return what a night means for what was known before it."""
    found, night = turned(state.known, matrix.cells), state.night + 1
    asked = {cell.id: night for cell in matrix.cells if cell.verdict is not Verdict.BLOCKED or cell.cause}
    against = {cell.id: night for cell in matrix.cells if cell.verdict in AGAINST}
    news = {turn.after.id for turn in found}
    # What was asked again, and could not be judged then either, takes its turn like any other claim.
    again = {cell for cell in to_confirm(found, state.known, matrix.cells) if cell not in state.again or cell in news}
    again |= {cause for cell in news for cause in rotating.causes.get(cell, ())} | (state.again - asked.keys())
    count = {way: sum(turn.direction is way for turn in found) for way in Direction}
    following = State(
        night,
        remembered(state.known, matrix.cells),
        state.asked | asked,
        state.against | against,
        frozenset(again),
        state.untold,
        state.worse + count[Direction.WORSE],
        state.better + count[Direction.BETTER],
    )
    return Night(matrix, found, following)


def evident(cells: Iterable[Cell], rotating: Rotation, state: State) -> list[Cell]:
    """Return the cells without the statements about every reply of which the night shows nothing.

    No reply bears on one, or it held, and was violated not long ago: only some requests may show the fault, and until all
    claims have been asked once more, nobody knows whether those were among them.
    """

    def shown(cell: Cell) -> bool:
        known = state.known.get(cell.id)
        if cell.claim not in rotating.heard or cell.verdict in AGAINST:
            return True
        recent = state.night + 1 - state.against.get(cell.id, 0) < rotating.nights
        return cell.verdict in JUDGED and not (known and known.verdict in AGAINST and recent)

    return list(filter(shown, cells))


def _run(settings: Settings, cases: Sequence[Case], out: Path) -> Matrix:
    """Run cases, with evidence in the run directory, and return their matrix."""
    functions = tests(settings.contract)
    with ExitStack() as stack:
        if settings.target.embedded:
            settings = settings.at_base_url(stack.enter_context(EmbeddedMock()).base_url)
        settings = settings.with_prices(for_budget(settings))
        started = datetime.now(UTC)
        recorder = Recorder(out / EVIDENCE_FILE, settings.facts(started), None, settings.redact)
        stack.callback(recorder.close)
        run = Run(settings, recorder, recall=recorder.find)
        try:
            run.start((case, functions[case.claim.id]) for case in cases)
            results = {case.id: result(case, run.wait(case)) for case in cases}
        finally:
            run.stop()
        return assemble(settings, cases, results, [run.tally()], started=started, stopped=False)
