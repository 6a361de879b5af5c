"""Tokens of a request for a message before it is sent, and of its reply: the only reader of usage."""

from __future__ import annotations

import re
from typing import Any

from conformance.base.money import Usage
from conformance.http.exchange import Exchange, Request, parse_json
from conformance.http.sse import parse
from conformance.surfaces.messages.reply import CACHE_COUNTS, COUNT_PATH
from conformance.surfaces.values import as_count, as_dict

CHARACTERS_PER_TOKEN = 4  # of English text, a rule of thumb
_AROUND_PROMPT = 8  # tokens that a message format adds around a message
# The most answer tokens that a request is expected to use, whatever its cap: a cap is a limit, not a size, and the suite asks for
# a word, a count to forty or a short thought.  A cap of ten million, taken literally, would reserve the whole budget.
UNCAPPED = 4096
_PICTURE = 3000  # prompt tokens of a picture or a page at most
_TOOLS = 600  # prompt tokens that Anthropic documents for a request with tools: up to 530
_DATA = re.compile(r'"data":"[^"]*"')  # base64 has no quotes, and its characters are not tokens of text
_MOST = 10**9  # tokens: more than any reply can use, and small enough for exact sums in any reader of JSON
# How much of a stream is searched for its usage: message_start at its beginning, message_delta at its end.
_HEAD, _TAIL = 8_192, 8_192  # characters


def estimate(request: Request) -> Usage:
    """Return what a request is expected to use: a prompt estimated by its length, and the longest expected answer."""
    body = request.json
    if not isinstance(body, dict):
        return Usage(1)
    return Usage(1, prompt_tokens(body), _most_tokens(request, body))


def paced_tokens(request: Request) -> int:
    """Return how many tokens a request counts for in a limit of tokens."""
    body = request.json
    return prompt_tokens(body) + _most_tokens(request, body) if isinstance(body, dict) else 0


def upper_bound(request: Request) -> Usage:
    """Return what a request can use at most; a request without a body uses nothing.

    The prompt counts as one token per two bytes, twice what is usual for English, since tokenizers differ.
    """
    if request.body is None:
        return Usage(1)
    body = as_dict(request.json)
    text = _DATA.sub('"data":""', request.body)
    pictures = text.count('"data":""') + text.count('"type":"url"')
    prompt = len(text.encode("utf-8", "replace")) // 2 + pictures * _PICTURE + (_TOOLS if "tools" in body else 0)
    return Usage(1, prompt, _most_tokens(request, body))


def usage(exchange: Exchange) -> Usage | None:
    """Return what a reply reports as used, in a stream at both ends; None if it reports nothing or an impossible number.

    Cached tokens count as prompt.
    """
    text = exchange.text
    reported = as_dict(as_dict(exchange.json).get("usage")) if text[:64].lstrip().startswith("{") else _streamed(text)
    fresh, answer = as_count(reported.get("input_tokens")), as_count(reported.get("output_tokens"))
    if fresh is None or answer is None:
        return None
    used = Usage(1, fresh + sum(as_count(reported.get(name)) or 0 for name in CACHE_COUNTS), answer)
    return used if max(used.prompt_tokens, used.completion_tokens) <= _MOST else None


def _streamed(text: str) -> dict[str, Any]:
    """Return the usage of a stream: that of its start, overwritten by that of its end."""
    found: dict[str, Any] = {}
    parts = [text] if len(text) <= _HEAD + _TAIL else [text[:_HEAD], text[-_TAIL:]]
    for event in (event for part in parts for event in parse(part).events):
        if '"usage"' in event.data:
            data = as_dict(parse_json(event.data))
            reported = data.get("usage") or as_dict(data.get("message")).get("usage")
            found.update({name: value for name, value in as_dict(reported).items() if value is not None})
    return found


def prompt_tokens(body: dict[str, Any]) -> int:
    """Estimate the prompt tokens of a body by the length of its messages, system, tools and form."""
    text = "".join(str(body.get(part, "")) for part in ("messages", "system", "tools", "output_config"))
    return len(text) // CHARACTERS_PER_TOKEN + _AROUND_PROMPT


def _most_tokens(request: Request, body: dict[str, Any]) -> int:
    """Return the most tokens that an answer is expected to have; a count of tokens has none."""
    if request.path.partition("?")[0].endswith(COUNT_PATH):
        return 0
    cap = as_count(body.get("max_tokens"))
    return UNCAPPED if cap is None else min(cap, UNCAPPED)
