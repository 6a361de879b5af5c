"""What the gate's command needs besides the comparison: options and files turned into what `gate` takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from conformance.base.errors import UsageError
from conformance.contract import loading as contracts
from conformance.results import expectations
from conformance.results.expectations import Expectations
from conformance.results.matrix import Matrix
from conformance.results.run_directory import MATRIX, read

DAYS = 90  # that a proposed entry lasts


def two(baseline: Path, candidate: Path) -> tuple[Matrix, Matrix]:
    """The matrices of two runs; raises UsageError where both are one, which would pass whatever it holds."""
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
    """The ids that claims of a built-in contract once had; none for a contract that is not at hand."""
    return contracts.load(contract).aliases if contract in contracts.built_in() else {}


def expected(path: Path | None, contract: str) -> Expectations:
    """The expectations of a file; without one there are none."""
    return expectations.load(path, contract) if path else Expectations()


def mapping(options: Iterable[str]) -> dict[str, str]:
    """Return OLD=NEW options as a mapping; raises UsageError for anything else and for an OLD that is given twice."""
    found: dict[str, str] = {}
    for option in options:
        old, equals, new = option.partition("=")
        if not old or not equals or not new:
            raise UsageError(f"--map-model must be OLD=NEW, got {option!r}", "for instance --map-model gpt-4.1=gpt-4.2")
        if found.setdefault(old, new) != new:
            raise UsageError(f"--map-model must name {old} once, got {found[old]} and {new}", "remove one of the two")
    return found


def propose(path: Path, matrix: Matrix, known: Expectations) -> None:
    """Write a file that expects what deviates in a run; one that is there already is left alone."""
    if path.exists():
        raise UsageError(f"--write-expectations must name a new file, and {path} exists", "name another file")
    text = expectations.propose(
        matrix.cells, matrix.run.contract.name, known, datetime.now(UTC).date() + timedelta(days=DAYS)
    )
    path.write_text(text, encoding="utf-8")
