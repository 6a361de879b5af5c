"""How fast an endpoint is asked, simulated: each kind of limit, named or not, learnt or configured.

The minimum of a window is that of all whole windows that must pass, since each admits its worth at once; that of a bucket is
what it lacks at its rate.  Where a rate is configured the minimum is that of an even flow, if that is longer.
"""

import json
import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.sending import pacing
from conformance.sending.pacing import MAX_PAUSE, Pace, initial_pace, reserve
from conformance.sending.rates import RateLimitHint, read_hint
from conformance.sending.transport import MAX_TRIES_WHEN_RATE_LIMITED
from tests.support.limited import Admits, Asked, drive, fixed_window, sliding_window, token_bucket
from tests.support.making import exchange

KINDS: dict[str, Callable[[int], Admits]] = {"fixed": fixed_window, "sliding": sliding_window, "bucket": token_bucket}
SAYS: dict[str, Callable[[float], RateLimitHint]] = {
    "retry-after": lambda left: RateLimitHint(retry_after=math.ceil(left)),
    "exact": lambda left: RateLimitHint(retry_after=left),
    "reset": lambda left: RateLimitHint(reset=left, limit=None),
    "nothing": lambda left: RateLimitHint(),
}
COUNTS = {10: 45, 60: 250, 600: 2500}


def minimum(kind: str, limit: int, count: int) -> float:
    """Seconds that nobody can do with less than."""
    return (count - limit) * 60 / limit if kind == "bucket" else (math.ceil(count / limit) - 1) * 60


