"""Prices, and what requests and replies use: arithmetic on tokens and money.

What a request may use at most before it is sent, what its reply says it used, and reading a published price live here.
Who asks, counts or stops is no business of this module.  Money is in USD, prices are per million tokens.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from conformance.http.exchange import Exchange, Request, load
from conformance.run.tokens import count, most_tokens, prompt_tokens

MILLION = 1_000_000
UNCAPPED = (
    4096  # answer tokens that a request without a usable cap is taken for; what a model writes then is its own affair
)

_PICTURE = 3000  # prompt tokens; OpenAI's small models count 2,833 and more for one
_TOOLS = 600  # prompt tokens that a provider may add where there are tools; Anthropic documents up to 530
_DATA_URL = re.compile(r'"data:[^"]*"')
_MOST = 10**9  # tokens: more than any reply can have used, and a sum of them is still exact
_DEAREST = 10**6  # USD per million tokens: a published price beyond it is a mistake, and reads as unknown
_TAIL, _LAST_EVENTS = 16_384, 3  # characters and events at the end of a stream among which its usage is looked for


@dataclass(frozen=True)
class Figures:
    """How many requests, and how many tokens of prompts and of answers."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.requests + other.requests,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
        )


@dataclass(frozen=True)
class Price:
    """USD per million tokens of prompts and of answers."""

    prompt: Decimal
    completion: Decimal

    def of(self, used: Figures) -> Decimal:
        """What these tokens cost, in USD."""
        return (self.prompt * used.prompt_tokens + self.completion * used.completion_tokens) / MILLION


def total(figures: Iterable[Figures]) -> Figures:
    """The sum of figures; of none it is zero."""
    return sum(figures, Figures())


def estimate(request: Request) -> Figures:
    """What an answered request uses: the prompt by its characters, the answer at most."""
    body = request.json
    if not isinstance(body, dict):
        return Figures(1)
    return Figures(1, prompt_tokens(body), most_tokens(body, UNCAPPED))


def bound(request: Request) -> Figures:
    """What a request uses at most, with room for how differently models count; one without a body uses nothing."""
    if request.body is None:
        return Figures(1)
    body = request.json if isinstance(request.json, dict) else {}
    text = _DATA_URL.sub('""', request.body)
    pictures = text.count('"type":"image_url"')
    prompt = len(text.encode("utf-8", "replace")) // 2 + pictures * _PICTURE + (_TOOLS if "tools" in body else 0)
    return Figures(1, prompt, most_tokens(body, UNCAPPED))


def usage(exchange: Exchange) -> Figures | None:
    """What a reply says it used, at the end of the stream where it is one; None where it does not say or cannot be.

    Where total_tokens holds more than its parts, as with thoughts that are counted nowhere else, the rest is of the answer.
    """
    found = exchange.json if exchange.text[:64].lstrip().startswith("{") else _last_chunk(exchange.text)
    told = found.get("usage") if isinstance(found, dict) else None
    if not isinstance(told, dict):
        return None
    prompt, completion = count(told.get("prompt_tokens")), count(told.get("completion_tokens"))
    if prompt is None or completion is None:
        return None
    used = Figures(1, prompt, max(completion, (count(told.get("total_tokens")) or 0) - prompt))
    return used if max(used.prompt_tokens, used.completion_tokens) <= _MOST else None


def _last_chunk(text: str) -> Any:
    """The last event of a stream that carries usage, among the few at its end."""
    lines = [line for line in text[-_TAIL:].splitlines() if line.startswith("data:") and "[DONE]" not in line]
    for line in reversed(lines[-_LAST_EVENTS:]):
        chunk = load(line.removeprefix("data:"))
        if isinstance(chunk, dict) and chunk.get("usage"):
            return chunk
    return None


def published(document: Any) -> dict[str, Price]:
    """The prices in a gateway's list of models, by id; what is not priced by tokens in USD is left out.

    Two shapes are read: CometAPI's (`pricing` in a named currency, per million tokens: input, output) and OpenRouter's (USD per
    token, as text: prompt, completion).
    """
    rows = document.get("data") if isinstance(document, dict) else None
    found = {}
    for row in rows if isinstance(rows, list) else []:
        pricing = row.get("pricing") if isinstance(row, dict) else None
        if isinstance(pricing, dict) and isinstance(row.get("id"), str) and (price := _read(pricing)):
            found[row["id"]] = price
    return found


def _read(pricing: Mapping[str, Any]) -> Price | None:
    currency = re.sub(r"\s", "", str(pricing.get("currency", ""))).lower()
    if currency == "usd/mtokens":
        names, times = ("input", "output", "per_request"), 1
    elif "currency" not in pricing and "prompt" in pricing:
        names, times = ("prompt", "completion", "request"), MILLION
    else:
        return None
    prompt, completion, each = (_amount(pricing.get(name)) for name in names)
    if prompt is None or completion is None or each or max(prompt, completion) * times > _DEAREST:
        return None
    return Price(prompt * times, completion * times)


def _amount(value: Any) -> Decimal | None:
    """A number, or a text that is one, that is not negative; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        return None
    return number if number.is_finite() and number >= 0 else None
