"""Tokens of a Responses request before it is sent, and of its reply: the only reader of usage.

What a request is expected to use, what it can use at most, and what its reply reports as used live here.
"""

from __future__ import annotations

import re
from typing import Any

from conformance.base.money import Usage
from conformance.http.exchange import Exchange, Request
from conformance.surfaces.responses.reply import ResponsesReply
from conformance.surfaces.values import as_integer

CHARACTERS_PER_TOKEN = 4  # of English text, by OpenAI's rule of thumb
# Answer tokens that a limit of tokens is charged for a request without a cap; the suite's uncapped requests ask for a word.
WITHOUT_A_CAP = 256
UNCAPPED = 4096  # tokens that a request is expected to use at most, whatever its cap: a cap is a limit, not a size
_PICTURE = 3000  # prompt tokens of a picture at most; OpenAI's small models count 2,833 for one
_TOOLS = 600  # prompt tokens that a provider adds to a request with tools
_HISTORY = 2000  # prompt tokens of the earlier turns that a request refers to; those of the suite are short
# A data URL as a JSON string: its characters are not tokens of text.  Base64 has no quotes.
_DATA_URL = re.compile(r'"data:[^"]*"')
_MOST = 10**9  # tokens: more than any reply can use


def estimate(request: Request) -> Usage:
    """Return what a request is expected to use: a prompt estimated by its length, and the longest expected answer."""
    if not isinstance(request.json, dict):
        return Usage(1)
    return Usage(1, _prompt_tokens(request.json), _most_tokens(request.json, UNCAPPED))


def paced_tokens(request: Request) -> int:
    """Return how many tokens a request counts for in a limit of tokens; without a cap, a short answer is assumed."""
    body = request.json
    return _prompt_tokens(body) + _most_tokens(body, WITHOUT_A_CAP) if isinstance(body, dict) else 0


def upper_bound(request: Request) -> Usage:
    """Return what a request can use at most; a request without a body uses nothing.

    The prompt counts as one token per two bytes, twice what is usual for English, since tokenizers differ.
    """
    if request.body is None:
        return Usage(1)
    body = request.json if isinstance(request.json, dict) else {}
    text = _DATA_URL.sub('""', request.body)
    added = text.count('"type":"input_image"') * _PICTURE
    added += _TOOLS if "tools" in text else 0
    added += _HISTORY if "previous_response_id" in body else 0
    return Usage(1, len(text.encode("utf-8", "replace")) // 2 + added, _most_tokens(body, UNCAPPED))


def usage(exchange: Exchange) -> Usage | None:
    """Return what a reply reports as used, in a stream at its end; None if it reports nothing or an impossible number."""
    counts = ResponsesReply(exchange).counts
    if counts.prompt is None or counts.answer is None:
        return None
    used = Usage(1, counts.prompt, max(counts.answer, (counts.total or 0) - counts.prompt))
    return used if 0 <= min(used.prompt_tokens, used.completion_tokens) <= _MOST else None


def _prompt_tokens(body: dict[str, Any]) -> int:
    text = "".join(str(body.get(part, "")) for part in ("instructions", "input", "tools", "text"))
    return len(text) // CHARACTERS_PER_TOKEN


def _most_tokens(body: dict[str, Any], without_cap: int) -> int:
    cap = as_integer(body.get("max_output_tokens"))
    return min(cap, UNCAPPED) if cap else without_cap
