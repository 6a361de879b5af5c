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
from conformance.contract.claims import Case, Cost, Model
from conformance.results import merging
from conformance.results.facts import RunFacts
from conformance.results.matrix import Matrix, complete, fold
from conformance.results.merging import Merged, Part, combine
from conformance.run.shards import Shard
from conformance.run.tally import PreflightFacts
from conformance.trial.judge import Verdict
from tests.support import matrices
from tests.support.making import MODELS, contract

PLACED = (contract().classify("openai", MODELS["openai"]), contract().classify("claude", MODELS["claude"]))
CASES = tuple(contract().cases(contract().claims, PLACED))
FOLDED = {cell.id: cell for cell in fold(complete(CASES, {}))}


def matrix(placed: tuple[Model, ...], chosen: list[Case], **facts: Any) -> Matrix:
    """Return a run of some cases of these models, none of which was reached; any fact can be replaced."""
    silent = {"echoed": None, "fingerprint": None, "blocked": None, "exit_code": 0}
    values = {
        "suite_version": "1", "planned": len(chosen), "reported": 0, "requests": 1,
        "contract": {"name": "cometapi", "surfaces": ["chat", "models"], "digest": contract().digest},
        "models": [{"column": model.column, "id": model.id, "class": model.kind.name, **silent} for model in placed], **facts,
    }  # fmt: skip
    run = RunFacts.from_document(matrices.facts(**values))
    names = dict.fromkeys(case.cell for case in chosen)
    known = all(name in FOLDED for name in names)
    return Matrix(run, tuple(map(FOLDED.__getitem__, names)) if known else fold(complete(chosen, {})))


def shard(number: int, parts: int, cases: tuple[Case, ...] = CASES, **facts: Any) -> Part:
    """One shard of a run of two models."""
    chosen = [case for case in cases if Shard(number, parts).holds(case)]
    values = {"shard": f"{number}/{parts}", "cases": len(CASES), "partial": True, **facts}
    return Part(Path(f"{number}of{parts}/matrix.json"), matrix(PLACED, chosen, **values))


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


def test_times_and_counts_are_those_of_all() -> None:
    """The earliest start, the latest end, sums; one shard that was stopped makes the whole stopped."""
    first = shard(1, 2, started="2026-01-01T00:00:00Z", reported=3, requests=5)
    second = shard(2, 2, ended="2026-02-01T00:00:00Z", reported=4, requests=6, stopped=True)
    run = joined(first, second).matrix.run
    assert (run.started, run.ended) == ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")
    assert (run.planned, run.reported, run.requests, run.stopped) == (len(CASES), 7, 11, True)


def test_a_model_is_known_by_the_shard_that_asked_it() -> None:
    """What one shard could not learn another tells, and a model that is blocked in one is blocked."""
    rows = shard(1, 2).run.document()["models"]
    openai, claude = ({name: row[name] for name in row if name != "surfaces"} for row in rows)
    first = shard(1, 2, models=[openai, {**claude, "echoed": "c-1"}])
    second = shard(2, 2, models=[{**openai, "echoed": "m-1"}, {**claude, "blocked": "no key", "exit_code": 3}])
    one, other = joined(first, second).matrix.run.models
    assert (one.echoed, one.blocked) == ("m-1", ())
    assert other.preflights == (PreflightFacts("chat", "c-1", None, "no key", 3),)


def test_a_model_is_known_on_each_surface_by_the_shard_that_asked_it_there() -> None:
    """One shard asked it on one surface, the other on two; a surface that blocks it in one shard blocks it in the whole."""
    chat, responses = PreflightFacts("chat", "m-1"), PreflightFacts("responses", blocked="not found", exit_code=3)
    parts = []
    for number, preflights in ((1, (chat,)), (2, (PreflightFacts("chat"), responses))):
        part = shard(number, 2)
        models = (replace(part.run.models[0], preflights=preflights), part.run.models[1])
        parts.append(replace(part, matrix=replace(part.matrix, run=replace(part.run, models=models))))
    assert joined(*parts).matrix.run.models[0].preflights == (chat, responses)


def test_missing_shards_are_named() -> None:
    """What is there is merged as a part of the whole."""
    found = joined(shard(2, 4), shard(4, 4))
    assert found.missing == ("1/4", "3/4")
    assert found.matrix.run.partial
    assert found.matrix.run.shard is None


def test_all_shards_of_a_selection_are_a_selection() -> None:
    """None is missing, and yet it is not the whole contract."""
    few = tuple(case for case in CASES if case.claim.parameter in {"n", "stop"})
    found = joined(shard(1, 2, few), shard(2, 2, few))
    assert (found.missing, found.matrix.run.partial) == ((), True)


def test_all_shards_of_a_profile_are_a_selection_too() -> None:
    """As the undivided run of that profile is."""
    assert joined(shard(1, 2, profile="smoke"), shard(2, 2, profile="smoke")).matrix.run.partial


def test_runs_of_different_models_are_one_run_of_all() -> None:
    """Models and cells of both; what is about the endpoint as a whole was asked by way of both and is one cell."""
    found = joined(alone(PLACED[0]), alone(PLACED[1])).matrix
    assert [cell.id for cell in found.cells] == [cell.id for cell in matrix(PLACED, list(CASES)).cells]
    assert not found.run.partial
    assert found.run.planned == sum(sum(cell.counts.values()) for cell in found.cells)


