"""Each way in which the mock gateway can lie turns the cells it is meant to turn, and no others."""

from collections.abc import Callable

import driving
import pytest
from driving import Done

from conformance import contract as contracts
from conformance.mock.defects import ALL
from conformance.mock.defects.defect import Defect

KINDS = {name: kind for kind, name in driving.MODELS.items()} | {driving.MODELS["openai"]: "chat"}
RED = {"deviates", "differs"}


def concerned(defect: Defect, clean: Done) -> set[str]:
    """The cells that the defect has to turn: its claims, where it can show, as far as the contract says anything."""
    return {
        name
        for name, cell in clean.cells.items()
        if cell["claim"] in defect.claims and shows(defect, cell["model"]) and cell["verdict"] == "conforms"
    }


def shows(defect: Defect, model: str) -> bool:
    """Whether a model is of a kind that the defect concerns; what no model has a part in shows on all."""
    return not defect.kinds or model not in KINDS or KINDS[model] in defect.kinds


def test_there_are_ten_at_least() -> None:
    """The registry holds the first ten and more, each with a symptom and claims."""
    assert len(ALL) >= 10
    assert all(defect.symptom and defect.claims for defect in ALL.values())


@pytest.mark.parametrize("name", ALL)
def test_its_claims_are_in_the_contract(name: str) -> None:
    """Every claim that a defect lists is one of the contract's, and its kinds are served by the mock."""
    assert set(ALL[name].claims) <= set(contracts.load("cometapi").claims)
    assert set(ALL[name].kinds) <= set(KINDS.values())


@pytest.mark.parametrize("name", ALL)
def test_it_turns_its_cells_and_no_others(name: str, alone: tuple[Done, int], lying: Callable[[str], Done]) -> None:
    """The cells that turn red are exactly those of the listed claims on the kinds of models that it concerns."""
    clean, lied = alone[0], lying(name)
    assert lied.cells.keys() == clean.cells.keys()
    wanted = concerned(ALL[name], clean)
    assert {cell for cell in lied.cells if lied.cells[cell]["verdict"] in RED} == wanted
    assert {clean.cells[cell]["claim"] for cell in wanted} == set(ALL[name].claims)


@pytest.mark.parametrize("name", ALL)
def test_it_shows_on_every_kind_of_model(name: str, alone: tuple[Done, int], lying: Callable[[str], Done]) -> None:
    """On each kind that it concerns, and on no other, one of its claims is observed differently, judged or not."""
    clean, lied = alone[0].judged, lying(name).judged
    seen = {cell for cell in clean if lied[cell] != clean[cell] and cell.split("@")[0] in ALL[name].claims}
    models = {cell.split(":", 1)[1] for cell in seen} & set(KINDS)
    assert {KINDS[model] for model in models} == set(ALL[name].kinds) or not ALL[name].kinds


@pytest.mark.parametrize("name", ALL)
def test_what_it_hides_is_inconclusive(name: str, alone: tuple[Done, int], lying: Callable[[str], Done]) -> None:
    """Another cell loses its verdict only to `inconclusive`, and only if its parameter is the one that is lied about."""
    clean, lied = alone[0], lying(name)
    lost = {cell for cell in lied.cells if lied.cells[cell]["verdict"] != clean.cells[cell]["verdict"]}
    parameters = {claim.split(".")[1] for claim in ALL[name].claims}
    for cell in lost - concerned(ALL[name], clean):
        assert lied.cells[cell]["verdict"] == "inconclusive", cell
        assert lied.cells[cell]["claim"].split(".")[1] in parameters, cell


@pytest.mark.parametrize("name", ALL)
def test_its_exit_code(name: str, alone: tuple[Done, int], lying: Callable[[str], Done]) -> None:
    """A lie about a must exits 1, one about a should alone exits 0; nothing is an error of ours."""
    clean, lied = alone[0], lying(name)
    musts = {cell for cell in concerned(ALL[name], clean) if clean.cells[cell]["level"] == "must"}
    assert lied.named("deviates") == musts
    assert lied.code == (1 if musts else 0), lied.said


@pytest.mark.parametrize("name", ALL)
def test_its_cells_are_asked_three_times(name: str, alone: tuple[Done, int], lying: Callable[[str], Done]) -> None:
    """What is held against the endpoint was asked anew twice, and says so."""
    for cell in concerned(ALL[name], alone[0]):
        told = lying(name).cells[cell]
        assert "(3 of 3 times)" in told["detail"]
        assert {each.rsplit(".", 1)[1] for each in told["evidence"]} >= {"0", "1", "2"}, cell
