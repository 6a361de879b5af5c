"""The exit code of a finished run: what binds decides, what is only recorded does not."""

import pytest

from conformance.results.run_directory import exit_code
from tests.support.matrices import cell, matrix, said

GOOD = cell("chat.n.one", "conforms")


@pytest.mark.parametrize("verdict", ["blocked", "inconclusive", "noted"])
def test_a_claim_that_binds_nothing_costs_nothing(verdict: str) -> None:
    """An unstated claim that could not be judged leaves the run as good as it is; one that binds does not."""
    assert exit_code(matrix(GOOD, cell("chat.n.huge", verdict, says="unstated", level="unstated"))) == 0
    binding = {"blocked": 5, "inconclusive": 0, "noted": 0}[verdict]
    assert exit_code(matrix(GOOD, cell("chat.n.huge", verdict))) == binding
    assert exit_code(matrix(GOOD, cell("chat.n.huge", verdict, level="should"))) == binding


def test_a_run_of_which_nothing_was_judged_has_no_verdict() -> None:
    """Not even where all that was asked binds nothing."""
    assert exit_code(matrix(cell("chat.n.huge", "blocked", says="unstated", level="unstated"))) == 5


def test_a_run_that_leaves_most_open_has_no_verdict() -> None:
    """More cells without evidence than judged, of those that bind and have no other cause."""
    open_cells = [cell(f"chat.n.{name}", "inconclusive") for name in ("two", "three")]
    assert exit_code(matrix(GOOD, open_cells[0])) == 0
    assert exit_code(matrix(GOOD, *open_cells)) == 5
    unstated = [cell(f"chat.n.{name}", "inconclusive", level="unstated") for name in ("two", "three")]
    assert exit_code(matrix(GOOD, *unstated)) == 0


def test_an_endpoint_that_died_leaves_no_verdict() -> None:
    """Though all its cells were judged; a deviation still fails the run."""
    death = {"answered": "a.0.0", "asked": ["b.0.0"]}
    assert exit_code(matrix(GOOD, died=death)) == 5
    assert exit_code(matrix(GOOD, cell("chat.n.two", "deviates"), died=death)) == 1


def test_a_run_that_was_cut_has_none_either() -> None:
    """A stopped run, or a model whose preflight failed, gives no verdict, whatever its cells are."""
    assert exit_code(matrix(GOOD, stopped=True)) == 5
    assert exit_code(said(matrix(GOOD), blocked="the endpoint limits the rate", exit_code=5)) == 5
