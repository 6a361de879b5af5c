"""Read what a reply says about a rate limit: Retry-After, and headers whose names the surface knows.

What follows from it is decided in `pacing`.  Nothing that an endpoint sends raises an exception here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from conformance.http.exchange import Exchange
from conformance.surfaces.errors import envelope
from conformance.surfaces.rate_headers import OPENAI, LimitHeaders, RateHeaders

# One part of a duration such as "6m0s" or "1h2m3.5s".  "ms" comes before "m", so that milliseconds are not read as minutes; the
# numbers of digits are bounded, so that the sum is a usable number.
_PART = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}

# A number from which on a reset is a time since 1970 and not a duration: 10^9 seconds are 31 years as a duration, and September
# 2001 as a time.  A thousand times that is a time in milliseconds.
_TIMESTAMP = 1e9


@dataclass(frozen=True)
class RateLimitHint:
    """What a 429 says about the limit; None for what it does not say.

    `retry_after` are the seconds to wait, `reset` the seconds until the full limit is available again, both at least 0; `limit`
    is the limit per minute, positive and finite; `about_tokens` tells whether it counts tokens instead of requests.
    """

    retry_after: float | None = None
    reset: float | None = None
    limit: float | None = None
    about_tokens: bool = False


def read_hint(exchange: Exchange, headers: RateHeaders = OPENAI) -> RateLimitHint:
    """Return what the reply says; `reset` and `limit` are those of requests or of tokens, whichever is used up."""
    about_tokens = _about_tokens(exchange, headers)
    names = headers.of_limit(about_tokens)
    now = exchange.started + exchange.seconds
    return RateLimitHint(
        retry_after(exchange),
        _first(parse_seconds(exchange.header(name.reset), now) for name in names),
        _first(_limit(exchange.header(name.limit)) for name in names),
        about_tokens,
    )


def says_how_long(exchange: Exchange, headers: RateHeaders = OPENAI) -> bool:
    """Return whether a refusal for a rate says how long to wait."""
    hint = read_hint(exchange, headers)
    return hint.retry_after is not None or hint.reset is not None


def retry_after(exchange: Exchange) -> float | None:
    """Return the seconds that Retry-After asks for, at least 0; None if it is absent or neither seconds nor a date.

    Azure and OpenAI also send retry-after-ms, which is more exact and wins.
    """
    now = exchange.started + exchange.seconds
    exact = _number(exchange.header("retry-after-ms"))
    if exact is not None:
        return max(0.0, exact / 1000)
    value = exchange.header("retry-after")
    return parse_seconds(value, now) if value else None


def parse_seconds(value: str | None, now: float) -> float | None:
    """Return the seconds from now that "7", "1.5", "6m0s", "120ms", a date, or a time since 1970 means; else None.

    A date is one of HTTP or, as Anthropic has it, of RFC 3339.
    """
    if not value:
        return None
    number = _number(value)
    if number is not None:
        seconds = number / 1000 if number >= _TIMESTAMP * 1000 else number
        return max(0.0, seconds - now if seconds >= _TIMESTAMP else number)
    parts = _PART.findall(value)
    if parts and "".join(digits + unit for digits, unit in parts) == value.strip():
        return sum(float(digits) * _SECONDS[unit] for digits, unit in parts)
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(value)
            return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now)
        except (ValueError, OverflowError):
            continue
    return None


def _about_tokens(exchange: Exchange, headers: RateHeaders) -> bool:
    """Return whether tokens are used up and not requests: the type of the error says so, or a smaller part of them is left.

    A few tokens may be left, since a refusal for tokens only says that there are too few for this request.
    """
    error = envelope(exchange.json)
    if error and error.type in {"tokens", "requests"}:
        return error.type == "tokens"
    return _part_left(exchange, headers.tokens) < _part_left(exchange, headers.requests)


def _part_left(exchange: Exchange, names: LimitHeaders) -> float:
    """Return the part of a limit that is left, from 0 to 1; 1 if the reply does not say."""
    left, limit = _number(exchange.header(names.remaining)), _limit(exchange.header(names.limit))
    if left is None:
        return 1.0
    return min(1.0, max(0.0, left / limit)) if limit else float(left > 0)


def _limit(value: str | None) -> float | None:
    """Return a limit; None if it would admit nothing or everything (some endpoints say -1 for "no limit")."""
    number = _number(value)
    return number if number is not None and 0 < number < math.inf else None


def _number(value: str | None) -> float | None:
    """Return the number that a header contains; None for anything else, NaN included."""
    try:
        number = float(value or "")
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _first(values: Iterable[float | None]) -> float | None:
    return next((value for value in values if value is not None), None)
