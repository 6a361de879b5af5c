"""What a conversation asks for beyond its last question: instructions before it, an image in it, facts from earlier turns.

Each reading is a function that returns the answer to a conversation, or None if it does not apply; the first that returns a
text wins, and if none does, only the last question counts.  Such answers are the same at any temperature.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from conformance.mock.engine.images import colour_of
from conformance.mock.engine.instructions import follow, noted
from conformance.mock.engine.messages import Messages, prompt_of, text_of

INSTRUCTION_ROLES = ("system", "developer")
COLOUR_QUESTION = re.compile(r"\bcolou?rs?\b", re.IGNORECASE)
FIRST_IMAGE = re.compile(r"\bfirst (?:picture|image)\b", re.IGNORECASE)
# "What is my THING?", "what's the THING?"; a thing is one to a few lower-case words.
FACT_QUESTION = re.compile(
    r"\bwhat(?:\s+is|'s|\s+was)\s+(?:my|your|the)\s+(?P<thing>[a-z][a-z ]{1,30}?)\s*\?", re.IGNORECASE
)

NOTE_REQUEST = re.compile(r"\brepeat the note\b", re.IGNORECASE)
FLOWERS_REQUEST = re.compile(r"\blist every flower\b", re.IGNORECASE)
# "Which flower did the tool return for PLACE?"
RESULT_QUESTION = re.compile(r"\bflower did the tool return for (?P<place>[A-Z]\w+)")
FLOWER = re.compile(r"\bflower (?:of [^.]{1,40} )?is (?P<name>\w+)", re.IGNORECASE)


def requested_text(messages: Messages) -> str | None:
    """Return the text that the conversation asks for, or None if it leaves the answer open."""
    for reading in READINGS:
        text = reading(messages)
        if text is not None:
            return text
    return follow(prompt_of(messages))


def instructed_text(messages: Messages) -> str | None:
    """Return the text that the last system or developer message with an instruction asks for."""
    wanted = (follow(text_of(message)) for message in reversed(messages) if message["role"] in INSTRUCTION_ROLES)
    return next((text for text in wanted if text is not None), None)


def image_colour(messages: Messages) -> str | None:
    """Return the colour of the last image, or of the first one, if the user asks for that."""
    asked = prompt_of(messages)
    if not COLOUR_QUESTION.search(asked):
        return None
    urls = [part["image_url"]["url"] for message in messages for part in image_parts(message)]
    return colour_of(urls[0 if FIRST_IMAGE.search(asked) else -1]) if urls else None


def image_parts(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the image parts of a message."""
    content = message.get("content")
    return [part for part in content if part["type"] == "image_url"] if isinstance(content, list) else []


def recalled_fact(messages: Messages) -> str | None:
    """Return the word that an earlier message gives for the thing that the last message asks for."""
    question = FACT_QUESTION.search(text_of(messages[-1]))
    if not question:
        return None
    thing = re.escape(question["thing"])
    fact = re.compile(rf"\b(?:my|your|the)\s+{thing}\s+is\s+(?P<value>[\w-]+)", re.IGNORECASE)
    statements = (fact.search(text_of(message)) for message in reversed(messages[:-1]))
    return next((statement["value"] for statement in statements if statement), None)


def repeated_note(messages: Messages) -> str | None:
    """Return the last note in the conversation if the user asks to repeat it."""
    if not NOTE_REQUEST.search(prompt_of(messages)):
        return None
    notes = (noted(text) for message in reversed(messages) for text in (*arguments_of(message), text_of(message)))
    return next((note for note in notes if note is not None), None)


def listed_flowers(messages: Messages) -> str | None:
    """Return every flower that a message names if the user asks for a list of them."""
    if not FLOWERS_REQUEST.search(prompt_of(messages)):
        return None
    return ", ".join(flower["name"] for message in messages for flower in FLOWER.finditer(text_of(message))) or "none"


def flower_of_result(messages: Messages) -> str | None:
    """Return the flower in the result of the call for the place that the user asks about."""
    question = RESULT_QUESTION.search(prompt_of(messages))
    if not question:
        return None
    calls = (call for message in messages for call in message.get("tool_calls") or ())
    asked = {call["id"] for call in calls if question["place"] in call["function"]["arguments"]}
    results = (FLOWER.search(text_of(message)) for message in messages if message.get("tool_call_id") in asked)
    return next((flower["name"] for flower in results if flower), None)


def arguments_of(message: dict[str, Any]) -> Iterator[str]:
    """Yield each argument of a message's calls as NAME: VALUE."""
    for call in message.get("tool_calls") or ():
        try:
            arguments = json.loads(call["function"]["arguments"])
        except ValueError:
            continue
        yield from (f"{name}: {value}" for name, value in arguments.items()) if isinstance(arguments, dict) else ()


READINGS: tuple[Callable[[Messages], str | None], ...] = (
    instructed_text,
    image_colour,
    repeated_note,
    listed_flowers,
    flower_of_result,
    recalled_fact,
)
