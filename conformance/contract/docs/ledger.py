"""The ledger: every statement of the documentation, with the claims that test it.

A contract has a ledger for each surface whose documentation was read, in a file next to the surface's claims.  Loading ledgers
and comparing them with their contract live here; printing does not (render/ledger.py).  schemas/data/ledger.schema.json
describes the format.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.base.errors import UsageError, nearest
from conformance.base.validation import load_toml
from conformance.contract.claims import Claim
from conformance.contract.contract import Contract
from conformance.contract.loading import LEDGER, find


@dataclass(frozen=True)
class LedgerPage:
    """A page that was read; `languages` starts with the most complete version."""

    key: str
    title: str
    url: str
    languages: tuple[str, ...]
    read: str


@dataclass(frozen=True)
class Statement:
    """One statement of a page, in our own words.

    `only` names the language versions that contain it, if not all of them do.  A statement has claims, written or planned, or a
    reason why it is `untested`.
    """

    id: str
    page: LedgerPage
    section: str
    says: str
    only: tuple[str, ...]
    claims: tuple[str, ...]
    planned: tuple[str, ...]
    untested: str


@dataclass(frozen=True)
class Ledger:
    """All statements of the pages about a contract's surfaces, in the order of the surfaces and their pages."""

    contract: str
    title: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True)
class CoveredStatement:
    """A statement with the claims of the contract that test it, and the planned ids that the contract does not contain yet."""

    statement: Statement
    claims: tuple[Claim, ...]
    unwritten: tuple[str, ...]

    @property
    def uncovered(self) -> bool:
        """Whether the statement has neither a claim nor a reason why it is not tested."""
        return not self.claims and not self.statement.untested


@dataclass(frozen=True)
class Coverage:
    """A ledger compared with its contract; `unmatched` are the claims that no statement names."""

    ledger: Ledger
    entries: tuple[CoveredStatement, ...]
    unmatched: tuple[Claim, ...]

    @property
    def uncovered(self) -> tuple[CoveredStatement, ...]:
        return tuple(entry for entry in self.entries if entry.uncovered)

    @property
    def unwritten(self) -> tuple[str, ...]:
        """The planned ids that the contract does not contain yet, in the ledger's order."""
        return tuple(dict.fromkeys(claim for entry in self.entries for claim in entry.unwritten))

    @property
    def unmatched_of_pages(self) -> tuple[Claim, ...]:
        """The unmatched claims that cite a page of the ledger."""
        urls = {entry.statement.page.url for entry in self.entries}
        return tuple(claim for claim in self.unmatched if any(source.url in urls for source in claim.sources))


def load(name: str) -> Ledger:
    """Load the ledger of a contract, given the contract's name or folder, or the path of a TOML file.

    Raises UsageError for an unknown name and for a file that breaks the schema or contradicts itself.
    """
    statements: dict[str, Statement] = {}
    documents = [(path, load_toml(path, "ledger")) for path in _files(name)]
    for path, data in documents:
        pages = {key: _page(key, row) for key, row in data["pages"].items()}
        for row in data["statements"]:
            _check(row, pages, statements, path)
            statements[row["id"]] = _statement(row, pages)
    first = documents[0][1]
    return Ledger(first["contract"], first["title"], tuple(statements.values()))


def cover(ledger: Ledger, contract: Contract) -> Coverage:
    """Compare a ledger with its contract; a planned id that the contract already contains counts as a claim.

    Raises UsageError for the contract of another gateway, and for a claim that the contract does not contain.
    """
    if contract.name != ledger.contract:
        hint = f"give the contract {ledger.contract}"
        raise UsageError(f"the ledger is about contract {ledger.contract}, got contract {contract.name}", hint)
    entries = tuple(_entry(statement, contract.claims) for statement in ledger.statements)
    matched = {claim.id for entry in entries for claim in entry.claims}
    return Coverage(ledger, entries, tuple(claim for claim in contract.claims.values() if claim.id not in matched))


def _entry(statement: Statement, known: dict[str, Claim]) -> CoveredStatement:
    for claim in statement.claims:
        if claim not in known:
            raise UsageError(f"statement {statement.id}: claim {claim!r} is not in the contract", nearest(claim, known))
    wanted = (*statement.claims, *statement.planned)
    return CoveredStatement(
        statement,
        tuple(known[claim] for claim in wanted if claim in known),
        tuple(claim for claim in wanted if claim not in known),
    )


def _files(name: str) -> list[Path]:
    """Return the ledgers of a contract, sorted by surface, or the one file that `name` is the path of."""
    if Path(name).is_file():
        return [Path(name)]
    folder = find(name)
    ledgers = sorted(folder.glob(f"*{LEDGER}"))
    if not ledgers:
        raise UsageError(f"contract {name} has no ledger", f"add SURFACE{LEDGER} to {folder}")
    return ledgers


def _page(key: str, row: dict[str, Any]) -> LedgerPage:
    return LedgerPage(key, row["title"], row["url"], tuple(row["languages"]), str(row["read"]))


def _statement(row: dict[str, Any], pages: dict[str, LedgerPage]) -> Statement:
    return Statement(
        id=row["id"],
        page=pages[row["id"].split("/")[0]],
        section=row["section"],
        says=row["says"],
        only=tuple(row.get("only", ())),
        claims=tuple(row.get("claims", ())),
        planned=tuple(row.get("planned", ())),
        untested=row.get("untested", ""),
    )


def _check(row: dict[str, Any], pages: dict[str, LedgerPage], seen: dict[str, Statement], path: Path) -> None:
    """Raise UsageError for a duplicate id, an id without a page of the ledger, and a language that was not read."""
    where = f"{path}: statement {row['id']}"
    if row["id"] in seen:
        raise UsageError(f"{path}: duplicate statement id {row['id']}", "give one of the two another id")
    key = row["id"].split("/")[0]
    if key not in pages:
        raise UsageError(f"{where}: the id must start with a page of the ledger, got {key!r}", nearest(key, pages))
    for language in row.get("only", ()):
        if language not in pages[key].languages:
            hint = nearest(language, pages[key].languages)
            raise UsageError(f"{where}: `only` must name languages of its page, got {language!r}", hint)
