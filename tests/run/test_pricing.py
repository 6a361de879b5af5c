"""Prices and tokens: what a request may use, what a reply says it used, what a catalogue publishes."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.base.money import Price, Usage, total
from conformance.surfaces.chat.usage import UNCAPPED, estimate, upper_bound, usage
from conformance.surfaces.models.prices import published
from tests.support.making import completion, events, exchange, request

USAGE = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
PRICE = Price(Decimal("0.25"), Decimal(2))


def test_a_price_is_per_million_tokens() -> None:
    """A million tokens of each cost both prices, a single token a millionth, without rounding."""
    assert PRICE.cost_of(Usage(1, 1_000_000, 1_000_000)) == Decimal("2.25")
    assert PRICE.cost_of(Usage(1, 1, 1)) == Decimal("0.00000225")
    assert PRICE.cost_of(total([])) == 0


@pytest.mark.parametrize(
    ("body", "most"),
    [
        ({"max_tokens": 16}, 16),
        ({"max_tokens": 16, "n": 8}, 128),
        ({"max_completion_tokens": 1040}, 1040),
        ({"max_tokens": 16, "max_completion_tokens": 20}, 16),
        ({"max_tokens": UNCAPPED - 1}, UNCAPPED - 1),
        ({"max_tokens": 10_000_000}, UNCAPPED),
        ({"max_tokens": 10_000_000, "max_completion_tokens": 9_000_000, "n": 2}, 2 * UNCAPPED),
        ({}, UNCAPPED),
        ({"n": 3}, 3 * UNCAPPED),
        ({"max_tokens": None}, UNCAPPED),
        ({"max_tokens": -1}, UNCAPPED),
        ({"max_tokens": True, "n": True}, UNCAPPED),
        ({"max_tokens": "16", "n": "8"}, UNCAPPED),
        ({"max_tokens": 16, "n": -100}, 16),
        ({"max_tokens": 16.0}, 16),
    ],
)
def test_an_answer_is_at_most_its_choices_times_its_cap(body: dict[str, Any], most: int) -> None:
    """A cap or a number of choices that is none counts as left out."""
    asked = request(model="m", messages=[{"role": "user", "content": "hi"}], **body)
    assert estimate(asked).completion_tokens == upper_bound(asked).completion_tokens == most


@given(st.text(max_size=400))
def test_a_bound_is_never_below_the_estimate(text: str) -> None:
    """Whatever the prompt, what is held back covers what is planned."""
    asked = request(model="m", messages=[{"role": "user", "content": text}], max_tokens=1)
    assert upper_bound(asked).prompt_tokens >= estimate(asked).prompt_tokens


def test_a_picture_and_tools_cost_more_than_their_characters() -> None:
    """However small the file is, the picture is counted as one, and tools bring a prompt of their own."""
    part = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    plain = upper_bound(request(model="m", messages=[{"role": "user", "content": "look"}], max_tokens=1))
    seen = upper_bound(request(model="m", messages=[{"role": "user", "content": [part]}], max_tokens=1))
    tools = upper_bound(request(model="m", messages=[{"role": "user", "content": "look"}], max_tokens=1, tools=[]))
    assert seen.prompt_tokens > plain.prompt_tokens + 2_833
    assert tools.prompt_tokens > plain.prompt_tokens + 530


def test_usage_is_what_the_reply_says() -> None:
    """Prompt and completion tokens of a plain answer."""
    assert usage(exchange(body=completion(usage=USAGE))) == Usage(1, 7, 5)


def test_thoughts_that_only_the_total_counts_are_of_the_answer() -> None:
    """Where the total is more than prompt and answer, the rest is billed as answer."""
    assert usage(exchange(body=completion(usage={**USAGE, "total_tokens": 100}))) == Usage(1, 7, 93)


@pytest.mark.parametrize(
    "told",
    [None, {}, [], "7", {"prompt_tokens": 7}, {**USAGE, "completion_tokens": None}, {**USAGE, "prompt_tokens": -1},
     {**USAGE, "prompt_tokens": True}, {**USAGE, "completion_tokens": 1.5}, {**USAGE, "completion_tokens": "5"}],
)  # fmt: skip
def test_a_usage_that_is_none_says_nothing(told: Any) -> None:
    """Missing, of another type, negative: as if it were not there."""
    assert usage(exchange(body=completion(usage=told))) is None


@pytest.mark.parametrize("text", ["", "null", "[]", "{", "<html>", '{"usage": 7}', "data: [DONE]\n\n", "data: {\n\n"])
def test_a_body_that_is_no_answer_says_nothing(text: str) -> None:
    """Nor does it break anything."""
    assert usage(exchange(text=text)) is None


def test_the_usage_of_a_stream_is_at_its_end() -> None:
    """In the last chunk before [DONE], or in each of them; a stream without one says nothing."""
    chunk = {"choices": [{"delta": {"content": "a"}}]}
    assert usage(exchange(**events(chunk, chunk, {"choices": [], "usage": USAGE}))) == Usage(1, 7, 5)
    assert usage(
        exchange(**events({**chunk, "usage": {**USAGE, "completion_tokens": 1}}, {**chunk, "usage": USAGE}))
    ) == (Usage(1, 7, 5))
    assert usage(exchange(**events(chunk, {**chunk, "usage": None}))) is None


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85"])
def test_usage_is_found_beside_any_sign(sign: str) -> None:
    """The last chunk may hold a sign that Python, unlike the standard of event streams, takes for the end of a line."""
    chunk = f'{{"choices": [{{"delta": {{"content": "a{sign}b"}}}}], "usage": {json.dumps(USAGE)}}}'
    assert usage(exchange(**events(chunk))) == Usage(1, 7, 5)


def test_usage_is_found_where_events_are_framed_badly() -> None:
    """Without blank lines between events, and with an event's data on several lines."""
    last = json.dumps({"choices": [], "usage": USAGE})
    assert usage(exchange(text=f'data: {{"choices": []}}\ndata: {last}\ndata: [DONE]\n')) == Usage(1, 7, 5)
    apart = last.replace(", ", ",\ndata: ")
    assert usage(exchange(text=f"data: {apart}\n\ndata: [DONE]\n\n")) == Usage(1, 7, 5)


