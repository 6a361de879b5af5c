"""Changes of the pictures in a request, which defects of several surfaces share."""

from dataclasses import replace
from typing import TypeVar

from conformance.mock.engine.request import Request

R = TypeVar("R", bound=Request)


def with_last_picture(request: R) -> R:
    """Return a request with the last picture of each message."""
    return replace(request, messages=tuple(map(_with_last_picture, request.messages)))


def _with_last_picture(message: dict[str, object]) -> dict[str, object]:
    content = message.get("content")
    if not isinstance(content, list):
        return message
    places = [place for place, part in enumerate(content) if part["type"] == "image_url"]
    return {**message, "content": [part for place, part in enumerate(content) if place not in places[:-1]]}
