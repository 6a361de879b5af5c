"""The rate limits: which requests pass, which must wait how long, and what a refusal contains."""

import json
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from conformance.mock.engine.errors import ApiError
from conformance.mock.server.limiting import LIMIT_KINDS, RateLimit
from conformance.mock.server.options import Options
from conformance.mock.server.serving import running


def wait(limit: RateLimit, *times: float) -> list[float]:
    """Return how long a request at each of these times must wait, in seconds."""
    return [round(limit.wait(now), 3) for now in times]


def test_a_fixed_window_admits_all_its_requests_at_once() -> None:
    """A window begins with its first request, and the next one with the first request after its end."""
    limit = RateLimit(2, "fixed", 60, retry_after=True)
    assert wait(limit, 100, 101, 102, 159.5, 160, 161, 162) == [0, 0, 58, 0.5, 0, 0, 58]


def test_a_sliding_window_counts_back_from_now() -> None:
    """A request passes when the oldest one has left the window."""
    limit = RateLimit(2, "sliding", 60, retry_after=True)
    assert wait(limit, 100, 130, 140, 160, 161, 190) == [0, 0, 20, 0, 29, 0]


def test_a_bucket_is_refilled_evenly() -> None:
    """A bucket is full at first, and then refills evenly."""
    limit = RateLimit(2, "bucket", 60, retry_after=True)
    assert wait(limit, 100, 100, 100, 130, 131) == [0, 0, 30, 0, 29]


@pytest.mark.parametrize("kind", LIMIT_KINDS)
def test_a_shorter_window_admits_as_much_in_a_minute(kind: str) -> None:
    """600 requests a minute in windows of 6 seconds are 60 per window."""
    limit = RateLimit(600, kind, 6, retry_after=True)
    assert [seconds > 0 for seconds in wait(limit, *[100.0] * 61)] == [False] * 60 + [True]


@pytest.mark.parametrize("retry_after", [True, False])
def test_a_refusal_is_a_rate_limit_error(retry_after: bool) -> None:
    """A refusal has status 429, and Retry-After in whole seconds if the option says so."""
    limit = RateLimit(1, "fixed", 60, retry_after=retry_after)
    limit.admit()
    with pytest.raises(ApiError) as caught:
        limit.admit()
    assert caught.value.status == 429
    assert dict(caught.value.headers or {}) == ({"Retry-After": "60"} if retry_after else {})


def test_a_limit_of_tokens_counts_what_a_request_needs() -> None:
    """A small one may pass where a large one does not, and the refusal says that it is about tokens, and how many are left."""
    limit = RateLimit(100, "fixed", 60, retry_after=True, counted="tokens")
    limit.admit(70)
    with pytest.raises(ApiError) as caught:
        limit.admit(40)
    limit.admit(20)
    headers = caught.value.headers or {}
    assert caught.value.type == "tokens"
    assert (headers["x-ratelimit-limit-tokens"], headers["x-ratelimit-remaining-tokens"]) == ("100", "30")
    bucket = RateLimit(100, "bucket", 60, retry_after=True, counted="tokens")
    assert [bucket.wait(100.0, 70), bucket.wait(100.0, 40), bucket.wait(106.0, 40)] == [0, 6, 0]


def test_a_request_larger_than_the_limit_passes_when_nothing_else_does() -> None:
    """It counts as a whole window."""
    limit = RateLimit(100, "fixed", 60, retry_after=False, counted="tokens")
    limit.admit(1000)
    with pytest.raises(ApiError):
        limit.admit(1)


def test_the_gateway_admits_so_many_at_once() -> None:
    """The third of three is refused while two are answered, and admitted when they are."""
    with running(Options(port=0, at_once=2, latency=0.3)) as url, ThreadPoolExecutor(3) as pool:
        body = json.dumps({"model": "mock-openai", "messages": [{"role": "user", "content": "hi"}]}).encode()
        headers = {"Authorization": "Bearer sk-test", "Content-Type": "application/json"}

        def ask(_: int) -> tuple[int, str | None]:
            asked = urllib.request.Request(f"{url}/chat/completions", body, headers)
            try:
                with urllib.request.urlopen(asked) as answer:
                    return answer.status, None
            except urllib.error.HTTPError as refused:
                with refused:
                    return refused.code, refused.headers["Retry-After"]

        assert sorted(pool.map(ask, range(3))) == [(200, None), (200, None), (429, "1")]
        assert ask(0) == (200, None)


def test_the_gateway_applies_the_limit() -> None:
    """Over a real socket, two requests pass and the third gets 429 with the documented envelope."""
    with running(Options(port=0, requests_per_minute=2)) as url:
        request = urllib.request.Request(f"{url}/models", headers={"Authorization": "Bearer sk-test"})
        for _ in range(2):
            urllib.request.urlopen(request).close()
        with pytest.raises(urllib.error.HTTPError) as caught, urllib.request.urlopen(request):
            pass
        with caught.value as refused:
            assert refused.code == 429
            assert 0 < int(refused.headers["Retry-After"]) <= 60
            assert json.load(refused)["error"]["code"] == "rate_limit_exceeded"
