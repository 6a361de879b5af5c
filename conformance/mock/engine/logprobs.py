"""Made-up but well-formed log probabilities: one entry per visible token, alternatives in falling order.

The chosen token always comes first among its alternatives, and their probabilities add up to less than 1.
"""

import math
from functools import lru_cache
from typing import Any
from zlib import crc32

Entry = dict[str, Any]  # token, logprob, bytes, top_logprobs

ALTERNATIVES = (
    " the", " a", " of", " and", " to", " in", " is", " it", " on", " by", " at", " as", " or", " an", " be", " we",
    " no", ".", ",", "\n", " so", " up",
)  # fmt: skip


@lru_cache(maxsize=4096)
def entry(token: str, most: int) -> Entry:
    """Return the entry of one visible token with at most that many alternatives, itself included; never changed in place."""
    chosen = 0.55 + (crc32(token.encode("utf-8", "replace")) % 400) / 1000
    row = plain(token, math.log(chosen))
    others = [other for other in ALTERNATIVES if other != token][: max(most - 1, 0)]
    rest = [plain(other, math.log((1 - chosen) * 0.5**rank)) for rank, other in enumerate(others, start=1)]
    return {**row, "top_logprobs": [row, *rest][:most]}


def plain(token: str, logprob: float) -> Entry:
    """Return a token with its log probability and its bytes in UTF-8."""
    return {"token": token, "logprob": round(logprob, 6), "bytes": list(token.encode("utf-8", "replace"))}
