"""Runs from disk: a list of all with their facts and counts, and the cells of one at a time.

The cells of a year of nightly runs would take gigabytes of memory, so the list is without them.  What is shown is decided
elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.base.errors import UsageError
from conformance.base.validation import own_problem
from conformance.results import history
from conformance.results.facts import RunFacts
from conformance.results.matrix import Matrix
from conformance.results.run_directory import unfit, unreadable
from conformance.site import words
from conformance.site.naming import Series, run_name
from conformance.trial.judge import Verdict

_FREE = ("column", "model", "documented", "detail")  # of a cell: the schema asks only that they are texts


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
    """Reads matrices and checks each against its schema; a row like one that was checked before is not checked again."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def find(self, paths: Iterable[Path]) -> list[Listed]:
        """Return all runs below these paths, oldest first; a run that is reached twice counts once."""
        runs: dict[str, Listed] = {}
        for file in history.find(paths):
            run = self._listed(file)
            runs.setdefault(run.digest, run)
        return sorted(runs.values(), key=lambda run: run.order)

    def load(self, listed: Listed) -> Matrix:
        """Return a run with all its cells; raises UsageError if the file has changed since it was listed."""
        text = _bytes(listed.file)
        if _digest(text) != listed.digest:
            raise UsageError(f"{listed.file} changed while it was read", "write the site again when the run has ended")
        return Matrix.from_document(json.loads(text))

    def _listed(self, file: Path) -> Listed:
        text = _bytes(file)
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise unreadable(file, error) from error
        if not self._fits(data) and (wrong := own_problem(data, "data/matrix")):
            raise unfit(file, data, wrong)
        matrix = Matrix.from_document(data)
        try:
            words.moment(matrix.run)
        except ValueError as error:
            raise UsageError(
                f"{file}: run.ended must be a date and time: {error}", "use the file as it was written"
            ) from error
        return Listed(file, matrix.run, matrix.counts(), _digest(text))

    def _fits(self, data: Any) -> bool:
        """Return whether a document fits its schema; of the rows that have the same shape, only one is checked.

        A check takes 0.2 ms per cell, which would be 90 seconds for a year of nightly runs with 1,200 cells each.
        """
        if not isinstance(data, dict) or not isinstance(data.get("cells"), list):
            return False
        fresh = {key: row for row in data["cells"] if (key := _shape(row)) not in self._known}
        if own_problem({**data, "cells": list(fresh.values())}, "data/matrix"):
            return False
        self._known |= fresh.keys()
        return True


def _shape(row: Any) -> str:
    """Return a row without the texts that the schema leaves free: rows of one shape all fit the schema, or none does."""
    if not isinstance(row, Mapping):
        return json.dumps(row)
    free = {name: "" for name in _FREE if isinstance(row.get(name), str)}
    evidence = row.get("evidence")
    if isinstance(evidence, list) and all(isinstance(name, str) for name in evidence) and _distinct(evidence):
        free["evidence"] = ""
    return json.dumps({**row, **free}, sort_keys=True)


def _distinct(names: list[str]) -> bool:
    return len(set(names)) == len(names)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise unreadable(file, error) from error


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
