"""The mock's tokenizer: text into pieces that join back to exactly that text.

Nothing but splitting and counting lives here.
"""

import re
from typing import Any

TOKEN = re.compile(r" ?[^\W\d_]{1,12}| ?\d{1,3}| ?_| ?[^\w\s]|\s+")

TOKENS_PER_MESSAGE = 4
TOKENS_PER_ANSWER = 3
TOKENS_PER_PART = 85  # a recording, a file, an image with detail low
TOKENS_OF_DETAIL = 170  # more for an image with any other detail, or none


def split(text: str) -> tuple[str, ...]:
    """Return tokens of a text: words and marks with the space before them, digits by three, other white space."""
    return tuple(TOKEN.findall(text))


def count_prompt(messages: tuple[dict[str, Any], ...]) -> int:
    """Return how many prompt tokens a conversation costs."""
    return TOKENS_PER_ANSWER + sum(TOKENS_PER_MESSAGE + count_content(message) for message in messages)


def count_content(message: dict[str, Any]) -> int:
    """Return how many tokens one message's content and tool calls cost."""
    content = message.get("content")
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content or []
    total = sum(count_part(part) for part in parts)
    for call in message.get("tool_calls") or ():
        total += len(split(str(call)))
    return total


def count_part(part: dict[str, Any]) -> int:
    """Return how many tokens one content part costs."""
    if part["type"] == "text":
        return len(split(part["text"]))
    low = part["type"] != "image_url" or part["image_url"].get("detail") == "low"
    return TOKENS_PER_PART if low else TOKENS_PER_PART + TOKENS_OF_DETAIL
