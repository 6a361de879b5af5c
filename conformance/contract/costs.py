"""The table of costs of a contract: how many requests and tokens its cases take, known before anything is sent.

Reading and writing the table (schema: schemas/data/costs) and adding up what a selection of cases takes live here; `planning`
computes the figures.  A row holds the requests that exactly the same claims share, so that a control which many claims need is
counted once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.base.errors import UsageError
from conformance.base.money import Usage, total
from conformance.base.reading import read_json
from conformance.base.validation import own_problem
from conformance.contract.claims import Case, Model, Says
from conformance.contract.contract import Contract
from conformance.contract.loading import built_in, find

VERSION = 1
_AGAIN = "write it again: conformance contract --write-costs"


@dataclass(frozen=True)
class SharedRequests:
    """The requests that these claims share and no other claim uses."""

    claims: frozenset[str]
    figures: Usage


@dataclass(frozen=True)
class Costs:
    """The table by class of models: `models` for cases about a model of the class, `endpoint` for cases about the endpoint.

    A case about the endpoint as a whole asks one model, and its costs depend on the class of that model.
    """

    models: Mapping[str, Sequence[SharedRequests]]
    endpoint: Mapping[str, Sequence[SharedRequests]]
    claims: frozenset[str] = frozenset()
    asked: str | None = None

    def stale(self, contract: Contract) -> str | None:
        """Return in which way the contract has changed since the table was written; None if it has not.

        A table without `asked`, of an earlier version, is compared by its claims only.
        """
        if changed := self.claims ^ contract.claims.keys():
            first = min(changed)
            more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
            return f"claim {first}{more} {'is' if len(changed) == 1 else 'are'} in one of the two only"
        if missing := sorted(contract.classes.keys() - self.models.keys()):
            return f"class {missing[0]} is not in it"
        return "values, modes or columns of claims changed" if self.asked not in {None, asked(contract)} else None

    def for_cases(self, cases: Iterable[Case]) -> dict[str, Usage]:
        """Return what these cases take, by model; a case that does not apply takes nothing.

        If only some cases of a claim are chosen, the figures are still those of all its cases.
        """
        chosen: dict[tuple[str, str, bool], set[str]] = {}
        for case in cases:
            if case.rule.says is not Says.NOT_APPLICABLE:
                asked = case.stand_in or case.model
                place = (str(case.model), asked.kind.name, case.stand_in is not None)
                chosen.setdefault(place, set()).add(case.claim.id)
        found: dict[str, list[Usage]] = {}
        for (model, kind, whole), claims in chosen.items():
            rows = (self.endpoint if whole else self.models).get(kind, ())
            found.setdefault(model, []).append(total(row.figures for row in rows if row.claims & claims))
        return {model: total(figures) for model, figures in found.items()}


def path_of(contract: str) -> Path:
    """Return the path of a contract's table: costs.json in its folder, or NAME.costs.json next to its single file."""
    path = find(contract)
    return path / "costs.json" if path.is_dir() else path.with_suffix(".costs.json")


def load(contract: str) -> Costs | None:
    """Load the table of a contract, given the contract's name or path; None if it has none.

    Raises UsageError for a table that is not JSON or breaks the schema.
    """
    path = path_of(contract)
    if not path.is_file():
        return None
    document = read_json(path, "a table of costs in JSON", _AGAIN)
    # Validation takes longer than reading; for the built-in tables a test does it once.
    fault = None if contract in built_in() else own_problem(document, "data/costs") or _unknown_claim(document)
    if fault:
        raise UsageError(f"{path} breaks the schema of costs: {fault}", _AGAIN)
    classes = document["classes"]
    return Costs(
        {name: _rows(document, rows["model"]) for name, rows in classes.items()},
        {name: _rows(document, rows["endpoint"]) for name, rows in classes.items()},
        frozenset(document["claims"]),
        document.get("asked"),
    )


def warning(name: str, contract: Contract) -> str | None:
    """Return a sentence for a table that is not that of the contract, with the command that renews it; None if there is none.

    The built-in tables are compared by a test, since comparing takes longer than starting a small run.
    """
    table = None if name in built_in() else load(name)
    reason = table.stale(contract) if table else None
    if reason is None:
        return None
    return f"{path_of(name)} is older than the contract: {reason}; renew it: conformance contract --write-costs --contract {name}"


def asked(contract: Contract) -> str:
    """Return a digest of what the cases of a contract send: the values and modes of each claim for each class of models."""
    rules = (
        (claim.id, name, rule.says is Says.NOT_APPLICABLE, rule.values, rule.modes)
        for claim in contract.claims.values()
        for name, kind in contract.classes.items()
        for rule in [contract.rule(claim, Model(kind.column, "", kind))]
    )
    return hashlib.sha256(json.dumps(sorted(map(repr, rules))).encode()).hexdigest()[:16]


def _unknown_claim(document: Mapping[str, Any]) -> str | None:
    """Return where a row refers to a claim that the list of claims does not have; None if none does."""
    for name, rows in document["classes"].items():
        for row in (*rows["model"], *rows["endpoint"]):
            if (number := max(row["claims"], default=0)) >= len(document["claims"]):
                return f"classes.{name}: there is no claim number {number}"
    return None


def _rows(document: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> tuple[SharedRequests, ...]:
    return tuple(
        SharedRequests(
            frozenset(document["claims"][number] for number in row["claims"]),
            Usage(row["requests"], row["prompt_tokens"], row["completion_tokens"]),
        )
        for row in rows
    )


def write(costs: Costs, contract: Contract) -> str:
    """Return the table as JSON, one row per line; rows refer to claims by their index in the list of all claims."""
    claims = list(contract.claims)
    numbers = {name: number for number, name in enumerate(claims)}

    def line(row: SharedRequests) -> str:
        used = sorted(numbers[claim] for claim in row.claims)
        figures = row.figures
        counts = {"requests": figures.requests, "prompt_tokens": figures.prompt_tokens}
        return json.dumps({"claims": used, **counts, "completion_tokens": figures.completion_tokens})

    def part(rows: Sequence[SharedRequests]) -> str:
        lines = sorted(line(row) for row in rows if row.claims)  # a request that no claim of the table used is left out
        return "[\n    " + ",\n    ".join(lines) + "\n  ]" if lines else "[]"

    kinds = (
        f' {json.dumps(name)}: {{"model": {part(costs.models[name])},\n  "endpoint": {part(costs.endpoint[name])}}}'
        for name in costs.models
    )
    named = ",\n  ".join(map(json.dumps, claims))
    names = f'"contract": {json.dumps(contract.name)}, "asked": {json.dumps(asked(contract))}'
    head = f'{{"schema": {VERSION}, {names}, "claims": [\n  {named}\n],\n"classes": {{\n'
    return head + ",\n".join(kinds) + "\n}}\n"
