"""What the gate's command needs beside the comparison: options and files turned into what `gate` takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from conformance import contract as contracts
from conformance import expectations
from conformance.errors import UsageError
from conformance.expectations import Expectations
from conformance.matrix import Matrix

DAYS = 90  # that a proposed entry lasts


def aliases(contract: str) -> Mapping[str, str]:
    """The ids that claims of a built-in contract once had; none for a contract that is not at hand."""
    return contracts.load(contract).aliases if contract in contracts.built_in() else {}


def expected(path: Path | None, contract: str) -> Expectations:
    """The expectations of a file; without one there are none."""
    return expectations.load(path, contract) if path else Expectations()


def mapping(options: Iterable[str]) -> dict[str, str]:
    """OLD=NEW options as a mapping."""
    found = {}
    for option in options:
        old, equals, new = option.partition("=")
        if not old or not equals or not new:
            raise UsageError(f"--map-model {option}", "write it as OLD=NEW, for instance gpt-4.1=gpt-4.2")
        found[old] = new
    return found


def propose(path: Path, matrix: Matrix, known: Expectations) -> None:
    """Write a file that expects what deviates in a run; one that is there already is left alone."""
    if path.exists():
        raise UsageError(f"{path} exists already", "name another file; nothing was written")
    text = expectations.propose(
        matrix.cells, matrix.run["contract"]["name"], known, datetime.now(UTC).date() + timedelta(days=DAYS)
    )
    path.write_text(text, encoding="utf-8")
