"""Made-up but well-formed log probabilities: one entry per visible token, with alternatives in falling order.

The chosen token always comes first among its alternatives, and the probabilities of one entry add up to less than 1.
"""

import math
from functools import lru_cache
from typing import Any
from zlib import crc32

Entry = dict[str, Any]  # token, logprob, bytes, top_logprobs

# 22 tokens: enough for the 20 alternatives that top_logprobs allows, also where one of them is the chosen token.
ALTERNATIVES = (
    " the", " a", " of", " and", " to", " in", " is", " it", " on", " by", " at", " as", " or", " an", " be", " we",
    " no", ".", ",", "\n", " so", " up",
)  # fmt: skip


@lru_cache(
    maxsize=4096
)  # a run asks for the same few hundred tokens, and an entry of 20 alternatives costs 50 microseconds
def entry(token: str, most: int) -> Entry:
    """Return the entry of one token with at most `most` alternatives, itself included.

    Callers share the entry through a cache and must not change it.
    """
    # From 0.55 to 0.949 by the token, so that tokens differ.  The rest is halved from one alternative to the next, so that
    # the first has at most 0.225: less than the chosen token, and all of them together less than the rest.
    chosen = 0.55 + (crc32(token.encode("utf-8", "replace")) % 400) / 1000
    row = bare_entry(token, math.log(chosen))
    others = [other for other in ALTERNATIVES if other != token][: max(most - 1, 0)]
    rest = [bare_entry(other, math.log((1 - chosen) * 0.5**rank)) for rank, other in enumerate(others, start=1)]
    return {**row, "top_logprobs": [row, *rest][:most]}


def bare_entry(token: str, logprob: float) -> Entry:
    """Return an entry without alternatives: token, log probability, bytes in UTF-8."""
    return {"token": token, "logprob": round(logprob, 6), "bytes": list(token.encode("utf-8", "replace"))}
