"""Prices and tokens: upper bounds of requests, the usage in replies, and the prices in a catalogue."""

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
    """A million tokens of each kind cost both prices, a single token a millionth of them, without rounding."""
    assert PRICE.cost_of(Usage(1, 1_000_000, 1_000_000)) == Decimal("2.25")
    assert PRICE.cost_of(Usage(1, 1, 1)) == Decimal("0.00000225")
    assert PRICE.cost_of(total([])) == 0


@pytest.mark.parametrize(
    ("body", "bound"),
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
def test_the_bound_of_an_answer_is_its_choices_times_its_cap(body: dict[str, Any], bound: int) -> None:
    """An invalid cap or number of choices counts as not given."""
    asked = request(model="m", messages=[{"role": "user", "content": "hi"}], **body)
    assert estimate(asked).completion_tokens == upper_bound(asked).completion_tokens == bound


@given(st.text(max_size=400))
def test_the_bound_is_never_below_the_estimate(text: str) -> None:
    """Whatever the prompt, the reserved cost covers the planned one."""
    asked = request(model="m", messages=[{"role": "user", "content": text}], max_tokens=1)
    assert upper_bound(asked).prompt_tokens >= estimate(asked).prompt_tokens


def test_images_and_tools_cost_more_than_their_characters() -> None:
    """An image has a fixed cost however small the file is, and tools add a prompt of the provider."""
    part = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    plain = upper_bound(request(model="m", messages=[{"role": "user", "content": "look"}], max_tokens=1))
    image = upper_bound(request(model="m", messages=[{"role": "user", "content": [part]}], max_tokens=1))
    tools = upper_bound(request(model="m", messages=[{"role": "user", "content": "look"}], max_tokens=1, tools=[]))
    assert image.prompt_tokens > plain.prompt_tokens + 2_833
    assert tools.prompt_tokens > plain.prompt_tokens + 530


def test_usage_is_read_from_a_plain_answer() -> None:
    """It consists of prompt and completion tokens."""
    assert usage(exchange(body=completion(usage=USAGE))) == Usage(1, 7, 5)


def test_tokens_that_only_the_total_counts_belong_to_the_answer() -> None:
    """If the total is more than prompt and answer, the rest is reasoning, which is billed as answer."""
    assert usage(exchange(body=completion(usage={**USAGE, "total_tokens": 100}))) == Usage(1, 7, 93)


@pytest.mark.parametrize(
    "given",
    [None, {}, [], "7", {"prompt_tokens": 7}, {**USAGE, "completion_tokens": None}, {**USAGE, "prompt_tokens": -1},
     {**USAGE, "prompt_tokens": True}, {**USAGE, "completion_tokens": 1.5}, {**USAGE, "completion_tokens": "5"}],
)  # fmt: skip
def test_an_invalid_usage_is_unknown(given: Any) -> None:
    """Missing values, other types and negative numbers count as no usage."""
    assert usage(exchange(body=completion(usage=given))) is None


@pytest.mark.parametrize("text", ["", "null", "[]", "{", "<html>", '{"usage": 7}', "data: [DONE]\n\n", "data: {\n\n"])
def test_a_body_that_is_not_an_answer_has_no_usage(text: str) -> None:
    """It does not raise either."""
    assert usage(exchange(text=text)) is None


def test_the_usage_of_a_stream_is_at_its_end() -> None:
    """It is in the last chunk before [DONE] or in every chunk; a stream without it has no usage."""
    chunk = {"choices": [{"delta": {"content": "a"}}]}
    assert usage(exchange(**events(chunk, chunk, {"choices": [], "usage": USAGE}))) == Usage(1, 7, 5)
    assert usage(
        exchange(**events({**chunk, "usage": {**USAGE, "completion_tokens": 1}}, {**chunk, "usage": USAGE}))
    ) == (Usage(1, 7, 5))
    assert usage(exchange(**events(chunk, {**chunk, "usage": None}))) is None


@pytest.mark.parametrize("char", ["\u2028", "\u2029", "\x85"])
def test_usage_is_found_next_to_unicode_line_separators(char: str) -> None:
    """The last chunk may contain a character at which Python's splitlines splits, but not the standard of event streams."""
    chunk = f'{{"choices": [{{"delta": {{"content": "a{char}b"}}}}], "usage": {json.dumps(USAGE)}}}'
    assert usage(exchange(**events(chunk))) == Usage(1, 7, 5)


def test_usage_is_found_in_badly_framed_events() -> None:
    """There are no blank lines between the events, or the data of an event is on several lines."""
    last = json.dumps({"choices": [], "usage": USAGE})
    assert usage(exchange(text=f'data: {{"choices": []}}\ndata: {last}\ndata: [DONE]\n')) == Usage(1, 7, 5)
    apart = last.replace(", ", ",\ndata: ")
    assert usage(exchange(text=f"data: {apart}\n\ndata: [DONE]\n\n")) == Usage(1, 7, 5)


def test_only_the_end_of_a_stream_is_searched() -> None:
    """A usage in the middle of a long stream is ignored."""
    chunk = {"choices": [{"delta": {"content": "a"}}]}
    assert usage(exchange(**events({**chunk, "usage": USAGE}, *[chunk] * 10_000))) is None


def test_a_catalogue_in_usd_per_million_tokens() -> None:
    """This is the form of CometAPI."""
    row = {"id": "m", "pricing": {"currency": "USD / M Tokens", "input": 0.25, "output": 2, "per_request": None}}
    assert published({"success": True, "data": [row]}) == {"m": PRICE}


def test_a_catalogue_in_usd_per_token() -> None:
    """This is the form of OpenRouter, with numbers as text."""
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
def test_a_doubtful_price_is_unknown(pricing: Any) -> None:
    """Another currency or unit, a price per request, and a negative or invalid number make it unknown, not zero."""
    assert published({"data": [{"id": "m", "pricing": pricing}]}) == {}


@pytest.mark.parametrize("document", [None, [], {}, {"data": {}}, {"data": [7, {"id": 7, "pricing": {}}]}])
def test_a_document_that_is_not_a_catalogue_has_no_prices(document: Any) -> None:
    """It does not raise either."""
    assert published(json.loads(json.dumps(document))) == {}


@pytest.mark.parametrize("name", ["prompt_tokens", "completion_tokens", "total_tokens"])
@pytest.mark.parametrize("number", [10**10, 10**30, 1e300])
def test_an_impossible_usage_is_unknown(name: str, number: float) -> None:
    """No reply has a thousand million tokens; counting them would produce an absurd cost at the end of a run."""
    assert usage(exchange(body=completion(usage={**USAGE, name: number}))) is None


def test_an_impossible_price_is_unknown() -> None:
    """It is a mistake in the catalogue."""
    rows = [{"id": "m", "pricing": {"prompt": "1e308", "completion": "0"}}]
    assert published({"data": rows}) == {}
