"""Changes that defects of several topics share."""

from conformance.mock.surfaces.gemini.request import GeminiRequest

LONG = "Think of nothing else."  # in a prompt that is longer than another one


def is_long(request: GeminiRequest) -> bool:
    """Return whether a prompt is a long one."""
    return LONG in request.prompt
