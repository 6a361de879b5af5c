"""How many tokens a request may cost before it is sent, and did cost by its answer."""

from __future__ import annotations

import math
import re
from typing import Any

CHARACTERS_PER_TOKEN = 4
WITHOUT_A_CAP = 256
_AROUND_A_MESSAGE = 4
_TOTAL = re.compile(r'"total_tokens"\s*:\s*(\d{1,12})')


def prompt_tokens(body: dict[str, Any]) -> int:
    """About what the prompt costs: messages, tools and schema by their length."""
    text = "".join(str(body.get(part, "")) for part in ("messages", "tools", "response_format"))
    return len(text) // CHARACTERS_PER_TOKEN + _AROUND_A_MESSAGE


def most_tokens(body: dict[str, Any], without_cap: int = WITHOUT_A_CAP) -> int:
    """The most an answer can cost: choices times the smaller cap; a cap that is no positive number is none."""
    caps = [cap for name in ("max_tokens", "max_completion_tokens") if (cap := count(body.get(name)))]
    return max(1, count(body.get("n")) or 1) * (min(caps) if caps else without_cap)


def count(value: Any) -> int | None:
    """A whole number that is not negative, however it is written; None for anything else."""
    whole = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
    return int(value) if whole and value == int(value) else None


def used_tokens(text: str) -> int | None:
    """What an answer says that it cost in all, whether it is whole or a stream; None where it does not say."""
    found = _TOTAL.findall(text)
    return int(found[-1]) if found else None
