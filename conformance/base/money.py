"""Amounts: tokens used, prices of tokens, and arithmetic on both.

Money is in USD, prices are per million tokens.  Where a price comes from and what a request may use is said elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

MILLION = 1_000_000


@dataclass(frozen=True)
class Usage:
    """How many requests, and how many tokens of prompts and of answers."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.requests + other.requests,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
        )


@dataclass(frozen=True)
class Price:
    """USD per million tokens of prompts and of answers."""

    prompt: Decimal
    completion: Decimal

    def cost_of(self, used: Usage) -> Decimal:
        """What these tokens cost, in USD."""
        return (self.prompt * used.prompt_tokens + self.completion * used.completion_tokens) / MILLION


def total(figures: Iterable[Usage]) -> Usage:
    """The sum of figures; of none it is zero."""
    return sum(figures, Usage())
