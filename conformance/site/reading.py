"""Runs from disk: which there are, in their order, and one of them at a time.

A year of nightly runs is more than memory should hold, so a list of all runs keeps their facts and counts only.  Nothing here
decides what is shown.
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
    """A run without its cells: where it lies, its facts, its cells per verdict, and its name in the site."""

    file: Path
    run: RunFacts
    counts: dict[Verdict, int]
    digest: str

    @property
    def name(self) -> str:
        return run_name(self.run, self.digest)

    @property
    def series(self) -> Series:
        """Runs of one target on one contract are a series."""
        return self.run.target, self.run.contract.name

    @property
    def models(self) -> tuple[tuple[str, str], ...]:
        return tuple((model.column, model.id) for model in self.run.models)

    @property
    def order(self) -> tuple[str, str, str]:
        """Runs of a target from the oldest to the newest; the content decides between two of the same second."""
        return self.run.started, self.run.ended, self.digest


class Reader:
    """Reads matrices and holds each against its schema; a row that was in order once is not looked at again."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def find(self, paths: Iterable[Path]) -> list[Listed]:
        """Every run, oldest first; one that is given twice, or by way of a link, counts once."""
        found: dict[str, Listed] = {}
        for file in history.find(paths):
            run = self._listed(file)
            found.setdefault(run.digest, run)
        return sorted(found.values(), key=lambda run: run.order)

    def load(self, listed: Listed) -> Matrix:
        """The run with all its cells; raises UsageError if the file is no longer the one that was listed."""
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
        if not self._in_order(data) and (wrong := own_problem(data, "data/matrix")):
            raise unfit(file, data, wrong)
        matrix = Matrix.from_document(data)
        try:
            words.moment(matrix.run)
        except ValueError as error:
            raise UsageError(f"{file} ended at no time: {error}", "use the file as it was written") from error
        return Listed(file, matrix.run, matrix.counts(), _digest(text))

    def _in_order(self, data: Any) -> bool:
        """Whether a document fits its schema, as far as its rows are not known already."""
        if not isinstance(data, dict) or not isinstance(data.get("cells"), list):
            return False
        fresh = {key: row for row in data["cells"] if (key := _shape(row)) not in self._known}
        if own_problem({**data, "cells": list(fresh.values())}, "data/matrix"):
            return False
        self._known |= fresh.keys()
        return True


def _shape(row: Any) -> str:
    """Return a row without the texts that may be any: rows of equal shape are equally in order."""
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
