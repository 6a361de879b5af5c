"""What is not in order: which cells share a cause, and which follow from another; and how many binding claims hold."""

from dataclasses import replace

import pytest

from conformance.base.errors import UsageError
from conformance.results.problems import Problem, problems
from conformance.results.selecting import select
from conformance.results.standing import standings
from conformance.run.causes import blocked_by
from conformance.trial.judge import Verdict
from tests.support.matrices import FOUR, cell, matrix


def ids(problem: Problem) -> tuple[list[str], list[str]]:
    """The claims of a problem and those that it blocks, without surface and parameter."""
    return [c.claim.split(".")[2] for c in problem.cells], [c.claim.split(".")[2] for c in problem.blocked]


def test_every_cell_that_is_not_in_order_is_in_one_problem() -> None:
    """None is lost and none is counted twice."""
    found = [cell.id for problem in problems(FOUR) for cell in (*problem.cells, *problem.blocked)]
    wrong = ("deviates", "differs", "blocked", "inconclusive")
    assert sorted(found) == sorted(cell.id for cell in FOUR.cells if cell.verdict in wrong)


def test_a_blocked_cell_follows_its_cause_of_the_same_model() -> None:
    """Where the other model's cause is not in the matrix, it is a problem of its own."""
    cells = [
        cell("chat.n.cause", "deviates"),
        cell("chat.n.effect", "blocked", cause="chat.n.cause", reason="presupposition failed"),
        cell("chat.n.effect", "blocked", cause="chat.n.cause", reason="presupposition failed", model="other"),
    ]
    assert [ids(problem) for problem in problems(matrix(*cells))] == [(["cause"], ["effect"]), (["effect"], [])]


def test_a_blocked_cell_follows_the_cause_of_its_cause() -> None:
    """Causes that go round in a circle, which no run writes, are problems of their own: no cell is lost."""
    chain = [
        cell("chat.n.first", "deviates"),
        cell("chat.n.second", "blocked", cause="chat.n.first"),
        cell("chat.n.third", "blocked", cause="chat.n.second"),
    ]
    assert [ids(problem) for problem in problems(matrix(*chain))] == [(["first"], ["second", "third"])]
    circle = [replace(chain[1], cause="chat.n.third"), chain[2]]
    assert [ids(problem) for problem in problems(matrix(*circle))] == [(["second"], []), (["third"], [])]


def test_claims_that_show_the_same_on_the_same_models_are_one_problem() -> None:
    """Another model, another verdict or another detail makes another problem."""
    same = {"detail": "the key is refused"}
    cells = [
        cell("chat.n.a", "deviates", **same),
        cell("chat.n.b", "deviates", **same),
        cell("chat.n.c", "differs", **same),
        cell("chat.n.d", "deviates", detail="another"),
        cell("chat.n.e", "deviates", model="other", **same),
    ]
    assert [ids(problem)[0] for problem in problems(matrix(*cells))] == [["a", "b"], ["d"], ["e"], ["c"]]


def test_an_older_run_names_the_cause_in_the_detail() -> None:
    """With the value of the case before it or without."""
    blocked = replace(
        cell("chat.n.effect", "blocked", reason="presupposition failed"),
        detail=f"plain: {blocked_by('chat.n.cause', Verdict.DEVIATES, 'so')}",
    )
    document = blocked.document()
    assert "cause" not in document
    assert type(blocked).from_document(document).cause == "chat.n.cause"
    assert type(blocked).from_document({**document, "reason": None}).cause is None


def test_binding_claims_are_counted_per_api_and_model() -> None:
    """Surfaces as the run has them."""
    cells = [cell("responses.n.a", "conforms"), cell("chat.n.a", "differs"), cell("chat.n.b", "noted")]
    contract = {"name": "c", "surfaces": ["chat", "responses"], "digest": "d"}
    found = standings(matrix(*cells, contract=contract))
    assert [(each.surface, each.hold, each.binding) for each in found] == [("chat", 0, 1), ("responses", 1, 1)]


def test_a_part_of_a_matrix_is_selected_by_patterns() -> None:
    """One that covers nothing is an error with one that does."""
    assert {cell.column for cell in select(FOUR, ["chat.n.*@claude:*"]).cells} == {"claude"}
    assert select(FOUR, []).cells == FOUR.cells
    with pytest.raises(UsageError, match=r"for instance --claim 'chat\.n\.\*@openai:\*'"):
        select(FOUR, ["chat.n.*@mistral:*"])
