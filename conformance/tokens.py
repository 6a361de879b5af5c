"""How many tokens a request may cost before it is sent, and did cost by its answer."""

from __future__ import annotations

import re
from typing import Any

CHARACTERS_PER_TOKEN = 4
_AROUND_A_MESSAGE = 4
_WITHOUT_A_CAP = 256
_TOTAL = re.compile(r'"total_tokens"\s*:\s*(\d{1,12})')


def prompt_tokens(body: dict[str, Any]) -> int:
    """About what the prompt costs: messages, tools and schema by their length."""
    text = "".join(str(body.get(part, "")) for part in ("messages", "tools", "response_format"))
    return len(text) // CHARACTERS_PER_TOKEN + _AROUND_A_MESSAGE


def most_tokens(body: dict[str, Any]) -> int:
    """The most an answer can cost: choices times cap."""
    caps = [body[name] for name in ("max_tokens", "max_completion_tokens") if isinstance(body.get(name), int)]
    choices = body.get("n") if isinstance(body.get("n"), int) else 1
    return max(1, choices or 1) * (min(caps) if caps else _WITHOUT_A_CAP)


def used_tokens(text: str) -> int | None:
    """What an answer says that it cost in all, whether it is whole or a stream; None where it does not say."""
    found = _TOTAL.findall(text)
    return int(found[-1]) if found else None
