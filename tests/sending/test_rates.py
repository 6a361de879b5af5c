"""Rate-limit headers are read in every form that endpoints use, and no header raises."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.sending.rates import RateLimitHint, parse_seconds, read_hint, retry_after
from conformance.surfaces import registry as surfaces
from conformance.surfaces.rate_headers import LimitHeaders, RateHeaders
from tests.support.making import exchange

NOW = 1_700_000_000.0


def date(seconds: float) -> str:
    """Return the time in some seconds as an HTTP date."""
    return format_datetime(datetime.fromtimestamp(NOW, UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0), ("7", 7), ("1.5", 1.5), ("-3", 0), ("3600", 3600), ("inf", float("inf")),
        ("1s", 1), ("6m0s", 360), ("1h2m3s", 3723), ("120ms", 0.12), ("1m30.5s", 90.5), ("1d", 86400),
        (date(90), 90), (date(-90), 0),
        ("2023-11-14T22:13:28Z", 8), ("2023-11-14T23:13:28+01:00", 8), ("2023-11-14T22:13:28", 8), ("2023-99-99", None),
        (str(NOW + 20), 20), (str(int(NOW + 20) * 1000), 20), (str(NOW - 20), 0),
        ("", None), (None, None), ("soon", None), ("nan", None), ("1s soon", None), ("Wed, 99 Foo", None), ("\u00e9", None),
    ],
)  # fmt: skip
def test_a_time_is_read(value: str | None, seconds: float | None) -> None:
    """Seconds, parts with units, a date and a time since 1970 are read; anything else is None."""
    assert parse_seconds(value, NOW) == (None if seconds is None else pytest.approx(seconds, abs=0.001))


@given(st.text() | st.sampled_from(["nan", "Wed, 21 Oct 9999999 07:28:00 GMT", "Mon, 01 Jan 0001 00:00:00 +2359"]))
def test_no_header_raises(value: str) -> None:
    """The result is a time of at least 0 seconds or None."""
    names = (
        "retry-after",
        "retry-after-ms",
        "x-ratelimit-reset-requests",
        "x-ratelimit-limit",
        "x-ratelimit-remaining-tokens",
    )
    hint = read_hint(exchange(429, headers=dict.fromkeys(names, value)))
    assert all(seconds is None or seconds >= 0 for seconds in (hint.retry_after, hint.reset))


@pytest.mark.parametrize("value", ["-1", "0", "-0.0", "inf", "-inf", "1e999", "nan", "", "many"])
def test_a_limit_is_positive_and_finite(value: str) -> None:
    """Any other value counts as no limit, in the header for requests and in the plain one."""
    for name in ("x-ratelimit-limit-requests", "x-ratelimit-limit"):
        assert read_hint(exchange(429, headers={name: value})).limit is None
    assert (
        read_hint(exchange(429, headers={"x-ratelimit-limit-requests": value, "x-ratelimit-limit": "20"})).limit == 20
    )


def test_retry_after_is_counted_from_the_end_of_the_reply() -> None:
    """A date is compared with the time at which the reply ended; retry-after-ms wins, since it is more exact."""
    assert retry_after(exchange(429, headers={"Retry-After": date(10)})) == pytest.approx(10 - 0.02)
    assert retry_after(exchange(429, headers={"Retry-After": "1", "retry-after-ms": "250"})) == 0.25
    assert retry_after(exchange(429)) is None


def test_the_limit_that_is_used_up_is_returned() -> None:
    """It is that of which the smaller part is left, unless the error says which; of tokens a few may be left."""
    headers = {
        "x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-limit-tokens": "9000", "x-ratelimit-remaining-tokens": "12", "x-ratelimit-reset-tokens": "6m0s",
    }  # fmt: skip
    of_requests, of_tokens = RateLimitHint(None, 1.0, 60.0), RateLimitHint(None, 360.0, 9000.0, True)
    assert read_hint(exchange(429, headers=headers)) == of_requests
    about_tokens = {"error": {"message": "too many", "type": "tokens", "code": "rate_limit_exceeded"}}
    assert read_hint(exchange(429, about_tokens, headers=headers)) == of_tokens
    too_few = {**headers, "x-ratelimit-remaining-requests": "59"}
    assert read_hint(exchange(429, headers=too_few)) == of_tokens
    assert read_hint(exchange(429, {"error": {"message": "no", "type": "requests"}}, headers=too_few)) == of_requests


def test_the_headers_of_anthropic_are_read() -> None:
    """They say when the limit is restored as a time of RFC 3339."""
    names = surfaces.named("messages").rate_headers
    headers = {
        "anthropic-ratelimit-requests-limit": "50", "anthropic-ratelimit-requests-remaining": "49",
        "anthropic-ratelimit-tokens-limit": "40000", "anthropic-ratelimit-tokens-remaining": "1000",
        "anthropic-ratelimit-tokens-reset": "2023-11-14T22:13:28Z", "retry-after": "8",
    }  # fmt: skip
    hint = read_hint(exchange(429, headers=headers), names)
    assert hint == RateLimitHint(8.0, pytest.approx(8 - 0.02), 40000.0, True)


def test_the_names_of_headers_are_configurable() -> None:
    """The headers of an API with other names are read in the same way."""
    names = RateHeaders(
        requests=LimitHeaders("acme-limit", "acme-left", "acme-reset"),
        tokens=LimitHeaders("acme-tok-limit", "acme-tok-left", "acme-tok-reset"),
    )
    headers = {"acme-limit": "60", "acme-left": "0", "acme-reset": "7", "x-ratelimit-limit-requests": "1"}
    assert read_hint(exchange(429, headers=headers), names) == RateLimitHint(None, 7.0, 60.0)
    of_tokens = {"acme-tok-limit": "9000", "acme-tok-left": "0", "acme-tok-reset": "8", "acme-left": "3"}
    assert read_hint(exchange(429, headers=of_tokens), names) == RateLimitHint(None, 8.0, 9000.0, True)
    assert read_hint(exchange(429, headers=headers)) == RateLimitHint(None, None, 1.0)


def test_plain_headers_are_read_too() -> None:
    """x-ratelimit-limit and x-ratelimit-reset do not say whether they count requests or tokens."""
    headers = {"X-RateLimit-Limit": "20", "X-RateLimit-Reset": str(int(NOW) + 8)}
    assert read_hint(exchange(429, headers=headers)) == RateLimitHint(None, pytest.approx(8 - 0.02), 20.0)
