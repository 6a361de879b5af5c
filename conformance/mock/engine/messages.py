"""The engine's form of a conversation, and how to read its text.

A message is an object with a role and content; content is a text, or parts, of which those of type text and image_url are
read.  A front whose API spells messages in another way must translate them into this form.
"""

from typing import Any

Messages = tuple[dict[str, Any], ...]


def text_of(message: dict[str, Any]) -> str:
    """Return the text of a message, its text parts joined by line breaks."""
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(part["text"] for part in content if part["type"] == "text")
    return content or ""


def prompt_of(messages: Messages) -> str:
    """Return the text of the last user message, or of the last message if no user spoke."""
    for message in reversed(messages):
        if message["role"] == "user":
            return text_of(message)
    return text_of(messages[-1])
