"""Each defect of the API `responses` turns a claim that it lists, and each claim is turned by a defect."""

from collections.abc import Iterator

import pytest

from tests.mutation import killing, mutating
from tests.mutation.mutating import Mutation


@pytest.fixture(scope="module")
def run() -> Iterator[Mutation]:
    """The truthful gateway, asked once."""
    with mutating.mutation("responses") as run:
        yield run


@pytest.mark.parametrize(("name", "claim"), killing.pairs("responses"))
def test_a_defect_turns_a_claim(run: Mutation, name: str, claim: str) -> None:
    """On one model; what else it turns, and that nothing else does, is part of the whole mutation run."""
    mutant = run.of_claim(name, claim)
    assert mutant.turned, {cell: (seen.verdict, seen.detail) for cell, seen in mutant.cells.items()}


def test_a_defect_lists_each_claim() -> None:
    """A claim that no lie turns could not fail."""
    assert killing.unlisted("responses") == []
