"""What a conversation asks for beyond its last question: instructions before it, a picture in it, facts from earlier turns.

Each reading is a function from messages to text, or None where there is nothing of its kind; the first that answers is
taken, and without any the last question stands alone.  Such answers are the same at any temperature.
"""

import re
from collections.abc import Callable
from typing import Any

from conformance.mock.engine.instructions import followed
from conformance.mock.engine.messages import Messages, prompt_of, text_of
from conformance.mock.engine.pictures import colour_of

INSTRUCTING = ("system", "developer")
OF_A_COLOUR = re.compile(r"\bcolou?rs?\b", re.IGNORECASE)
OF_A_FACT = re.compile(
    r"\bwhat(?:\s+is|'s|\s+was)\s+(?:my|your|the)\s+(?P<thing>[a-z][a-z ]{1,30}?)\s*\?", re.IGNORECASE
)


def understood(messages: Messages) -> str | None:
    """Return the text that the conversation asks for, or None where it leaves the answer open."""
    for reading in READINGS:
        text = reading(messages)
        if text is not None:
            return text
    return followed(prompt_of(messages))


def instructed(messages: Messages) -> str | None:
    """Return what the last system or developer message that tells what to reply wants to hear."""
    wanted = (followed(text_of(message)) for message in reversed(messages) if message["role"] in INSTRUCTING)
    return next((text for text in wanted if text is not None), None)


def seen(messages: Messages) -> str | None:
    """Return the colour of the last picture, where the user asks for a colour."""
    if not OF_A_COLOUR.search(prompt_of(messages)):
        return None
    urls = [part["image_url"]["url"] for message in messages for part in pictures(message)]
    return colour_of(urls[-1]) if urls else None


def pictures(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the image parts of a message."""
    content = message.get("content")
    return [part for part in content if part["type"] == "image_url"] if isinstance(content, list) else []


def recalled(messages: Messages) -> str | None:
    """Return what an earlier message says that the thing is which the last one asks for."""
    question = OF_A_FACT.search(text_of(messages[-1]))
    if not question:
        return None
    thing = re.escape(question["thing"])
    fact = re.compile(rf"\b(?:my|your|the)\s+{thing}\s+is\s+(?P<value>[\w-]+)", re.IGNORECASE)
    found = (fact.search(text_of(message)) for message in reversed(messages[:-1]))
    return next((match["value"] for match in found if match), None)


READINGS: tuple[Callable[[Messages], str | None], ...] = (instructed, seen, recalled)
