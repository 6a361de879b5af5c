"""Each way in which the mock gateway can lie turns the cells it is meant to turn, and no others."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path

import driving
import pytest
from lying import MODELS, Cells, lie, truth

from conformance import contract as contracts
from conformance.mock.defects import ALL
from conformance.mock.defects.defect import Defect

RED = {"deviates", "differs"}
Lied = Callable[[str], Cells]


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    """Two processes to run in, fresh ones."""
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool
        pool.shutdown(cancel_futures=True)


@pytest.fixture(scope="module")
def clean(truthful: str, pool: ProcessPoolExecutor) -> Cells:
    """All cells of the gateway that does not lie."""
    return pool.submit(truth, truthful).result(driving.TIMEOUT)


@pytest.fixture(scope="module")
def lied(truthful: str, clean: Cells, pool: ProcessPoolExecutor, request: pytest.FixtureRequest) -> Lied:
    """The cells of the gateway with one defect, by its name; all that are asked for are started at the first call."""
    wanted = dict.fromkeys(item.callspec.params["name"] for item in request.session.items if _about_one(item))
    runs: dict[str, Future[Cells]] = {name: pool.submit(lie, truthful, name) for name in wanted}
    return lambda name: runs[name].result(driving.TIMEOUT)


def _about_one(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and "lied" in item.fixturenames and hasattr(item, "callspec")


def concerned(defect: Defect, clean: Cells) -> set[str]:
    """The cells that the defect has to turn: its claims, where it can show, as far as the contract says anything."""
    return {
        name
        for name, cell in clean.items()
        if cell.claim in defect.claims and shows(defect, cell.model) and cell.verdict == "conforms"
    }


def shows(defect: Defect, model: str) -> bool:
    """Whether a model is of a kind that the defect concerns; what no model has a part in shows on all."""
    return not defect.kinds or model not in MODELS or MODELS[model] in defect.kinds


def test_the_truth_is_in_order(clean: Cells) -> None:
    """Without a defect nothing is red, so that every red cell is a defect's."""
    assert {cell.verdict for cell in clean.values()} == {"conforms", "noted", "not applicable"}


def test_there_are_ten_at_least() -> None:
    """The registry holds the first ten and more, each with a symptom and claims."""
    assert len(ALL) >= 10
    assert all(defect.symptom and defect.claims for defect in ALL.values())


@pytest.mark.parametrize("name", ALL)
def test_its_claims_are_in_the_contract(name: str) -> None:
    """Every claim that a defect lists is one of the contract's, and its kinds are served by the mock."""
    assert set(ALL[name].claims) <= set(contracts.load("cometapi").claims)
    assert set(ALL[name].kinds) <= set(MODELS.values())


@pytest.mark.parametrize("name", ALL)
def test_it_turns_its_cells_and_no_others(name: str, clean: Cells, lied: Lied) -> None:
    """The cells that turn red are exactly those of the listed claims on the kinds of models that it concerns."""
    wanted = concerned(ALL[name], clean)
    assert {cell for cell, seen in lied(name).items() if seen.verdict in RED} == wanted
    assert {clean[cell].claim for cell in wanted} == set(ALL[name].claims)


@pytest.mark.parametrize("name", ALL)
def test_it_fails_where_the_contract_is_binding(name: str, clean: Cells, lied: Lied) -> None:
    """Of the cells that turn, those at must deviate and those at should differ, each seen in three of three attempts."""
    for cell in concerned(ALL[name], clean):
        seen = lied(name)[cell]
        assert seen.verdict == ("deviates" if seen.level == "must" else "differs"), cell
        assert "3 of 3 times" in seen.detail, cell
        assert {each.rsplit(".", 1)[1] for each in seen.evidence} >= {"0", "1", "2"}, cell


@pytest.mark.parametrize("name", ALL)
def test_it_shows_on_every_kind_of_model(name: str, clean: Cells, lied: Lied) -> None:
    """On each kind that it concerns, and on no other, one of its claims is observed differently, judged or not.

    Claims about the endpoint as a whole are observed once, and on no model.
    """
    mine = [cell for cell, seen in lied(name).items() if seen.claim in ALL[name].claims]
    seen = {cell for cell in mine if lied(name)[cell].observed != clean[cell].observed}
    claims = contracts.load("cometapi").claims
    of_models = any(not claims[each].per_endpoint for each in ALL[name].claims)
    kinds = {MODELS[clean[cell].model] for cell in seen if clean[cell].model in MODELS}
    assert seen
    assert kinds == (set(ALL[name].kinds) if of_models else set()) or not ALL[name].kinds


@pytest.mark.parametrize("name", ALL)
def test_what_it_hides_is_inconclusive(name: str, clean: Cells, lied: Lied) -> None:
    """Any other cell keeps its verdict or is without evidence: what is hidden is never held against the endpoint."""
    for cell in lied(name).keys() - concerned(ALL[name], clean):
        now, before = lied(name)[cell].verdict, clean[cell].verdict
        assert now in {before, "inconclusive"}, f"{cell}: {lied(name)[cell].detail}"


TARGET = """\
schema = 1
name = "lying"
title = "a gateway that lies in one way"
base_url = "{url}"
api_key_env = "{variable}"

[headers]
"x-mock-defect" = "drops_n"

[[models]]
column = "openai"
id = "mock-openai"
"""


def test_a_target_switches_it_on(truthful: str, tmp_path: Path) -> None:
    """A target file with the header of a defect is how a run meets one on a shared gateway."""
    text = TARGET.format(url=truthful, variable=driving.VARIABLE)
    (tmp_path / "target.toml").write_text(text, encoding="utf-8")
    done = driving.command("run", "--target=target.toml", "--out=runs/this", "-k", "test_n.py", cwd=tmp_path)
    assert done.code == 1, done.said
    assert done.named("deviates") == {"chat.n.count@openai:mock-openai", "chat.n.limit@openai:mock-openai"}
