"""Token counts, prices of tokens, and the arithmetic on both.

Money is in USD, and prices are per million tokens, as providers publish them.  Where a price comes from (target files, the
gateway's catalogue) and how many tokens a request may use (surfaces) is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

MILLION = 1_000_000


@dataclass(frozen=True)
class Usage:
    """A number of requests with the tokens of their prompts and of their answers."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def document(self) -> dict[str, int]:
        """Return the usage as JSON values."""
        return dict(vars(self))

    @classmethod
    def from_document(cls, data: Mapping[str, int]) -> Usage:
        """Return the usage that `document` wrote."""
        return cls(**data)

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.requests + other.requests,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
        )


@dataclass(frozen=True)
class Price:
    """The price of a model in USD per million tokens, of prompts and of answers."""

    prompt: Decimal
    completion: Decimal

    def cost_of(self, usage: Usage) -> Decimal:
        """Return what these tokens cost, in USD."""
        return (self.prompt * usage.prompt_tokens + self.completion * usage.completion_tokens) / MILLION


def total(usages: Iterable[Usage]) -> Usage:
    """Return the sum; of nothing it is zero."""
    return sum(usages, Usage())