def test_only_the_end_of_a_stream_is_looked_at() -> None:
    """A usage in the midst of a long stream is not searched for."""
    chunk = {"choices": [{"delta": {"content": "a"}}]}
    assert usage(exchange(**events({**chunk, "usage": USAGE}, *[chunk] * 10_000))) is None


def test_a_catalogue_in_usd_per_million_tokens() -> None:
    """CometAPI's shape."""
    row = {"id": "m", "pricing": {"currency": "USD / M Tokens", "input": 0.25, "output": 2, "per_request": None}}
    assert published({"success": True, "data": [row]}) == {"m": PRICE}


def test_a_catalogue_in_usd_per_token() -> None:
    """OpenRouter's shape, numbers as text."""
    row = {"id": "m", "pricing": {"prompt": "0.00000025", "completion": "0.000002", "request": "0", "image": "0.1"}}
    assert published({"data": [row]}) == {"m": PRICE}


@pytest.mark.parametrize(
    "pricing",
    [
        None,
        {},
        {"currency": "EUR / M Tokens", "input": 1, "output": 1},
        {"currency": "USD", "input": 1, "output": 1},
        {"currency": "USD / M Tokens", "input": None, "output": None, "per_second": 0.1},
        {"currency": "USD / M Tokens", "input": 1, "output": 1, "per_request": 0.5},
        {"currency": "USD / M Tokens", "input": -1, "output": 1},
        {"currency": "USD / M Tokens", "input": True, "output": 1},
        {"prompt": "-1", "completion": "-1"},
        {"prompt": "NaN", "completion": "Infinity"},
        {"prompt": "free", "completion": "0"},
    ],
)
def test_a_price_that_cannot_be_trusted_is_not_known(pricing: Any) -> None:
    """Another currency, another unit, per request, negative, no number: the price is unknown, not zero."""
    assert published({"data": [{"id": "m", "pricing": pricing}]}) == {}


@pytest.mark.parametrize("document", [None, [], {}, {"data": {}}, {"data": [7, {"id": 7, "pricing": {}}]}])
def test_what_is_no_catalogue_publishes_nothing(document: Any) -> None:
    """Whatever its shape."""
    assert published(json.loads(json.dumps(document))) == {}


@pytest.mark.parametrize("name", ["prompt_tokens", "completion_tokens", "total_tokens"])
@pytest.mark.parametrize("number", [10**10, 10**30, 1e300])
def test_usage_that_cannot_be_is_none(name: str, number: float) -> None:
    """No reply has a thousand million tokens: it counts as one that does not say, else a sum of money breaks the end of a run."""
    assert usage(exchange(body=completion(usage={**USAGE, name: number}))) is None


def test_a_price_that_cannot_be_is_unknown() -> None:
    """A catalogue's price beyond any sense is a mistake in it."""
    rows = [{"id": "m", "pricing": {"prompt": "1e308", "completion": "0"}}]
    assert published({"data": rows}) == {}
