"""Sound in messages that is refused."""

from collections.abc import Iterable

from conformance.mock.defects.chat.building.messages import each_part, in_body
from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import invalid_value
from conformance.mock.surfaces.chat.defect import ChatDefect


def no_sound(part: Json) -> Iterable[Json]:
    """Refuse a part that is sound."""
    if part.get("type") == "input_audio":
        raise invalid_value("messages[0].content[1].type", "input_audio", "text or image_url")
    return (part,)


DEFECTS = (
    ChatDefect(
        "refuses_sound",
        "Audio input is refused.",
        claims=("chat.audio.input",),
        body=in_body(each_part(no_sound)),
    ),
)
