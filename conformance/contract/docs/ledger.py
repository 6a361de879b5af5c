"""The ledger: every statement of the documentation, joined with the claims that test it.

A contract has a ledger for each surface whose documentation was read, in a file beside the surface's claims.  Loading ledgers
and joining them with their contract live here.  The data format is described by schemas/data/ledger.schema.json; printing is
render/ledger.py's.
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
    """A page that was read; `languages` begins with its fullest version."""

    key: str
    title: str
    url: str
    languages: tuple[str, ...]
    read: str


@dataclass(frozen=True)
class Statement:
    """One statement of a page, in our own words.

    `only` names the language versions that say it, where not all do.  It has claims, written or planned, or else a reason
    why it is `untested`.
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
    """A statement with the claims that the contract holds for it, and the ids that it does not hold yet."""

    statement: Statement
    claims: tuple[Claim, ...]
    unwritten: tuple[str, ...]

    @property
    def uncovered(self) -> bool:
        """Whether the statement has neither a claim nor a reason."""
        return not self.claims and not self.statement.untested


@dataclass(frozen=True)
class Coverage:
    """A ledger joined with its contract; `unmatched` are the claims that no statement leads to."""

    ledger: Ledger
    entries: tuple[CoveredStatement, ...]
    unmatched: tuple[Claim, ...]

    @property
    def uncovered(self) -> tuple[CoveredStatement, ...]:
        return tuple(each for each in self.entries if each.uncovered)

    @property
    def unwritten(self) -> tuple[str, ...]:
        """The planned ids that the contract does not hold yet, in the ledger's order."""
        return tuple(dict.fromkeys(claim for each in self.entries for claim in each.unwritten))

    @property
    def unmatched_of_pages(self) -> tuple[Claim, ...]:
        """Claims that cite a page of the ledger, and to which none of its statements leads."""
        urls = {each.statement.page.url for each in self.entries}
        return tuple(claim for claim in self.unmatched if any(source.url in urls for source in claim.sources))


def load(name: str) -> Ledger:
    """Load the ledger of a contract, by its name or folder, or a TOML file.

    Raises UsageError for a name that is none of these and for a file that breaks the schema or contradicts itself.
    """
    statements: dict[str, Statement] = {}
    found = [(path, load_toml(path, "ledger")) for path in _files(name)]
    for path, data in found:
        pages = {key: _page(key, row) for key, row in data["pages"].items()}
        for row in data["statements"]:
            _check(row, pages, statements, path)
            statements[row["id"]] = _statement(row, pages)
    first = found[0][1]
    return Ledger(first["contract"], first["title"], tuple(statements.values()))


def cover(ledger: Ledger, contract: Contract) -> Coverage:
    """Hold a ledger against its contract; a planned id that the contract holds counts as a claim.

    Raises UsageError for another gateway's contract, and for a claim that it does not hold, with the nearest ids.
    """
    if contract.name != ledger.contract:
        hint = f"give the contract {ledger.contract}"
        raise UsageError(f"the ledger of {ledger.contract} says nothing about contract {contract.name}", hint)
    entries = tuple(_entry(statement, contract.claims) for statement in ledger.statements)
    led = {claim.id for entry in entries for claim in entry.claims}
    return Coverage(ledger, entries, tuple(claim for claim in contract.claims.values() if claim.id not in led))


def _entry(statement: Statement, known: dict[str, Claim]) -> CoveredStatement:
    for each in statement.claims:
        if each not in known:
            hint = nearest(each, known)
            raise UsageError(f"statement {statement.id} names claim {each!r}, which the contract does not hold", hint)
    wanted = (*statement.claims, *statement.planned)
    return CoveredStatement(
        statement,
        tuple(known[each] for each in wanted if each in known),
        tuple(each for each in wanted if each not in known),
    )


def _files(name: str) -> list[Path]:
    """The ledgers of a contract, by the names of their surfaces, or the one file that is named."""
    if Path(name).is_file():
        return [Path(name)]
    folder = find(name)
    found = sorted(folder.glob(f"*{LEDGER}"))
    if not found:
        raise UsageError(f"contract {name} has no ledger", f"add SURFACE{LEDGER} to {folder}")
    return found


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
    """What a schema cannot say: ids are unique and begin with a page, and `only` names versions of that page."""
    where = f"{path}: statement {row['id']}"
    if row["id"] in seen:
        raise UsageError(f"{where} stands twice", "give one of them another id")
    key = row["id"].split("/")[0]
    if key not in pages:
        raise UsageError(f"{where} begins with {key!r}, which is no page of the ledger", nearest(key, pages))
    for language in row.get("only", ()):
        if language not in pages[key].languages:
            hint = nearest(language, pages[key].languages)
            raise UsageError(f"{where} is said to stand in {language!r} only, a version that was not read", hint)
