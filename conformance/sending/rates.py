"""What a reply says of a rate limit: Retry-After, and headers whose names the surface gives.

Only reading lives here; what follows from it is `pacing`.  Nothing an endpoint sends raises.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from conformance.http.exchange import Exchange
from conformance.surfaces.errors import envelope
from conformance.surfaces.rate_headers import OPENAI, RateHeaders

_PART = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_AN_AGE = 1e9  # a number of seconds as large as this is a time since 1970, in seconds or milliseconds


@dataclass(frozen=True)
class RateLimitHint:
    """What a 429 says: seconds to wait, seconds until the limit is whole again, the limit, and whether it counts tokens.

    Seconds are at least 0, a limit is positive and finite.
    """

    retry_after: float | None = None
    reset: float | None = None
    limit: float | None = None
    about_tokens: bool = False


def read_hint(exchange: Exchange, headers: RateHeaders = OPENAI) -> RateLimitHint:
    """What the reply says; `reset` and `limit` are those of requests or of tokens, whichever is used up."""
    about_tokens = _about_tokens(exchange, headers)
    names = headers.of_limit(about_tokens)
    now = exchange.started + exchange.seconds
    return RateLimitHint(
        retry_after(exchange),
        _first(parse_seconds(exchange.header(name.reset), now) for name in names),
        _first(_limit(exchange.header(name.limit)) for name in names),
        about_tokens,
    )


def retry_after(exchange: Exchange) -> float | None:
    """The seconds that Retry-After asks for, at least 0; None where it is absent or neither seconds nor a date."""
    now = exchange.started + exchange.seconds
    exact = _number(exchange.header("retry-after-ms"))
    if exact is not None:
        return max(0.0, exact / 1000)
    value = exchange.header("retry-after")
    return parse_seconds(value, now) if value else None


def parse_seconds(value: str | None, now: float) -> float | None:
    """Seconds from now, from "7", "1.5", "6m0s", "120ms", a date, or a time since 1970; None for anything else."""
    if not value:
        return None
    number = _number(value)
    if number is not None:
        since = number / 1000 if number >= _AN_AGE * 1000 else number
        return max(0.0, since - now if since >= _AN_AGE else number)
    parts = _PART.findall(value)
    if parts and "".join(digits + unit for digits, unit in parts) == value.strip():
        return sum(float(digits) * _SECONDS[unit] for digits, unit in parts)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _about_tokens(exchange: Exchange, headers: RateHeaders) -> bool:
    """Whether it is tokens that are used up: the error says so by its type, or only their header is at 0."""
    error = envelope(exchange.json)
    if error and error.type in {"tokens", "requests"}:
        return error.type == "tokens"
    tokens, requests = (_number(exchange.header(names.remaining)) for names in (headers.tokens, headers.requests))
    return tokens == 0 and bool(requests)


def _limit(value: str | None) -> float | None:
    """Return a limit; None for what admits nothing or everything, such as -1, with which some mean that there is none."""
    number = _number(value)
    return number if number is not None and 0 < number < math.inf else None


def _number(value: str | None) -> float | None:
    """A number that is one; None else."""
    try:
        number = float(value or "")
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _first(found: object) -> float | None:
    return next((each for each in found if each is not None), None)  # type: ignore[attr-defined]
