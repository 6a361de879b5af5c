"""A watch of one target: a night from the state that the last one left to the state that the next one finds.

The order of the steps matters.  What turned is saved as untold before anybody is told, and as told afterwards: if the process
dies in between, it is told once more, and never not at all.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from conformance.base.errors import ConformanceError, UsageError
from conformance.base.sharing import DirectoryLock
from conformance.base.writing import write_text
from conformance.contract.claims import ENDPOINT
from conformance.render.openmetrics import gauges, text
from conformance.render.turns import text as turns_in_words
from conformance.render.watch import Due, Plan, metrics, trouble
from conformance.render.watch import plan as plan_in_words
from conformance.results.matrix import Matrix
from conformance.results.reading import read
from conformance.results.turning import joined
from conformance.run.settings import Settings
from conformance.watch import state as states
from conformance.watch.night import Night, Rotation, ask_night, rotation
from conformance.watch.rotation import Limits
from conformance.watch.state import NIGHTS, State
from conformance.watch.telling import Recipients

_TURNED = "turned.txt"  # in the folder of a night: what turned in it


@dataclass(frozen=True)
class Watch:
    """A watch of a target: what it asks at most, the folder of its state, and whom it tells."""

    settings: Settings
    limits: Limits
    folder: Path
    recipients: Recipients

    def plan(self, baseline: Path | None) -> Plan:
        """Return what the next night asks, and in how many nights everything is asked."""
        return self._plan(rotation(self.settings, self.limits), self._state(baseline))

    def run_night(self, baseline: Path | None, file: Path | None, say: Callable[[str], object]) -> Night:
        """Ask what is due, save the state, `say` what turned, write metrics to a file, and tell the recipients; return the night.

        Raises UsageError, before anything is asked, if another night of this watch has not ended, and NotDelivered if somebody
        could not be told.
        """
        self.recipients.check()
        rotating = rotation(self.settings, self.limits)
        lock = DirectoryLock(self.folder, "--state")
        try:
            state = self._state(baseline)
            out = self.folder / NIGHTS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{self.settings.target.name}"
            night = ask_night(self.settings, rotating, state, out)
            if not state.night:
                say(plan_in_words(self._plan(rotating, state)))
            say(trouble(night.matrix))
            if night.turned:
                words = turns_in_words(self.settings.target.name, night.turned)
                write_text(out / _TURNED, words, "make room, or name another folder with --state")
                say(f"{words}evidence: {out}\n")
            untold = {name: joined(state.untold.get(name, ()), night.turned) for name in self.recipients.names}
            state = replace(night.state, untold={name: turns for name, turns in untold.items() if turns})
            self._save(state, night.matrix)
            self._prune(out)
            if file:
                self._measure(rotating, night, file)
            self._tell(state)
        finally:
            lock.release()
        return night

    def _tell(self, state: State) -> None:
        """Tell everybody what they were not told yet, and save that they are told; raise what kept the first from it."""
        failures = []
        for name, turns in state.untold.items():
            try:
                self.recipients.tell(name, self.settings.target.name, self.settings.contract.name, turns)
            except ConformanceError as error:
                failures.append(error)
                continue
            state = replace(state, untold={other: rest for other, rest in state.untold.items() if other != name})
            self._save(state, None)
        if failures:
            raise failures[0]

    def _save(self, state: State, matrix: Matrix | None) -> None:
        states.save(state, self.folder, matrix, self.settings.target.name, self.settings.contract.name)

    def _state(self, baseline: Path | None) -> State:
        """Return the state that the last night left; in the first night what a baseline says, or nothing."""
        models = {str(model) for model in self.settings.models} | {f"{ENDPOINT}:any"}
        return self._left(baseline).within(self.settings.contract.claims, models)

    def _left(self, baseline: Path | None) -> State:
        found = states.load(self.folder, self.settings.target.name, self.settings.contract.name)
        if found is not None:
            return found
        if baseline is None:
            return State()
        matrix = read(baseline)
        if matrix.run.contract.name != self.settings.contract.name:
            raise UsageError(
                f"--baseline must be a run of contract {self.settings.contract.name}, got {matrix.run.contract.name}",
                "give a run of this target",
            )
        return State().with_baseline(matrix)

    def _plan(self, rotating: Rotation, state: State) -> Plan:
        asks = rotating.due(state)
        due = tuple(
            Due(each.model, asks[each.model], each.figures(asks[each.model]).requests, len(each.claims), each.length,
                each.too_large)
            for each in rotating.watched
        )  # fmt: skip
        return Plan(
            self.settings.target.name, self.settings.contract.name, state.night + 1, due, *vars(self.limits).values()
        )

    def _measure(self, rotating: Rotation, night: Night, file: Path) -> None:
        """Write the metrics of what is known and of the night, so that a reader sees the old file or the whole new one."""
        state = night.state
        known = replace(night.matrix, cells=tuple(state.known.values()))
        cells = [f"{claim}@{each.model}" for each in rotating.watched for claim in each.claims]
        oldest = max((state.night - state.asked[cell] for cell in cells if cell in state.asked), default=0)
        waiting = sum(cell not in state.asked for cell in cells)
        counts = metrics(
            self.settings.target.name,
            nights=state.night,
            worse=state.worse,
            better=state.better,
            oldest=oldest,
            waiting=waiting,
        )
        write_text(file, text([*gauges(known, night.matrix), *counts]), "name another file with --metrics")

    def _prune(self, newest: Path) -> None:
        """Delete the evidence of earlier nights in which nothing turned."""
        for night in newest.parent.iterdir():
            if night != newest and night.is_dir() and not (night / _TURNED).exists():
                shutil.rmtree(night)
