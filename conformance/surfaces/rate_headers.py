"""The names of the headers in which an API reports its rate limits.  Reading them is not known here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LimitHeaders:
    """The names of the headers for one limit: its size, what remains of it, and when it is restored."""

    limit: str
    remaining: str
    reset: str


@dataclass(frozen=True)
class RateHeaders:
    """The headers by what their limit counts; `fallback` is read where those of the kind are absent."""

    requests: LimitHeaders
    tokens: LimitHeaders
    fallback: LimitHeaders | None = None

    def of_limit(self, tokens: bool) -> list[LimitHeaders]:
        """Return the headers of a limit of tokens, or else of requests, in the order in which to look for them."""
        return [names for names in (self.tokens if tokens else self.requests, self.fallback) if names]


OPENAI = RateHeaders(
    LimitHeaders("x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    LimitHeaders("x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    LimitHeaders("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"),
)
