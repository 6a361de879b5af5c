"""What asking costs, known without asking: a table beside a contract, made from plans (schema: schemas/data/costs).

Reading the table and adding up what a selection of cases takes live here.  How the table is made is `planning`'s business.
A row is about the requests that the same claims share, so that a control which many need is counted once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.base.errors import UsageError
from conformance.base.money import Usage, total
from conformance.base.validation import own_problem
from conformance.contract.claims import ENDPOINT, Case, Model, Says
from conformance.contract.loading import built_in, find

VERSION = 1


@dataclass(frozen=True)
class SharedRequests:
    """Requests that all these claims use, and no others."""

    claims: frozenset[str]
    figures: Usage


@dataclass(frozen=True)
class Costs:
    """The table: rows by class of model, for the models and for the endpoint as a whole, which a model of the class is asked."""

    models: Mapping[str, Sequence[SharedRequests]]
    endpoint: Mapping[str, Sequence[SharedRequests]]

    def for_cases(self, cases: Iterable[Case], models: Sequence[Model]) -> dict[str, Usage]:
        """What these cases take, by model; a case that does not apply takes nothing.

        Of a claim of which some cases are chosen it is what all of them take.
        """
        chosen: dict[str, set[str]] = {}
        for case in cases:
            if case.rule.says is not Says.NOT_APPLICABLE:
                chosen.setdefault(str(case.model), set()).add(case.claim.id)
        kinds = {str(each): self.models.get(each.kind.name, ()) for each in models}
        kinds[f"{ENDPOINT}:any"] = self.endpoint.get(models[0].kind.name, ())
        return {
            model: total(row.figures for row in kinds[model] if row.claims & claims) for model, claims in chosen.items()
        }


def path_of(contract: str) -> Path:
    """Where the table of a contract is: costs.json in its folder, NAME.costs.json beside a single file."""
    path = find(contract)
    return path / "costs.json" if path.is_dir() else path.with_suffix(".costs.json")


def load(contract: str) -> Costs | None:
    """The table of a contract, by the contract's name or file; None where it has none.  A broken one is a usage error."""
    path = path_of(contract)
    if not path.is_file():
        return None
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(
            f"{path} is no table of costs: {error}", "write it again: conformance contract --write-costs"
        ) from error
    wrong = None if contract in built_in() else own_problem(document, "data/costs")  # ours is held to it by a test
    if wrong:
        raise UsageError(f"{path} is no table of costs: {wrong}", "write it again: conformance contract --write-costs")
    kinds = document["classes"]
    return Costs(
        {name: _rows(document, rows["model"]) for name, rows in kinds.items()},
        {name: _rows(document, rows["endpoint"]) for name, rows in kinds.items()},
    )


def _rows(document: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> tuple[SharedRequests, ...]:
    return tuple(
        SharedRequests(
            frozenset(document["claims"][number] for number in row["claims"]),
            Usage(row["requests"], row["prompt_tokens"], row["completion_tokens"]),
        )
        for row in rows
    )


def write(costs: Costs, contract: str, claims: Sequence[str]) -> str:
    """The table as JSON, a row a line; claims are named once, in the contract's order, and numbered from 0."""
    numbers = {name: number for number, name in enumerate(claims)}

    def line(row: SharedRequests) -> str:
        used = sorted(numbers[each] for each in row.claims)
        figures = row.figures
        counts = {"requests": figures.requests, "prompt_tokens": figures.prompt_tokens}
        return json.dumps({"claims": used, **counts, "completion_tokens": figures.completion_tokens})

    def part(rows: Sequence[SharedRequests]) -> str:
        return "[\n    " + ",\n    ".join(sorted(line(row) for row in rows)) + "\n  ]" if rows else "[]"

    kinds = (
        f' {json.dumps(name)}: {{"model": {part(costs.models[name])},\n  "endpoint": {part(costs.endpoint[name])}}}'
        for name in costs.models
    )
    named = ",\n  ".join(map(json.dumps, claims))
    head = f'{{"schema": {VERSION}, "contract": {json.dumps(contract)}, "claims": [\n  {named}\n],\n"classes": {{\n'
    return head + ",\n".join(kinds) + "\n}}\n"