def test_of_cells_about_the_endpoint_the_worst_counts() -> None:
    """By way of one model it deviates: so it does in the whole, with the evidence of both."""
    parts = [alone(PLACED[0]), alone(PLACED[1])]
    for part, verdict in zip(parts, (Verdict.CONFORMS, Verdict.DEVIATES), strict=True):
        changed = [
            replace(cell, verdict=verdict, evidence=(verdict.value,), counts={verdict: 1})
            if cell.column == "endpoint"
            else cell
            for cell in part.matrix.cells
        ]
        object.__setattr__(part.matrix, "cells", tuple(changed))
    endpoint = [cell for cell in joined(*parts).matrix.cells if cell.column == "endpoint"]
    both = [name for name, known in contract().surfaces.items() if all(map(known.documents, ("openai", "claude")))]
    cells = [cell for cell in endpoint if cell.surface in both and not contract().claims[cell.claim].presupposes]
    assert cells
    for cell in cells:
        assert (cell.verdict, cell.evidence) == ("deviates", ("deviates", "conforms"))
        assert cell.counts == {"deviates": 1, "conforms": 1}


def test_shards_of_different_models_are_joined_too() -> None:
    """Two models, each split in two, in any order."""
    other = alone(contract().classify("gemini", "g"))
    parts = [shard(1, 2), shard(2, 2), other]
    for order in permutations(parts):
        found = joined(*order)
        assert not found.missing
        assert {(model.column, model.id) for model in found.matrix.run.models} == {
            ("openai", PLACED[0].id), ("claude", PLACED[1].id), ("gemini", "g"),
        }  # fmt: skip
    assert joined(shard(1, 2), other).missing == ("2/2",)


def other(**facts: Any) -> Callable[[RunFacts], RunFacts]:
    """A change of some facts of a run."""
    return lambda run: replace(run, **facts)


def contract_facts(**facts: Any) -> Callable[[RunFacts], RunFacts]:
    """A change of what is known of the contract."""
    return lambda run: replace(run, contract=replace(run.contract, **facts))


def kind(run: RunFacts) -> RunFacts:
    return replace(run, models=(replace(run.models[0], kind="reasoning"), *run.models[1:]))


def fewer(run: RunFacts) -> RunFacts:
    return replace(run, models=run.models[1:])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (contract_facts(name="other"), "contract must be equal in all runs, got cometapi chat, models"),
        (contract_facts(digest="another"), "contract must be equal in all runs, got cometapi chat, models"),
        (contract_facts(surfaces=("chat",)), "contract must be equal in all runs, got cometapi chat, models"),
        (other(target="other"), "target must be equal in all runs, got mine in"),
        (other(base_url="http://127.0.0.1:2/v1"), "base_url must be equal in all runs, got http://127.0.0.1:1/v1 in"),
        (other(suite_version="2"), "suite_version must be equal in all runs, got 1 in"),
        (other(mode="mock"), "mode must be equal in all runs, got live in"),
        (other(profile=Cost.SMOKE), "profile must be equal in all runs, got full in"),
        (kind, f"must have all models in common or none: 1of2/matrix.json and 2of2/matrix.json share {PLACED[1]}"),
        (fewer, f"must have all models in common or none: 1of2/matrix.json and 2of2/matrix.json share {PLACED[1]}"),
        (other(shard=Shard(2, 3)), "must be shards of one run, got 1/2 of"),
        (other(cases=1), "must be shards of one run, got 1/2 of"),
        (other(shard=Shard(1, 2)), "must not overlap: both are shard 1/2"),
        (other(shard=None), "have the same models, so both must be shards; 2of2/matrix.json is not"),
    ],
)
def test_what_does_not_belong_together_is_refused(change: Callable[[RunFacts], RunFacts], message: str) -> None:
    """One sentence that names both files."""
    first, second = shard(1, 2), shard(2, 2)
    second = replace(second, matrix=replace(second.matrix, run=change(second.run)))
    with pytest.raises(UsageError) as error:
        combine([first, second], contract())
    assert message in str(error.value)
    assert all(str(part.file) in str(error.value) for part in (first, second))


def test_cells_that_are_in_two_shards_are_refused() -> None:
    """The sentence names one of them."""
    second = replace(shard(2, 2), matrix=replace(shard(2, 2).matrix, cells=shard(1, 2).matrix.cells))
    with pytest.raises(UsageError, match=r"1of2/matrix.json and 2of2/matrix.json must not overlap: both hold chat\."):
        combine([shard(1, 2), second], contract())


def test_embedded_gateways_have_an_address_for_each_run() -> None:
    """Embedded mock gateways differ in their base URLs; an unknown version is not another version."""
    first = shard(1, 2, mode="mock")
    second = shard(2, 2, mode="mock", base_url="http://127.0.0.1:2/v1", target_version="mock 1")
    assert joined(first, second).matrix.run.target_version == "mock 1"
    third = shard(3, 3, target_version="2")
    with pytest.raises(UsageError, match="target_version must be equal in all runs, got 1 in 2of3"):
        combine([shard(1, 3), shard(2, 3, target_version="1"), third], contract())


def test_a_contract_that_is_not_at_hand_is_asked_for() -> None:
    """Its claims' order is not known otherwise; a file with another digest is not it."""
    part = shard(1, 1, contract={"name": "own", "surfaces": ["chat"], "digest": "d"})
    with pytest.raises(UsageError, match="needs contract own, which is not built in; name it with --contract PATH"):
        merging._contract(part, None)
    with pytest.raises(UsageError, match="needs contract own d, got cometapi"):
        merging._contract(part, "cometapi")
