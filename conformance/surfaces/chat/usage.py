"""Tokens of a Chat Completions request before it is sent, and of its reply: the only reader of usage.

What a request is expected to use, what it can use at most, and what its reply reports as used live here.  What tokens cost, and
the budget that they are counted against, do not.
"""

from __future__ import annotations

import math
import re
from typing import Any

from conformance.base.money import Usage
from conformance.http.exchange import Exchange, Request, parse_json
from conformance.http.sse import parse

CHARACTERS_PER_TOKEN = 4  # of English text, by OpenAI's rule of thumb
# Answer tokens that a limit of tokens is charged for a request without a cap, until its reply reports the real number.  The
# suite's uncapped requests ask for a word: much more would make the run wait for tokens that are never used.
WITHOUT_A_CAP = 256
_AROUND_PROMPT = 4  # tokens that chat formats add around a message
# The most answer tokens that a request is expected to use, whatever its cap.  A cap is a limit, not a size: the suite asks for a
# word or for counting to forty, with some hundred tokens of reasoning before it.  A cap of ten million, taken literally, would
# reserve more of the budget than all other requests together, so that the request would never be sent.
UNCAPPED = 4096

_PICTURE = 3000  # prompt tokens of a picture at most; OpenAI's small models count 2,833 for one
_TOOLS = 600  # prompt tokens that a provider adds to a request with tools; Anthropic documents up to 530
# A data URL as a JSON string: its characters are not tokens of text, and a picture is counted by _PICTURE.  Base64 has no quotes.
_DATA_URL = re.compile(r'"data:[^"]*"')
_MOST = 10**9  # tokens: more than any reply can use, and small enough for exact sums in any reader of JSON
# How much of a stream's end is searched for its usage: it is in the last chunk, or in one before a chunk without choices and
# [DONE].  Parsing the whole of every stream would cost CPU for nothing.
_TAIL, _LAST_EVENTS = 16_384, 3  # characters, events


def estimate(request: Request) -> Usage:
    """Return what a request is expected to use: a prompt estimated by its length, and the longest expected answer."""
    body = request.json
    if not isinstance(body, dict):
        return Usage(1)
    return Usage(1, prompt_tokens(body), most_tokens(body, UNCAPPED))


def paced_tokens(request: Request) -> int:
    """Return how many tokens a request counts for in a limit of tokens; without a cap, a short answer is assumed."""
    body = request.json
    return prompt_tokens(body) + most_tokens(body) if isinstance(body, dict) else 0


def upper_bound(request: Request) -> Usage:
    """Return what a request can use at most; a request without a body uses nothing.

    The prompt counts as one token per two bytes, twice what is usual for English, since tokenizers differ.
    """
    if request.body is None:
        return Usage(1)
    body = request.json if isinstance(request.json, dict) else {}
    text = _DATA_URL.sub('""', request.body)
    pictures = text.count('"type":"image_url"')
    prompt = len(text.encode("utf-8", "replace")) // 2 + pictures * _PICTURE + (_TOOLS if "tools" in body else 0)
    return Usage(1, prompt, most_tokens(body, UNCAPPED))


def usage(exchange: Exchange) -> Usage | None:
    """Return what a reply reports as used, in a stream at its end; None if it reports nothing or an impossible number.

    If total_tokens exceeds the sum of its parts, the difference counts as answer: some providers report reasoning only there.
    """
    document = exchange.json if exchange.text[:64].lstrip().startswith("{") else _last_chunk(exchange.text)
    reported = document.get("usage") if isinstance(document, dict) else None
    if not isinstance(reported, dict):
        return None
    prompt, completion = count(reported.get("prompt_tokens")), count(reported.get("completion_tokens"))
    if prompt is None or completion is None:
        return None
    used = Usage(1, prompt, max(completion, (count(reported.get("total_tokens")) or 0) - prompt))
    return used if max(used.prompt_tokens, used.completion_tokens) <= _MOST else None


def _last_chunk(text: str) -> Any:
    """Return the last chunk with usage among the last few of a stream; None if there is none."""
    events = parse(text[-_TAIL:]).events
    chunks = [chunk for event in events[-_LAST_EVENTS - 1 :] for chunk in _chunks(event.data)]
    return next((chunk for chunk in reversed(chunks[-_LAST_EVENTS:]) if chunk.get("usage")), None)


def _chunks(data: str) -> list[dict[str, Any]]:
    """Return the JSON objects of one event: one, or one per line if the stream has no blank lines between its events."""
    whole = parse_json(data)
    values = [whole] if isinstance(whole, dict) else [parse_json(line) for line in data.split("\n")]
    return [value for value in values if isinstance(value, dict)]


def prompt_tokens(body: dict[str, Any]) -> int:
    """Estimate the prompt tokens of a body by the length of its messages, tools and schema."""
    text = "".join(str(body.get(part, "")) for part in ("messages", "tools", "response_format"))
    return len(text) // CHARACTERS_PER_TOKEN + _AROUND_PROMPT


def most_tokens(body: dict[str, Any], without_cap: int = WITHOUT_A_CAP) -> int:
    """Return the most tokens that an answer is expected to have: choices times the smaller cap, but at most UNCAPPED each.

    `without_cap` is used if there is no cap; a cap that is not a positive whole number counts as none.
    """
    caps = [cap for name in ("max_tokens", "max_completion_tokens") if (cap := count(body.get(name)))]
    return max(1, count(body.get("n")) or 1) * (min(*caps, UNCAPPED) if caps else without_cap)


def count(value: Any) -> int | None:
    """Return a whole number of at least 0, also one written as 2.0; None for anything else."""
    whole = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
    return int(value) if whole and value == int(value) else None