@pytest.mark.parametrize("slots", [1, 8, 64])
@pytest.mark.parametrize("says", SAYS)
@pytest.mark.parametrize("limit", COUNTS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_limit_that_nobody_configured_is_found(kind: str, limit: int, says: str, slots: int) -> None:
    """The total is within 1.2 of the minimum, no request is given up, and few are refused."""
    done = drive(KINDS[kind](limit), COUNTS[limit], hint=SAYS[says], slots=slots)
    least = minimum(kind, limit, COUNTS[limit])
    assert least * 0.999 <= done.seconds <= 1.2 * least
    assert done.tries < MAX_TRIES_WHEN_RATE_LIMITED
    assert len(done.times) == COUNTS[limit]


@pytest.mark.parametrize("latency", [0.5, 2.0])
@pytest.mark.parametrize("says", ["retry-after", "nothing"])
@pytest.mark.parametrize("kind", KINDS)
def test_slow_answers_change_nothing(kind: str, says: str, latency: float) -> None:
    """What is learnt comes late and still holds."""
    done = drive(KINDS[kind](60), 250, hint=SAYS[says], slots=16, latency=latency)
    assert done.seconds <= 1.2 * minimum(kind, 60, 250)
    assert done.tries < MAX_TRIES_WHEN_RATE_LIMITED


@pytest.mark.parametrize("says", SAYS)
@pytest.mark.parametrize("limit", COUNTS)
@pytest.mark.parametrize("kind", [*KINDS, "no bucket"])
def test_a_configured_rate_is_hardly_ever_refused(kind: str, limit: int, says: str) -> None:
    """Requests flow evenly, at the rate that both admit, even to an endpoint that admits none before its time."""
    admits = token_bucket(limit, size=1) if kind == "no bucket" else KINDS[kind](limit)
    done = drive(admits, COUNTS[limit], hint=SAYS[says], pace=initial_pace(limit, None))
    assert done.seconds <= 1.2 * (COUNTS[limit] - 1) * 60 / limit
    assert done.refusals <= 0.1 * COUNTS[limit]
    assert most_in(done, 60.0) <= limit + 1 + limit / 60


def most_in(done: Asked, seconds: float) -> int:
    """The most answers in any span of that length."""
    return max(sum(start <= each < start + seconds for each in done.times[number : number + 700])
               for number, start in enumerate(done.times))  # fmt: skip


@pytest.mark.parametrize("says", ["retry-after", "nothing"])
@pytest.mark.parametrize("limit", [60, 600])
def test_what_counts_refusals_too_is_not_kept_busy_by_them(limit: int, says: str) -> None:
    """OpenAI counts what it refuses; asking on and on would never end."""
    done = drive(sliding_window(limit, counts_refused=True), COUNTS[limit], hint=SAYS[says])
    assert done.seconds <= 1.2 * minimum("sliding", limit, COUNTS[limit])


@pytest.mark.parametrize("says", ["retry-after", "exact"])
def test_a_limit_without_a_bucket_is_found(says: str) -> None:
    """One a second, none before its time: the hardest to find without being told of it."""
    done = drive(token_bucket(60, size=1), 250, hint=SAYS[says])
    assert done.seconds <= 1.3 * 249


def test_without_a_limit_nothing_is_paced() -> None:
    """All that can be in flight is."""
    done = drive(lambda now: None, 1000, hint=SAYS["nothing"], slots=10, latency=0.1)
    assert done.seconds == pytest.approx(100 * 0.1)
    assert done.refusals == 0


def test_one_refusal_does_not_slow_an_endpoint_for_long() -> None:
    """A moment's overload at 200 requests a second costs seconds, not minutes."""
    turned = iter([*[None] * 500, 1.0])
    done = drive(lambda now: next(turned, None), 10_000, hint=SAYS["exact"], slots=20, latency=0.1)
    assert done.seconds < 50 + 15


def test_a_refusal_pauses_everything() -> None:
    """As long as it says; what was under way then is no further refusal, but may name a longer pause."""
    pace = pacing.after_refusal(initial_pace(None, None), 10.0, 9.0, RateLimitHint(retry_after=7.0), 0.5)
    assert reserve(pace, 10.0, 0)[1] == pytest.approx(7.0)
    pace = pacing.after_refusal(pace, 10.1, 9.1, RateLimitHint(retry_after=20.0), 0.5)
    assert (pace.refusals, reserve(pace, 10.1, 0)[1]) == (1, pytest.approx(20.0))


@pytest.mark.parametrize(("says", "pause"), [(0.0, 0.0), (1e9, MAX_PAUSE), (math.inf, MAX_PAUSE)])
def test_no_pause_is_endless(says: float, pause: float) -> None:
    """What is asked for beyond reason is tried again sooner."""
    assert (
        reserve(
            pacing.after_refusal(initial_pace(None, None), 0.0, -1.0, RateLimitHint(retry_after=says), 0.5), 0.0, 0
        )[1]
        == pause
    )


HOSTILE = st.sampled_from(
    [
        "-1",
        "0",
        "0.0",
        "-0",
        "5e-324",
        "1e-300",
        "1e308",
        "1.7e308",
        "inf",
        "-inf",
        "nan",
        "1e999",
        "",
        "60",
        "1_0",
        "9" * 400,
    ]
) | st.floats().map(str)
NAMES = [f"x-ratelimit-{what}{end}" for what in ("limit", "reset", "remaining") for end in ("-requests", "-tokens", "")]
STEPS = st.lists(
    st.tuples(st.sampled_from(["refused", "admitted"]), st.floats(0, 100), st.floats(0, 1e12), st.booleans()),
    max_size=12,
)


@given(
    headers=st.dictionaries(st.sampled_from([*NAMES, "retry-after", "retry-after-ms"]), HOSTILE),
    configured=st.tuples(st.none() | st.floats(1, 1e300), st.none() | st.floats(1, 1e300)),
    steps=STEPS,
)
@settings(max_examples=500)
def test_no_header_breaks_the_pace(
    headers: dict[str, str], configured: tuple[float | None, float | None], steps: list[tuple[str, float, float, bool]]
) -> None:
    """Whatever a reply says of its limits, every wait is finite and every rate one that can be divided by."""
    says = read_hint(exchange(429, headers=headers))
    pace, now = initial_pace(*configured), 1.0
    for happened, later, tokens, known in [("refused", 0.0, 0.0, True), *steps]:
        pace, wait = reserve(pace, now, tokens)
        assert 0 <= wait < math.inf
        now += later
        if happened == "refused":
            pace = pacing.after_refusal(pace, now, now - later, says, 0.5)
        else:
            pace = pacing.after_answer(pace, now, now - later, tokens, tokens / 2 if known else None)
        for meter in (pace.requests, pace.tokens):
            assert meter.rate is None or 0 < meter.rate < math.inf
    assert Pace.from_document(json.loads(json.dumps(pace.document(), allow_nan=False))) == pace


def test_an_answer_ends_the_pause() -> None:
    """Of refusals in a row one request at a time sees whether they are over; its answer lets the others go."""
    pace = initial_pace(None, None)
    for now in (1.0, 2.0, 4.0):
        pace = pacing.after_refusal(pace, now, now - 0.1, RateLimitHint(), 1.0)
    assert reserve(pace, 4.0, 0)[1] == pytest.approx(2.0)
    pace, wait = reserve(pace, 6.0, 0)
    assert wait == 0
    assert reserve(pace, 6.0, 0)[1] > 2.0
    assert pacing.seconds_refused(pace, 6.0) == pytest.approx(5.0)
    pace = pacing.after_answer(pace, 6.5, 6.0, 0, None)
    assert pacing.seconds_refused(pace, 6.5) == 0
    assert reserve(pace, 6.5, 0)[1] < 2.0


def test_a_lowered_rate_comes_back() -> None:
    """Slowly: a refusal that had no reason is forgotten within minutes, and the configured rate is never passed."""
    pace = pacing.after_refusal(initial_pace(60, None), 0.0, -1.0, RateLimitHint(retry_after=1.0), 0.5)
    assert pace.requests.rate == 0.5
    now, rates = 1.0, []
    while now < 240:
        pace, wait = reserve(pace, now, 0)
        now += wait
        if not wait:
            pace = pacing.after_answer(pace, now, now - 0.05, 0, None)
            rates.append(pace.requests.rate)
    assert rates == sorted(rates)
    assert rates[10] < 0.8
    assert rates[-1] == 1.0


def test_tokens_have_a_rate_of_their_own() -> None:
    """Each request takes what it may cost; what it did not use is free again."""
    pace, wait = reserve(initial_pace(None, 6000), 0.0, 1000)
    assert wait == 0
    assert reserve(pace, 0.0, 1000)[1] == pytest.approx(10.0, abs=0.2)
    pace = pacing.after_answer(pace, 1.0, 0.0, 1000, 200)
    assert reserve(pace, 1.0, 1000)[1] == pytest.approx(1.0, abs=0.2)


def test_a_request_larger_than_a_minute_is_sent_all_the_same() -> None:
    """It counts as much as a minute admits."""
    pace, _ = reserve(initial_pace(None, 6000), 0.0, 10_000_000)
    assert reserve(pace, 0.0, 1)[1] == pytest.approx(60.0, abs=0.2)


def test_a_refusal_for_tokens_lowers_their_rate() -> None:
    """And leaves that of requests alone."""
    pace = initial_pace(60, None)
    for second in range(30):
        pace = pacing.after_answer(pace, second + 0.5, second, 0, 2000)
    pace = pacing.after_refusal(pace, 30.0, 29.9, RateLimitHint(retry_after=1.0, about_tokens=True), 0.5)
    assert pace.requests.rate == 1.0
    assert pace.tokens.rate == pytest.approx(30 * 2000 / 31)


def test_the_state_travels_as_json() -> None:
    """All of it, between the workers of a run."""
    pace = pacing.after_answer(initial_pace(60, 1000), 1.0, 0.5, 10, 20)
    pace = pacing.after_refusal(pace, 2.0, 1.5, RateLimitHint(retry_after=1.0), 0.5)
    assert Pace.from_document(json.loads(json.dumps(pace.document()))) == pace
