"""Changes of finished answers, for the defects of every API."""

from dataclasses import replace

from conformance.mock.engine.answer import Choice
from conformance.mock.engine.request import Request


def without_text_before_calls(request: Request, choice: Choice) -> Choice:
    """Return the choice of a stream without its text, if it has calls as well."""
    return replace(choice, tokens=()) if request.stream and choice.calls else choice
