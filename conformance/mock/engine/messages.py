"""A conversation as the engine has it, and how its text is read.

A message is an object with a role and content: a text, or parts of which those of type text and image_url are read.
Fronts whose API spells messages in another way bring them into this form.
"""

from typing import Any

Messages = tuple[dict[str, Any], ...]


def text_of(message: dict[str, Any]) -> str:
    """Return the text of a message; other parts say nothing."""
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(part["text"] for part in content if part["type"] == "text")
    return content or ""


def prompt_of(messages: Messages) -> str:
    """Return what the user asked last; without a user, the last message."""
    for message in reversed(messages):
        if message["role"] == "user":
            return text_of(message)
    return text_of(messages[-1])
