"""Merging: what belongs together becomes the undivided run; what does not is refused with both files named."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.base.errors import UsageError
from conformance.base.validation import own_problem
from conformance.contract.claims import Case, Model
from conformance.results import merging
from conformance.results.matrix import Matrix, complete, fold
from conformance.results.merging import Merged, Part, combine
from conformance.run.shards import Shard
from tests.support.making import MODELS, contract

PLACED = (contract().place("openai", MODELS["openai"]), contract().place("claude", MODELS["claude"]))
CASES = tuple(contract().cases(contract().claims, PLACED))
FOLDED = {cell.id: cell for cell in fold(complete(CASES, {}))}


def matrix(models: tuple[Model, ...], chosen: list[Case], **facts: Any) -> Matrix:
    """A run of some cases of these models, of which none was reached; each fact can be another."""
    told = {"echoed": None, "fingerprint": None, "blocked": None, "exit_code": 0}
    run = {
        "suite_version": "1", "target": "mine", "base_url": "http://127.0.0.1:1/v1", "api_key_env": None,
        "target_version": None, "contract": {"name": "cometapi", "surface": "chat", "digest": contract().digest},
        "models": [{"column": each.column, "id": each.id, "class": each.kind.name, **told} for each in models],
        "mode": "live", "started": "2026-01-02T03:04:05Z", "ended": "2026-01-02T03:04:06Z", "planned": len(chosen),
        "reported": 0, "requests": 1, "partial": False, "stopped": False,
    }  # fmt: skip
    names = dict.fromkeys(case.cell for case in chosen)
    known = all(name in FOLDED for name in names)
    return Matrix({**run, **facts}, tuple(map(FOLDED.__getitem__, names)) if known else fold(complete(chosen, {})))


def shard(number: int, parts: int, cases: tuple[Case, ...] = CASES, **facts: Any) -> Part:
    """One shard of a run of two models."""
    chosen = [case for case in cases if Shard(number, parts).holds(case)]
    told = {"shard": f"{number}/{parts}", "cases": len(CASES), "partial": True, **facts}
    return Part(Path(f"{number}of{parts}/matrix.json"), matrix(PLACED, chosen, **told))


def alone(model: Model, **facts: Any) -> Part:
    """A whole run of one model."""
    chosen = list(contract().cases(contract().claims, [model]))
    return Part(Path(f"{model.id}/matrix.json"), matrix((model,), chosen, **facts))


def joined(*parts: Part) -> Merged:
    """The whole, which fits the schema."""
    found = combine(parts, contract())
    assert own_problem(json.loads(json.dumps(found.matrix.document())), "data/matrix") is None
    return found


@settings(max_examples=20)
@given(st.integers(1, 12), st.randoms(use_true_random=False))
def test_all_shards_are_the_undivided_run(parts: int, chance: Any) -> None:
    """Cells and facts are those of the undivided run, sums apart, in whatever order the shards are named."""
    shards = [shard(number, parts) for number in range(1, parts + 1)]
    chance.shuffle(shards)
    found = joined(*shards)
    assert found.missing == ()
    assert found.matrix == matrix(PLACED, list(CASES), requests=parts)
    assert list(found.matrix.run) == list(matrix(PLACED, []).run)


def test_times_and_counts_are_those_of_all() -> None:
    """The earliest start, the latest end, sums; one shard that was stopped makes the whole stopped."""
    first = shard(1, 2, started="2026-01-01T00:00:00Z", reported=3, requests=5)
    second = shard(2, 2, ended="2026-02-01T00:00:00Z", reported=4, requests=6, stopped=True)
    run = joined(first, second).matrix.run
    assert (run["started"], run["ended"]) == ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")
    assert (run["planned"], run["reported"], run["requests"], run["stopped"]) == (len(CASES), 7, 11, True)


def test_a_model_is_known_by_the_shard_that_asked_it() -> None:
    """What one shard could not learn another tells, and a model that is blocked in one is blocked."""
    first, second = shard(1, 2), shard(2, 2)
    second.run["models"][0] |= {"echoed": "m-1"}
    second.run["models"][1] |= {"blocked": "no key", "exit_code": 3}
    first.run["models"][1] |= {"echoed": "c-1"}
    openai, claude = joined(first, second).matrix.run["models"]
    assert (openai["echoed"], openai["blocked"]) == ("m-1", None)
    assert (claude["echoed"], claude["blocked"], claude["exit_code"]) == ("c-1", "no key", 3)


def test_missing_shards_are_named() -> None:
    """What is there is merged as a part of the whole."""
    found = joined(shard(2, 4), shard(4, 4))
    assert found.missing == ("1/4", "3/4")
    assert found.matrix.run["partial"]
    assert "shard" not in found.matrix.run


def test_all_shards_of_a_selection_are_a_selection() -> None:
    """None is missing, and yet it is not the whole contract."""
    few = tuple(case for case in CASES if case.claim.parameter in {"n", "stop"})
    found = joined(shard(1, 2, few), shard(2, 2, few))
    assert (found.missing, found.matrix.run["partial"]) == ((), True)


def test_all_shards_of_a_profile_are_a_selection_too() -> None:
    """As the undivided run of that profile is."""
    assert joined(shard(1, 2, profile="smoke"), shard(2, 2, profile="smoke")).matrix.run["partial"]


def test_runs_of_different_models_are_one_run_of_all() -> None:
    """Models and cells of both; what is about the endpoint as a whole was asked by way of both and is one cell."""
    found = joined(alone(PLACED[0]), alone(PLACED[1])).matrix
    assert [cell.id for cell in found.cells] == [cell.id for cell in matrix(PLACED, list(CASES)).cells]
    assert not found.run["partial"]
    assert found.run["planned"] == sum(sum(cell.counts.values()) for cell in found.cells)


def test_of_cells_about_the_endpoint_the_worst_counts() -> None:
    """By way of one model it deviates: so it does in the whole, with the evidence of both."""
    parts = [alone(PLACED[0]), alone(PLACED[1])]
    for part, verdict in zip(parts, ("conforms", "deviates"), strict=True):
        changed = [
            replace(each, verdict=verdict, evidence=(verdict,), counts={verdict: 1})
            if each.column == "endpoint"
            else each
            for each in part.matrix.cells
        ]
        object.__setattr__(part.matrix, "cells", tuple(changed))
    cells = [cell for cell in joined(*parts).matrix.cells if cell.column == "endpoint"]
    assert cells
    for cell in cells:
        assert (cell.verdict, cell.evidence) == ("deviates", ("deviates", "conforms"))
        assert cell.counts == {"deviates": 1, "conforms": 1}


def test_shards_of_different_models_are_joined_too() -> None:
    """Two models, each split in two: whatever the order."""
    other = alone(contract().place("gemini", "g"))
    parts = [shard(1, 2), shard(2, 2), other]
    for order in permutations(parts):
        found = joined(*order)
        assert not found.missing
        assert {(each["column"], each["id"]) for each in found.matrix.run["models"]} == {
            ("openai", PLACED[0].id), ("claude", PLACED[1].id), ("gemini", "g"),
        }  # fmt: skip
    assert joined(shard(1, 2), other).missing == ("2/2",)


def digest(run: dict[str, Any]) -> None:
    run["contract"] = {**run["contract"], "digest": "another"}


def kind(run: dict[str, Any]) -> None:
    run["models"][0]["class"] = "reasoning"


def fewer(run: dict[str, Any]) -> None:
    del run["models"][0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda run: run["contract"].update(name="other"), "contract is cometapi chat"),
        (digest, "contract is cometapi chat"),
        (lambda run: run.update(target="other"), "target is mine in"),
        (lambda run: run.update(base_url="http://127.0.0.1:2/v1"), "base_url is http://127.0.0.1:1/v1 in"),
        (lambda run: run.update(suite_version="2"), "suite_version is 1 in"),
        (lambda run: run.update(mode="mock"), "mode is live in"),
        (lambda run: run.update(profile="smoke"), "profile is None in"),
        (kind, f"share {PLACED[1]}, but not all models"),
        (fewer, f"share {PLACED[1]}, but not all models"),
        (lambda run: run.update(shard="2/3"), "are shards of different splits, 1/2 of"),
        (lambda run: run.update(cases=1), "are shards of different splits, 1/2 of"),
        (lambda run: run.update(shard="1/2"), "overlap: both are shard 1/2"),
        (lambda run: run.pop("shard"), "are of the same models, and 2of2/matrix.json is no shard"),
    ],
)
def test_what_does_not_belong_together_is_refused(change: Callable[[dict[str, Any]], Any], says: str) -> None:
    """One sentence that names both files."""
    first, second = shard(1, 2), shard(2, 2)
    change(second.run)
    with pytest.raises(UsageError) as error:
        combine([first, second], contract())
    assert says in str(error.value)
    assert all(str(each.file) in str(error.value) for each in (first, second))


def test_cells_that_are_in_two_shards_are_refused() -> None:
    """The sentence names one of them."""
    second = replace(shard(2, 2), matrix=replace(shard(2, 2).matrix, cells=shard(1, 2).matrix.cells))
    with pytest.raises(UsageError, match=r"1of2/matrix.json and 2of2/matrix.json overlap: both hold chat\."):
        combine([shard(1, 2), second], contract())


def test_embedded_gateways_have_an_address_for_each_run() -> None:
    """In mode mock another base URL is the same target; a version that was not heard is no other version."""
    first = shard(1, 2, mode="mock")
    second = shard(2, 2, mode="mock", base_url="http://127.0.0.1:2/v1", target_version="mock 1")
    assert joined(first, second).matrix.run["target_version"] == "mock 1"
    third = shard(3, 3, target_version="2")
    with pytest.raises(UsageError, match="target_version is 1 in 2of3"):
        combine([shard(1, 3), shard(2, 3, target_version="1"), third], contract())


def test_a_contract_that_is_not_at_hand_is_asked_for() -> None:
    """Its claims' order is not known otherwise; a file with another digest is not it."""
    part = shard(1, 1, contract={"name": "own", "surface": "chat", "digest": "d"})
    with pytest.raises(UsageError, match="is of contract own, which is not built in; name it with --contract FILE"):
        merging._contract(part, None)
    with pytest.raises(UsageError, match="is of contract own d, not cometapi"):
        merging._contract(part, "cometapi")
