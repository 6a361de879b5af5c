"""Messages and caps as this API writes them, for tests of what only this API can say."""

from __future__ import annotations

from typing import Any

from conformance.surfaces.chat.request import ChatCase
from conformance.surfaces.dialogue import THOUGHT

Message = dict[str, Any]


def message(role: str, content: Any) -> Message:
    """Return a message; content is text, a list of parts, or a value that is not allowed."""
    return {"role": role, "content": content}


def brief(case: ChatCase, tokens: int) -> dict[str, Any]:
    """Return a cap for an answer of this many tokens that takes little thought, also of a model that reasons."""
    return {case.traits.cap: tokens + min(case.traits.room, THOUGHT)}
