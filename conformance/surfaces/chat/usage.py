"""Tokens of a Chat Completions request before it is sent, and of its reply: the one reader of usage.

What a request is expected to use, what it may use at most, and what its reply says it used live here.  What tokens cost, who
counts and who stops do not.
"""

from __future__ import annotations

import math
import re
from typing import Any

from conformance.base.money import Usage
from conformance.http.exchange import Exchange, Request, parse_json
from conformance.http.sse import parse

CHARACTERS_PER_TOKEN = 4
WITHOUT_A_CAP = 256
_AROUND_A_MESSAGE = 4
# Answer tokens that a request is taken for without a usable cap, or with a larger one.  A cap says what may not be passed, not
# what is written: no model answers more than its context, and what the suite asks for is a word or a count to forty, with
# thoughts of some hundred tokens before it.  Taken at its word a cap of ten million would hold back more money than all other
# requests of a run cost together, and so never be sent.
UNCAPPED = 4096

_PICTURE = 3000  # prompt tokens; OpenAI's small models count 2,833 and more for one
_TOOLS = 600  # prompt tokens that a provider may add where there are tools; Anthropic documents up to 530
_DATA_URL = re.compile(r'"data:[^"]*"')
_MOST = 10**9  # tokens: more than any reply can have used, and a sum of them is still exact
_TAIL, _LAST_EVENTS = 16_384, 3  # characters and events at the end of a stream among which its usage is looked for


def estimate(request: Request) -> Usage:
    """What an answered request uses: the prompt by its characters, the answer at most."""
    body = request.json
    if not isinstance(body, dict):
        return Usage(1)
    return Usage(1, prompt_tokens(body), most_tokens(body, UNCAPPED))


def paced_tokens(request: Request) -> int:
    """How many tokens a request is taken for by what limits tokens; without a cap it counts as a short answer."""
    body = request.json
    return prompt_tokens(body) + most_tokens(body) if isinstance(body, dict) else 0


def upper_bound(request: Request) -> Usage:
    """What a request uses at most, with room for how differently models count; one without a body uses nothing."""
    if request.body is None:
        return Usage(1)
    body = request.json if isinstance(request.json, dict) else {}
    text = _DATA_URL.sub('""', request.body)
    pictures = text.count('"type":"image_url"')
    prompt = len(text.encode("utf-8", "replace")) // 2 + pictures * _PICTURE + (_TOOLS if "tools" in body else 0)
    return Usage(1, prompt, most_tokens(body, UNCAPPED))


def usage(exchange: Exchange) -> Usage | None:
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
    used = Usage(1, prompt, max(completion, (count(told.get("total_tokens")) or 0) - prompt))
    return used if max(used.prompt_tokens, used.completion_tokens) <= _MOST else None


def _last_chunk(text: str) -> Any:
    """The last event of a stream that carries usage, among the few at its end."""
    events = parse(text[-_TAIL:]).events
    found = [chunk for event in events[-_LAST_EVENTS - 1 :] for chunk in _chunks(event.data)]
    return next((chunk for chunk in reversed(found[-_LAST_EVENTS:]) if chunk.get("usage")), None)


def _chunks(data: str) -> list[dict[str, Any]]:
    """Return the JSON objects of one event: one, or one a line where no blank lines stand between events."""
    whole = parse_json(data)
    found = [whole] if isinstance(whole, dict) else [parse_json(line) for line in data.split("\n")]
    return [chunk for chunk in found if isinstance(chunk, dict)]


def prompt_tokens(body: dict[str, Any]) -> int:
    """About what the prompt costs: messages, tools and schema by their length."""
    text = "".join(str(body.get(part, "")) for part in ("messages", "tools", "response_format"))
    return len(text) // CHARACTERS_PER_TOKEN + _AROUND_A_MESSAGE


def most_tokens(body: dict[str, Any], without_cap: int = WITHOUT_A_CAP) -> int:
    """The most an answer can cost: choices times the smaller cap, or UNCAPPED; a cap that is no positive number is none."""
    caps = [cap for name in ("max_tokens", "max_completion_tokens") if (cap := count(body.get(name)))]
    return max(1, count(body.get("n")) or 1) * (min(*caps, UNCAPPED) if caps else without_cap)


def count(value: Any) -> int | None:
    """A whole number that is not negative, however it is written; None for anything else."""
    whole = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
    return int(value) if whole and value == int(value) else None
