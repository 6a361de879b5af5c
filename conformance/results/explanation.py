"""Everything that is known about one cell or claim: documented where, judged how, seen on which evidence."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.base.errors import UsageError, nearest
from conformance.contract.claims import Claim
from conformance.contract.contract import Contract
from conformance.contract.loading import DEFAULT
from conformance.evidence import recording
from conformance.http.exchange import Exchange, Request, curl_command
from conformance.results import run_directory as report
from conformance.results.matrix import Cell
from conformance.surfaces import registry
from conformance.target.keys import in_shell

SHOWN = 3


@dataclass(frozen=True)
class Explanation:
    """A claim, its cells in a run, and for a single cell the first distinct exchanges with a command line for each."""

    claim: Claim
    cells: tuple[Cell, ...]
    exchanges: tuple[tuple[Exchange, str], ...] = ()
    more: int = 0


def explain(name: str, path: Path, contract: Contract) -> Explanation:
    """Look a cell (claim@column:model) or a claim up in a run.

    Raises UsageError for a name that neither the contract nor the run knows, with the nearest ones; a claim can be explained
    without any run.
    """
    claim_id, at, _ = name.partition("@")
    claim = contract.claim(claim_id)
    if not at:
        return Explanation(claim, tuple(cell for cell in _cells(path) if cell.claim == claim_id))
    matrix = report.read(path)
    cell = next((cell for cell in matrix.cells if cell.id == name), None)
    if cell is None:
        known = [other.id for other in matrix.cells if other.claim == claim_id] or [other.id for other in matrix.cells]
        close = difflib.get_close_matches(name, known, n=3, cutoff=0.3)
        raise UsageError(
            f"the cell must be one of {path}, got {name!r}",
            f"did you mean {' or '.join(close)}?" if close else nearest(name, known),
        )
    folder = path if path.is_dir() else path.parent
    wanted = distinct(cell.evidence)
    found = recording.find(folder, wanted)
    run = matrix.run
    key, names = in_shell(run.api_key_env, run.api_key_file), header_names(folder)
    exchanges = [found[exchange] for exchange in wanted if exchange in found]
    shown = tuple((each, reproduce(each.request, run.embedded, run.base_url, key, names)) for each in exchanges)
    return Explanation(claim, (cell,), shown, len(cell.evidence) - len(shown))


def contract_of(path: Path) -> str:
    """Return the contract that a run was held against, as its settings named it; the built-in one where that is not known."""
    folder = path if path.is_dir() else path.parent
    return str(recording.facts(folder)["target"]["contract"]) if recording.files(folder) else DEFAULT


def distinct(evidence: Sequence[str]) -> list[str]:
    """Return the ids of the first exchanges that differ in their request: repeats of one show little more than the first."""
    first = {exchange.partition(".")[0]: exchange for exchange in reversed(evidence)}
    return [exchange for exchange in evidence if exchange in first.values()][:SHOWN]


def reproduce(request: Request, embedded: bool, base_url: str, bearer: str | None, headers: Iterable[str] = ()) -> str:
    """Return a command line that sends a request again, `bearer` being what a shell puts the key in for;
    for the embedded mock gateway to one that was started by hand.

    `headers` are the names of the target's own: their values are recorded nowhere, so each says what is to be put there.
    """
    base = "http://127.0.0.1:8123/v1" if embedded else base_url
    values = {} if embedded else {name: f"<value of header {name}>" for name in headers}
    key = "sk-test" if embedded else bearer
    known = request.surface in registry.installed()  # a run may be looked at where its surface is not installed
    return curl_command(
        request, base, registry.for_request(request).authorization(request.auth, key) if known else {}, values
    )


def header_names(folder: Path) -> tuple[str, ...]:
    """Return the names of the headers that the target of a recorded run has; none where nothing is recorded."""
    target = recording.facts(folder).get("target") if recording.files(folder) else None
    return tuple(target.get("headers", {})) if isinstance(target, dict) else ()


def _cells(path: Path) -> tuple[Cell, ...]:
    report.check_link(path)
    return report.read(path).cells if (path / report.MATRIX).is_file() or path.is_file() else ()
