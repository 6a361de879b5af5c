"""Simulations of the pace: each kind of limit, announced or not, learnt or configured.

The shortest possible time with a window is that of all whole windows that must pass, since each admits its full number at once.
With a bucket it is the time in which the bucket refills what it lacked.  With a configured rate it is that of an even flow.
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
from tests.support.collecting import over
from tests.support.limited import Admits, Asked, Sizes, drive, fixed_window, sliding_window, token_bucket, unlimited
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
    """Return the shortest possible time in seconds."""
    return (count - limit) * 60 / limit if kind == "bucket" else (math.ceil(count / limit) - 1) * 60


@pytest.mark.parametrize("slots", [1, 8, 64])
@pytest.mark.parametrize("says", SAYS)
@pytest.mark.parametrize("limit", COUNTS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_limit_that_is_not_configured_is_learnt(kind: str, limit: int, says: str, slots: int) -> None:
    """The total is at most 1.2 times the minimum, and no request is given up."""
    done = drive(KINDS[kind](limit), COUNTS[limit], hint=SAYS[says], slots=slots)
    least = minimum(kind, limit, COUNTS[limit])
    assert least * 0.999 <= done.seconds <= 1.2 * least
    assert done.tries < MAX_TRIES_WHEN_RATE_LIMITED
    assert len(done.times) == COUNTS[limit]


@pytest.mark.parametrize("latency", [0.5, 2.0])
@pytest.mark.parametrize("says", ["retry-after", "nothing"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_limit_is_learnt_from_slow_answers_too(kind: str, says: str, latency: float) -> None:
    """The total is at most 1.2 times the minimum although every refusal is seen late."""
    done = drive(KINDS[kind](60), 250, hint=SAYS[says], slots=16, latency=latency)
    assert done.seconds <= 1.2 * minimum(kind, 60, 250)
    assert done.tries < MAX_TRIES_WHEN_RATE_LIMITED


@pytest.mark.parametrize("says", SAYS)
@pytest.mark.parametrize("limit", COUNTS)
@pytest.mark.parametrize("kind", [*KINDS, "no bucket"])
def test_a_configured_rate_is_hardly_ever_refused(kind: str, limit: int, says: str) -> None:
    """Requests are spread evenly, so even an endpoint without any burst allowance refuses few of them."""
    admits = token_bucket(limit, size=1) if kind == "no bucket" else KINDS[kind](limit)
    done = drive(admits, COUNTS[limit], hint=SAYS[says], pace=initial_pace(limit, None))
    assert done.seconds <= 1.2 * (COUNTS[limit] - 1) * 60 / limit
    assert done.refusals <= 0.1 * COUNTS[limit]
    assert most_in(done, 60.0) <= limit + 1 + limit / 60


def most_in(done: Asked, seconds: float) -> int:
    """Return the largest number of answers in any span of that length."""
    return max(sum(start <= time < start + seconds for time in done.times[number : number + 700])
               for number, start in enumerate(done.times))  # fmt: skip


@pytest.mark.parametrize("says", ["retry-after", "nothing"])
@pytest.mark.parametrize("limit", [60, 600])
def test_a_limit_that_counts_refused_requests_is_learnt(limit: int, says: str) -> None:
    """OpenAI counts refused requests too; an endpoint that is asked without pause would never answer again."""
    done = drive(sliding_window(limit, counts_refused=True), COUNTS[limit], hint=SAYS[says])
    assert done.seconds <= 1.2 * minimum("sliding", limit, COUNTS[limit])


@pytest.mark.parametrize("says", ["retry-after", "exact"])
def test_a_limit_without_burst_allowance_is_learnt(says: str) -> None:
    """One request a second, never two: the most difficult limit to learn."""
    done = drive(token_bucket(60, size=1), 250, hint=SAYS[says])
    assert done.seconds <= 1.3 * 249


@pytest.mark.parametrize("most", [1, 3, 6])
@pytest.mark.parametrize("latency", [0.05, 1.0, 3.0])
@pytest.mark.parametrize("slots", [8, 64])
@over("says", [lambda left: RateLimitHint(retry_after=1.0), lambda left: RateLimitHint()])
def test_a_limit_of_concurrency_is_learnt(
    most: int, latency: float, slots: int, says: Callable[[float], RateLimitHint]
) -> None:
    """The total is at most 1.2 times the minimum, few are refused, and none is near being given up."""
    count = max(120, round(30 * most / latency))
    done = drive(unlimited, count, hint=says, slots=slots, latency=latency, at_once=most)
    assert done.seconds <= 1.2 * math.ceil(count / most) * latency
    assert done.refusals <= slots + 0.1 * count
    assert done.tries <= 6


TOKENS: dict[str, Callable[[float], RateLimitHint]] = {
    "headers": lambda left: RateLimitHint(math.ceil(left), left, 6000.0, about_tokens=True),
    "retry-after": lambda left: RateLimitHint(math.ceil(left)),
    "nothing": lambda left: RateLimitHint(),
}
# The tokens that a request may use, and those that it does use: all alike, with a cap that few need, of many sizes.
SIZES: dict[str, Sizes] = {
    "alike": lambda number: (150.0, 100.0),
    "capped": lambda number: (2000.0, 60.0),
    "mixed": lambda number: (2000.0, (60.0, 300.0, 150.0, 1200.0)[number * number % 7 % 4]),
}


@pytest.mark.parametrize(("latency", "slots"), [(0.05, 8), (3.0, 16)])
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("kind", KINDS)
@over("says", TOKENS)
def test_a_limit_of_tokens_is_learnt(kind: str, sizes: str, latency: float, slots: int, says: str) -> None:
    """The total is at most 1.4 times the minimum, whether or not a refusal says that it is about tokens."""
    used, count = 0.0, 0
    while used < 4.2 * 6000:
        used += SIZES[sizes](count)[1]
        count += 1
    done = drive(KINDS[kind](6000), count, hint=TOKENS[says], slots=slots, latency=latency, sizes=SIZES[sizes])
    least = (used - 6000) / 100 if kind == "bucket" else 60.0 * (math.ceil(used / 6000) - 1)
    assert done.seconds <= 1.4 * max(least, count * latency / slots)
    assert done.tries < MAX_TRIES_WHEN_RATE_LIMITED


BEFORE: dict[str, Callable[[float], RateLimitHint]] = {
    "retry-after": lambda left: RateLimitHint(math.ceil(left)),
    "the limit of a second": lambda left: RateLimitHint(reset=1.0, limit=10.0),
    "a limit of something else": lambda left: RateLimitHint(math.ceil(left), limit=1.0),
    "nothing": lambda left: RateLimitHint(),
}


@pytest.mark.parametrize("busy", [0.5, 30.0])
@over("says", BEFORE)
def test_a_refusal_before_anything_was_admitted_does_not_make_it_crawl(busy: float, says: str) -> None:
    """Another program used up the limit: after that, the total is at most 1.2 times the minimum."""
    bucket = token_bucket(600)
    count = 1800
    done = drive(lambda now, units: busy - now if now < busy else bucket(now, units), count, hint=BEFORE[says])
    assert done.seconds <= 1.2 * (busy + (count - 600) / 10)
    assert done.tries < MAX_TRIES_WHEN_RATE_LIMITED
    first = pacing.after_refusal(initial_pace(None, None), 1.0, 0.9, BEFORE[says](30.0), 0.5).requests.rate
    assert first is not None
    assert first >= pacing.LEAST_FIRST_RATE


def test_without_a_limit_nothing_is_paced() -> None:
    """As many requests as possible are in flight, all the time."""
    done = drive(unlimited, 1000, hint=SAYS["nothing"], slots=10, latency=0.1)
    assert done.seconds == pytest.approx(100 * 0.1)
    assert done.refusals == 0


def test_one_refusal_does_not_slow_an_endpoint_for_long() -> None:
    """At 200 requests a second a single refusal costs seconds, not minutes."""
    replies = iter([*[None] * 500, 1.0])
    done = drive(lambda now, units: next(replies, None), 10_000, hint=SAYS["exact"], slots=20, latency=0.1)
    assert done.seconds < 50 + 15


def test_a_refusal_pauses_all_requests() -> None:
    """They wait as long as it says; requests in flight do not count as further refusals, but may name a longer pause."""
    pace = pacing.after_refusal(initial_pace(None, None), 10.0, 9.0, RateLimitHint(retry_after=7.0), 0.5)
    assert reserve(pace, 10.0, 0)[1] == pytest.approx(7.0)
    pace = pacing.after_refusal(pace, 10.1, 9.1, RateLimitHint(retry_after=20.0), 0.5)
    assert (pace.refusals, reserve(pace, 10.1, 0)[1]) == (1, pytest.approx(20.0))


@pytest.mark.parametrize(("says", "pause"), [(0.0, 0.0), (1e9, MAX_PAUSE), (math.inf, MAX_PAUSE)])
def test_a_pause_is_limited(says: float, pause: float) -> None:
    """However long a Retry-After is, requests are sent again after MAX_PAUSE."""
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
    """Whatever a reply says about its limits, every wait is finite, and every rate is positive and finite."""
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
        for paced in (pace.requests, pace.tokens):
            assert paced.rate is None or 0 < paced.rate < math.inf
    assert Pace.from_document(json.loads(json.dumps(pace.document(), allow_nan=False))) == pace


def test_an_answer_ends_the_pause() -> None:
    """After refusals in a row one request at a time is sent, and its answer lets all others pass."""
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


def test_a_lowered_rate_recovers() -> None:
    """After a single refusal it is back at the configured rate within minutes, and never above it."""
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
    """Each request is counted with the tokens that it may use; those it did not use are returned."""
    pace, wait = reserve(initial_pace(None, 6000), 0.0, 1000)
    assert wait == 0
    assert reserve(pace, 0.0, 1000)[1] == pytest.approx(10.0, abs=0.2)
    pace = pacing.after_answer(pace, 1.0, 0.0, 1000, 200)
    assert reserve(pace, 1.0, 1000)[1] == pytest.approx(1.0, abs=0.2)


def test_a_request_larger_than_the_limit_of_a_minute_is_sent() -> None:
    """It is counted as a whole minute's worth of tokens."""
    pace, _ = reserve(initial_pace(None, 6000), 0.0, 10_000_000)
    assert reserve(pace, 0.0, 1)[1] == pytest.approx(60.0, abs=0.2)


def test_a_refusal_for_tokens_lowers_the_rate_of_tokens() -> None:
    """The rate of requests stays."""
    pace = initial_pace(60, None)
    for second in range(30):
        pace = pacing.after_answer(pace, second + 0.5, second, 0, 2000)
    pace = pacing.after_refusal(pace, 30.0, 29.9, RateLimitHint(retry_after=1.0, about_tokens=True), 0.5)
    assert pace.requests.rate == 1.0
    assert pace.tokens.rate == pytest.approx(30 * 2000 / 31)


def test_the_state_survives_json() -> None:
    """The workers of a run share it as JSON."""
    pace = pacing.after_answer(initial_pace(60, 1000), 1.0, 0.5, 10, 20)
    pace = pacing.after_refusal(pace, 2.0, 1.5, RateLimitHint(retry_after=1.0), 0.5)
    assert Pace.from_document(json.loads(json.dumps(pace.document()))) == pace
