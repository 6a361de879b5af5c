"""Changes of what a model answers: its text and its calls."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.mock.engine.answer import Call, Draft


def of_calls(change: Callable[[Call], Call]) -> Callable[[Any, Draft], Draft]:
    """Return the change of every call of an answer."""
    return lambda request, draft: replace(draft, calls=tuple(map(change, draft.calls)))


def of_text(change: Callable[[str], str]) -> Callable[[Any, Draft], Draft]:
    """Return the change of the text of an answer."""
    return lambda request, draft: replace(draft, text=change(draft.text))
