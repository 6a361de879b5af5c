"""Defects of audio input."""

from collections.abc import Iterable

from conformance.mock.defects.chat.building.messages import change_body_messages, change_parts
from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import invalid_value
from conformance.mock.surfaces.chat.defect import ChatDefect


def refuse_audio(part: Json) -> Iterable[Json]:
    """Return a part; raise ApiError if it is audio."""
    if part.get("type") == "input_audio":
        raise invalid_value("messages[0].content[1].type", "input_audio", "text or image_url")
    return (part,)


DEFECTS = (
    ChatDefect(
        "refuses_sound",
        "Audio input is refused.",
        claims=("chat.audio.input",),
        body=change_body_messages(change_parts(refuse_audio)),
    ),
)
