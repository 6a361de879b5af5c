"""Defects of thinking: its blocks, its signature, and its settings."""

from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.defects.messages.building.bodies import lax, where, without
from conformance.mock.defects.messages.building.messages import with_blocks
from conformance.mock.surfaces.messages.defect import MessagesDefect


def claims(*names: str) -> tuple[str, ...]:
    """Return the ids of claims about thinking."""
    return tuple(f"messages.thinking.{name}" for name in names)


def last(request: Any, message: Json) -> Json:
    """Return a message with its thinking behind everything else."""
    return {**message, "content": sorted(message["content"], key=lambda block: block["type"] == "thinking")}


def as_text(request: Any, message: Json) -> Json:
    """Return a message whose text begins with the thinking in tags."""
    thought = "".join(block["thinking"] for block in message["content"] if block["type"] == "thinking")
    return (
        with_blocks("text", lambda block: {**block, "text": f"<thinking>{thought}</thinking>{block['text']}"})(
            request, message
        )
        if thought
        else message
    )


def unsigned(body: Json) -> Json:
    """Return a body without the thinking of earlier turns, so that no signature is looked at."""
    kept = []
    for message in body["messages"]:
        blocks = message["content"] if isinstance(message["content"], list) else None
        left = [block for block in blocks if block.get("type") != "thinking"] if blocks is not None else None
        kept.append(message if left is None else {**message, "content": left})
    return {**body, "messages": kept}


DEFECTS = (
    MessagesDefect(
        "leaves_thinking_unsigned",
        "The signature of thinking is empty.",
        claims("signed"),
        message=with_blocks("thinking", lambda block: {**block, "signature": ""}),
    ),
    MessagesDefect("thinks_last", "Thinking comes behind the answer.", claims("first"), message=last),
    MessagesDefect(
        "thinks_in_the_text",
        "The text of an answer begins with the thinking in tags.",
        claims("not_as_text"),
        message=as_text,
    ),
    lax(
        "thinks_without_being_asked_to",
        "The parameter thinking is dropped.",
        *claims("enabled", "budget_below", "budget_missing", "adaptive_budget", "bogus_type"),
        change=without("thinking"),
    ),
    lax(
        "takes_any_signature",
        "The signature of thinking is not looked at.",
        *claims("tampered"),
        reports=("N219",),
        change=where(lambda body: isinstance(body.get("messages"), list), unsigned),
    ),
)
