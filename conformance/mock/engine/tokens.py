"""The mock's tokenizer: split a text into tokens that join to exactly that text, and count them.

Nothing but splitting and counting may live here.
"""

import re
from typing import Any

# Like a real tokenizer, a token is a word or mark with the space before it; words are cut after 12 letters and numbers after 3
# digits, so that long ones have several tokens; any other white space is one token.  Every character matches one of the
# alternatives, or the tokens would not join to the text.
TOKEN = re.compile(r" ?[^\W\d_]{1,12}| ?\d{1,3}| ?_| ?[^\w\s]|\s+")

# As OpenAI counts: each message costs some tokens for its role and markup, and the conversation some for opening the answer.
TOKENS_PER_MESSAGE = 4
TOKENS_PER_ANSWER = 3
# OpenAI's figures for images: 85 tokens with detail low, and 170 for each tile with any other detail; the mock counts every image
# as one tile, and audio and files like an image with detail low.
TOKENS_PER_PART = 85
TOKENS_FOR_DETAIL = 170


def split(text: str) -> tuple[str, ...]:
    """Return the tokens of a text, which join to exactly the text."""
    return tuple(TOKEN.findall(text))


def count_prompt(messages: tuple[dict[str, Any], ...]) -> int:
    """Return the prompt tokens of a conversation."""
    return TOKENS_PER_ANSWER + sum(TOKENS_PER_MESSAGE + count_content(message) for message in messages)


def count_content(message: dict[str, Any]) -> int:
    """Return the tokens of the content and tool calls of one message."""
    content = message.get("content")
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content or []
    total = sum(count_part(part) for part in parts)
    for call in message.get("tool_calls") or ():
        total += len(split(str(call)))
    return total


def count_part(part: dict[str, Any]) -> int:
    """Return the tokens of one content part."""
    if part["type"] == "text":
        return len(split(part["text"]))
    low = part["type"] != "image_url" or part["image_url"].get("detail") == "low"
    return TOKENS_PER_PART if low else TOKENS_PER_PART + TOKENS_FOR_DETAIL
