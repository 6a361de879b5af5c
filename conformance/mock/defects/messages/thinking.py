"""Defects of thinking: its blocks, its signature, and its settings."""

from dataclasses import replace
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.defects.messages.building.bodies import lax, refuse, where, without
from conformance.mock.defects.messages.building.events import of_delta
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


def has_thinking(kind: str) -> Any:
    """Return whether a body has thinking of this type."""
    return lambda body: isinstance(body.get("thinking"), dict) and body["thinking"].get("type") == kind


def without_thought(request: Any, message: Json) -> Json:
    """Return a message that is billed for one token if it thought."""
    thought = any(block["type"] == "thinking" for block in message["content"])
    usage = {name: value for name, value in message["usage"].items() if name != "output_tokens_details"}
    return {**message, "usage": {**usage, "output_tokens": 1}} if thought else message


def with_lower_budget(body: Json) -> Json:
    """Return a body whose budget of thinking is below its max_tokens, if both are numbers."""
    thinking, cap = body.get("thinking"), body.get("max_tokens")
    budget = thinking.get("budget_tokens") if isinstance(thinking, dict) else None
    if not isinstance(budget, int) or not isinstance(cap, int) or budget < cap:
        return body
    return {**body, "max_tokens": budget + 1}


DEFECTS = (
    MessagesDefect(
        "leaves_thinking_unsigned",
        "The signature of thinking is empty.",
        claims("signed", "round_trip", "display_omitted"),
        message=with_blocks("thinking", lambda block: {**block, "signature": ""}),
    ),
    MessagesDefect("thinks_last", "Thinking comes behind the answer.", claims("first"), message=last),
    MessagesDefect(
        "thinks_in_the_text",
        "The text of an answer begins with the thinking in tags.",
        claims("not_as_text", "tokens"),
        message=as_text,
    ),
    lax(
        "thinks_without_being_asked_to",
        "The parameter thinking is dropped.",
        *claims(
            "enabled",
            "adaptive",
            "between_tools",
            "budget_over_max",
            "budget_below",
            "budget_missing",
            "adaptive_budget",
            "bogus_type",
        ),
        change=without("thinking"),
    ),
    lax(
        "takes_any_signature",
        "The signature of thinking is not looked at.",
        *claims("tampered"),
        reports=("N219",),
        change=where(lambda body: isinstance(body.get("messages"), list), unsigned),
    ),
    lax(
        "thinks_only_with_a_budget",
        "Adaptive thinking is refused.",
        *claims("adaptive"),
        change=refuse(has_thinking("adaptive"), "This is not supported."),
    ),
    lax(
        "thinks_everywhere",
        "Thinking of any type is dropped or replaced by that with the smallest budget.",
        *claims("between_tools"),
        change=where(has_thinking("between_tools"), without("thinking")),
    ),
    lax(
        "cannot_stop_thinking",
        "Thinking cannot be turned off.",
        *claims("disabled"),
        change=refuse(has_thinking("disabled"), "This is not supported."),
    ),
    MessagesDefect(
        "counts_answers_without_thinking",
        "The tokens of thinking are not part of output_tokens.",
        (*claims("tokens"), "messages.effort.effect"),
        message=without_thought,
    ),
    MessagesDefect(
        "shows_thinking_that_is_omitted",
        "Thinking is shown although it is to be omitted.",
        claims("display_omitted"),
        request=lambda request: replace(request, omitted=False),
    ),
    lax(
        "lowers_budgets",
        "A budget of thinking above max_tokens is lowered.",
        *claims("budget_over_max"),
        change=with_lower_budget,
    ),
    MessagesDefect(
        "streams_thinking_without_signature",
        "No signature comes for a thinking block of a stream.",
        ("messages.stream.thinking_deltas", *claims("round_trip", "signed")),
        events=of_delta("signature_delta", lambda event: None),
    ),
)
