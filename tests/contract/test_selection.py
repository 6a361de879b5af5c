"""Patterns of claims and cells: what they cover, and what to write where one covers nothing."""

import pytest

from conformance.base.errors import UsageError
from conformance.contract.selection import check, covered, covers, similar
from tests.support.collecting import over

CELLS = [
    f"{claim}@{model}"
    for claim in ("chat.temperature.range", "chat.n.count", "responses.n.count")
    for model in ("openai:gpt-a", "claude:claude-a")
]


@over(
    "pattern, count",
    [
        ("chat.n.count@claude:claude-a", 1),
        ("chat.n.*@claude:*", 1),
        ("chat.n.count", 2),
        ("chat.n.*", 2),
        ("*.n.count", 4),
        ("*@openai:*", 3),
        ("*claude-a", 3),
        ("chat.[nt]*.*@*a", 4),
        ("chat.n", 0),
        ("n", 0),
        ("chat.n.*@claude", 0),
    ],
)
def test_a_pattern_covers_claims_or_cells(pattern: str, count: int) -> None:
    """A pattern of the claim alone covers it on all models."""
    assert sum(covers(pattern, cell) for cell in CELLS) == count


def test_no_pattern_covers_everything() -> None:
    """And several cover what any of them does."""
    assert all(covered([], cell) for cell in CELLS)
    assert sum(covered(["chat.n.*", "responses.n.*@openai:*"], cell) for cell in CELLS) == 3


@over(
    "pattern, hint",
    [
        ("temperature", "chat.temperature.*"),
        ("chat.temprature.*", "chat.temperature.*"),
        ("chat.n.cuont", "chat.n.count"),
        ("chat.n.*@anthropic:*", "chat.n.*@openai:*"),
        ("chat.n.count@gpt-a", "chat.n.count@openai:*"),
        ("zzz", "chat.temperature.*"),
        ("", "chat.temperature.*"),
    ],
)
def test_the_hint_for_a_pattern_that_covers_nothing_covers_something(pattern: str, hint: str) -> None:
    """It is the most similar one."""
    assert similar(pattern, CELLS) == hint
    assert any(covers(hint, cell) for cell in CELLS)
    with pytest.raises(UsageError, match="must match a claim or a cell") as error:
        check([pattern], CELLS)
    assert hint in str(error.value)
