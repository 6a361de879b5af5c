"""Tokens of a request for content before it is sent, and of its reply: the only reader of usageMetadata for money.

What a request is expected to use, what it can use at most, and what its reply reports as used live here.
"""

from __future__ import annotations

import re
from typing import Any

from conformance.base.money import Usage
from conformance.http.exchange import Exchange, Request
from conformance.surfaces.gemini.reply import COUNT, GeminiReply
from conformance.surfaces.values import as_dict, as_integer

CHARACTERS_PER_TOKEN = 4  # of English text, by Google's rule of thumb
WITHOUT_A_CAP = (
    256  # answer tokens of a request without a cap in a limit of tokens: the suite's uncapped ones ask for a word
)
UNCAPPED = (
    4096  # the most answer tokens that a request is expected to use, whatever its cap: a cap is a limit, not a size
)
_PICTURE = 1100  # prompt tokens of a picture at most: four tiles of 258, as Google counts them
_DATA = re.compile(r'"data":\s*"[^"]*"')  # base64, whose characters are not tokens of text
_MOST = 10**9  # tokens: more than any reply can use, and small enough for exact sums in any reader of JSON


def estimate(request: Request) -> Usage:
    """Return what a request is expected to use: a prompt estimated by its length, and the longest expected answer."""
    body = request.json
    return Usage(1, _prompt(request), _answer(request, body, UNCAPPED)) if isinstance(body, dict) else Usage(1)


def paced_tokens(request: Request) -> int:
    """Return how many tokens a request counts for in a limit of tokens; without a cap, a short answer is assumed."""
    body = request.json
    return _prompt(request) + _answer(request, body, WITHOUT_A_CAP) if isinstance(body, dict) else 0


def upper_bound(request: Request) -> Usage:
    """Return what a request can use at most; a request without a body uses nothing.

    The prompt counts as one token per two bytes, twice what is usual for English, since tokenizers differ.
    """
    if request.body is None:
        return Usage(1)
    text = _DATA.sub('""', request.body)
    pictures = request.body.count('"inlineData"') + request.body.count('"inline_data"')
    prompt = len(text.encode("utf-8", "replace")) // 2 + pictures * _PICTURE
    return Usage(1, prompt, _answer(request, as_dict(request.json), UNCAPPED))


def usage(exchange: Exchange) -> Usage | None:
    """Return what a reply reports as used, in a stream at its end; None if it reports nothing or an impossible number.

    If the total exceeds the sum of its parts, the difference counts as answer.
    """
    counts = GeminiReply(exchange).counts
    if counts.prompt is None or counts.prompt < 0:
        return None
    answer = max(counts.answer or 0, (counts.total or 0) - counts.prompt)
    return Usage(1, counts.prompt, answer) if max(counts.prompt, answer) <= _MOST else None


def _prompt(request: Request) -> int:
    return len(_DATA.sub('""', request.body or "")) // CHARACTERS_PER_TOKEN


def _answer(request: Request, body: dict[str, Any], without_cap: int) -> int:
    """Return the most tokens that an answer is expected to have: candidates times the cap, but at most UNCAPPED each."""
    if f":{COUNT}" in request.path:
        return 0
    config = as_dict(body.get("generationConfig") or body.get("generation_config"))
    cap = as_integer(config.get("maxOutputTokens") or config.get("max_output_tokens"))
    number = as_integer(config.get("candidateCount")) or 1
    return max(1, number) * (without_cap if cap is None or cap < 0 else min(cap, UNCAPPED))
