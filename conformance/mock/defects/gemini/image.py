"""Defects of pictures in a request."""

from dataclasses import replace

from conformance.mock.defects.defect import Json
from conformance.mock.defects.gemini.building import of_given_parts
from conformance.mock.defects.pictures import with_last_picture
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.request import GeminiRequest


def without_pictures(request: GeminiRequest) -> GeminiRequest:
    """Return a request without pictures."""
    messages = (
        {**each, "content": [part for part in each["content"] if part["type"] != "image_url"]}
        if isinstance(each.get("content"), list)
        else each
        for each in request.messages
    )
    return replace(request, messages=tuple(messages))


def readable(parts: list[Json]) -> list[Json]:
    """Return parts without media in the request that cannot be read."""
    odd = ("%%%", "application/x-conformance")
    return [part for part in parts if not any(word in str(part.get("inlineData")) for word in odd)]


DEFECTS = (
    GeminiDefect(
        "gemini_sees_no_pictures",
        "Pictures do not reach the model.",
        ("gemini.image.inline", "gemini.case.inline_data"),
        request=without_pictures,
    ),
    GeminiDefect(
        "gemini_sees_last_of_several_pictures",
        "Of several pictures in a turn only the last reaches the model.",
        ("gemini.image.inline",),
        request=with_last_picture,
    ),
    GeminiDefect(
        "gemini_drops_unreadable_media",
        "Media that cannot be read are dropped.",
        ("gemini.image.bad_base64", "gemini.image.bad_mime"),
        body=of_given_parts(readable),
    ),
)
