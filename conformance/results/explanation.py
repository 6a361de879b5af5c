"""Everything that is known about one cell or claim: its source, its verdict and its evidence.

Looking things up lives here; the text is made in render/explanation.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.base.errors import UsageError, nearest
from conformance.contract.claims import Claim
from conformance.contract.contract import Contract
from conformance.contract.loading import DEFAULT
from conformance.evidence import recording
from conformance.http.exchange import Exchange, Request, curl_command
from conformance.results import reading
from conformance.results.matrix import Cell
from conformance.surfaces import registry
from conformance.target.keys import in_shell

SHOWN = 3  # exchanges of a cell: a control, the request under test and one more tell the story on one screen


@dataclass(frozen=True)
class Explanation:
    """A claim with its cells in a run; for a single cell also its first exchanges, each with a command line.

    `more` is the number of exchanges that are left out.
    """

    claim: Claim
    cells: tuple[Cell, ...]
    exchanges: tuple[tuple[Exchange, str], ...] = ()
    more: int = 0


def explain(name: str, path: Path, contract: Contract) -> Explanation:
    """Return the explanation of a cell (CLAIM@COLUMN:MODEL) of a run, or of a claim, for which no run is needed.

    Raises UsageError for a name that neither the contract nor the run knows; the message has the nearest names.
    """
    claim_id, at, _ = name.partition("@")
    if claim_id not in contract.claims:
        parameters = {claim.parameter for claim in contract.claims.values()}
        places = {(claim.surface, claim.parameter) for claim in contract.claims.values()}
        message = f"NAME must be a cell, a claim or a parameter of contract {contract.name}, got {name!r}"
        if at and (claim_id in parameters or tuple(claim_id.split(".")) in places):
            raise UsageError(message, f"all models at once: conformance explain {claim_id}")
        raise UsageError(message, nearest(claim_id, {*contract.claims, *parameters}))
    claim = contract.claim(claim_id)
    if not at:
        return Explanation(claim, tuple(cell for cell in _cells(path) if cell.claim == claim_id))
    matrix = reading.read(path)
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
    shown = tuple(
        (exchange, reproduce(exchange.request, run.embedded, run.base_url, key, names)) for exchange in exchanges
    )
    return Explanation(claim, (cell,), shown, len(cell.evidence) - len(shown))


def parameter(name: str, path: Path, contract: Contract) -> list[Explanation]:
    """Return all claims about a parameter, NAME or SURFACE.NAME, with their cells in a run; none for an unknown one."""
    claims = [
        claim for claim in contract.claims.values() if name in {claim.parameter, f"{claim.surface}.{claim.parameter}"}
    ]
    cells = _cells(path) if claims else ()
    return [Explanation(claim, tuple(cell for cell in cells if cell.claim == claim.id)) for claim in claims]


def contract_of(path: Path) -> str:
    """Return the name or file of a run's contract, as its settings have it; that of the built-in one without evidence."""
    folder = path if path.is_dir() else path.parent
    return str(recording.facts(folder)["target"]["contract"]) if recording.files(folder) else DEFAULT


def distinct(evidence: Sequence[str]) -> list[str]:
    """Return the ids of the first exchanges with different requests; repeats show little that the first one does not."""
    first = {exchange.partition(".")[0]: exchange for exchange in reversed(evidence)}
    return [exchange for exchange in evidence if exchange in first.values()][:SHOWN]


def reproduce(request: Request, embedded: bool, base_url: str, bearer: str | None, headers: Iterable[str] = ()) -> str:
    """Return a command line that sends a request again.

    `bearer` is the shell variable with the key.  The command for the embedded mock gateway, which has ended, goes to one started
    with `conformance mock`.  `headers` are the names of the target's headers: their values are not recorded, so each has a
    placeholder.
    """
    base = "http://127.0.0.1:8123/v1" if embedded else base_url
    values = {} if embedded else {name: f"<value of header {name}>" for name in headers}
    key = "sk-test" if embedded else bearer
    commands = [_command(one, base, key, values) for one in (request.first, request) if one is not None]
    return " --next ".join([commands[0], *(command.removeprefix("curl ") for command in commands[1:])])


def _command(request: Request, base: str, key: str | None, headers: Mapping[str, str]) -> str:
    if request.surface not in registry.installed():  # a run can be explained where its surface is not installed
        return curl_command(request, base, {}, headers)
    surface, auth = registry.for_request(request), request.auth
    return curl_command(
        request, base, surface.authorization(auth, key), headers, surface.authorization_query(auth, key)
    )


def header_names(folder: Path) -> tuple[str, ...]:
    """Return the names of the headers of a recorded run's target; none if nothing was recorded."""
    target = recording.facts(folder).get("target") if recording.files(folder) else None
    return tuple(target.get("headers", {})) if isinstance(target, dict) else ()


def _cells(path: Path) -> tuple[Cell, ...]:
    reading.check_link(path)
    return reading.read(path).cells if (path / reading.MATRIX).is_file() or path.is_file() else ()
