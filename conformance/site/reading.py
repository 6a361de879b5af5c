"""Runs from disk: a list of all with their facts and counts, and the cells of one at a time.

The cells of a year of nightly runs would take gigabytes of memory, so the list is without them.  What is shown is decided
elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from conformance.base.errors import UsageError
from conformance.base.reading import read_bytes
from conformance.results import history
from conformance.results.facts import RunFacts
from conformance.results.matrix import Matrix
from conformance.results.reading import MatrixReader
from conformance.site.naming import Series, run_name
from conformance.trial.judge import Verdict

_AGAIN = "write the site again when the run has ended"


@dataclass(frozen=True)
class Listed:
    """A run without its cells: its file and the digest of it, its facts, and its cells per verdict."""

    file: Path
    run: RunFacts
    counts: dict[Verdict, int]
    digest: str

    @property
    def name(self) -> str:
        """Its name in the site."""
        return run_name(self.run, self.digest)

    @property
    def series(self) -> Series:
        """The target and the contract: runs that have both in common are a series."""
        return self.run.target, self.run.contract.name

    @property
    def models(self) -> tuple[tuple[str, str], ...]:
        return tuple((model.column, model.id) for model in self.run.models)

    @property
    def order(self) -> tuple[str, str, str]:
        """What sorts runs from the oldest to the newest; the digest decides between two of the same second."""
        return self.run.started, self.run.ended, self.digest


class Reader:
    """Reads matrices, and remembers which rows fit the schema."""

    def __init__(self) -> None:
        self._matrices = MatrixReader()

    def find(self, paths: Iterable[Path], left_out: Callable[[str], object]) -> list[Listed]:
        """Return all runs below these paths, oldest first; a run that is reached twice counts once.

        `left_out` is told of each run in a folder that cannot be read.
        """
        runs: dict[str, Listed] = {}
        for run in history.readable(history.find(paths), self._listed, left_out):
            runs.setdefault(run.digest, run)
        return sorted(runs.values(), key=lambda run: run.order)

    def load(self, listed: Listed) -> Matrix:
        """Return a run with all its cells; raises UsageError if the file has changed since it was listed."""
        content = read_bytes(listed.file, _AGAIN)
        if _digest(content) != listed.digest:
            raise UsageError(f"{listed.file} changed while it was read", _AGAIN)
        return Matrix.from_document(json.loads(content))

    def _listed(self, file: Path) -> Listed:
        content = read_bytes(file, "give a run directory or its matrix.json")
        matrix = self._matrices.parse(file, content)
        return Listed(file, matrix.run, matrix.counts(), _digest(content))


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
