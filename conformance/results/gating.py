"""Options and files of the command `gate`, turned into what the comparison in `gate` takes."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from conformance.base.errors import UsageError
from conformance.base.writing import write_text
from conformance.contract import loading as contracts
from conformance.results import expectations
from conformance.results.expectations import Expectations
from conformance.results.matrix import Matrix
from conformance.results.reading import MATRIX, read

SUMMARY = "GITHUB_STEP_SUMMARY"  # the variable with the path of the file that GitHub shows as the summary of a step
DAYS = 90  # until a proposed entry expires: a quarter, after which somebody should look again


def read_both(baseline: Path, candidate: Path) -> tuple[Matrix, Matrix]:
    """Return the matrices of two runs; raises UsageError if they are the same run, which would always pass."""
    before, after = read(baseline), read(candidate)
    if _file(baseline) == _file(candidate):
        raise UsageError(
            f"BASELINE and CANDIDATE must be two runs, got {baseline} twice",
            "give as BASELINE the run from before the change",
        )
    return before, after


def _file(path: Path) -> Path:
    return (path / MATRIX if path.is_dir() else path).resolve()


def aliases(contract: str) -> Mapping[str, str]:
    """Return the earlier ids of claims of a built-in contract; none for any other."""
    return contracts.load(contract).aliases if contract in contracts.built_in() else {}


def expected(path: Path | None, contract: str) -> Expectations:
    """Return the expectations in a file; none without a file."""
    return expectations.load(path, contract) if path else Expectations()


def mapping(options: Iterable[str]) -> dict[str, str]:
    """Return OLD=NEW options as a mapping; raises UsageError for other texts, and for an OLD with two NEW."""
    models: dict[str, str] = {}
    for option in options:
        old, equals, new = option.partition("=")
        if not old or not equals or not new:
            raise UsageError(f"--map-model must be OLD=NEW, got {option!r}", "for instance --map-model gpt-4.1=gpt-4.2")
        if models.setdefault(old, new) != new:
            raise UsageError(f"--map-model must name {old} once, got {models[old]} and {new}", "remove one of the two")
    return models


def propose(path: Path, matrix: Matrix, known: Expectations, news: Collection[str] = ()) -> None:
    """Write a file that expects the deviations of a run, and marks those that are `news`.

    Raises UsageError if the file exists already.
    """
    if path.exists():
        raise UsageError(f"--write-expectations must name a new file, and {path} exists", "name another file")
    text = expectations.propose(
        matrix.cells, matrix.run.contract.name, known, datetime.now(UTC).date() + timedelta(days=DAYS), news
    )
    write_text(path, text, "name another file with --write-expectations")


def summarise(markdown: str) -> None:
    """Append a text to the summary of a step of a GitHub workflow; elsewhere do nothing.

    Raises UsageError if the file cannot be written.
    """
    if path := os.environ.get(SUMMARY):
        try:
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(markdown)
        except OSError as error:
            raise UsageError(
                f"cannot write {path}: {error.strerror}", f"{SUMMARY} must be a file, or unset it"
            ) from error
