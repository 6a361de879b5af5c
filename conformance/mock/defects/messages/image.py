"""Defects of pictures."""

from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.defects.messages.building.blocks import DOT, without_blocks, without_pictures
from conformance.mock.defects.messages.building.bodies import has_block, lax, of_blocks, of_turns, strict
from conformance.mock.surfaces.messages.content import PICTURES


def source(block: Json, name: str) -> Any:
    """Return a field of the source of a block; None if there is none."""
    held = block.get("source")
    return held.get(name) if isinstance(held, dict) else None


def with_last_picture(message: Json) -> Json:
    """Return a message with the last of its pictures."""
    content = message.get("content")
    if not isinstance(content, list):
        return message
    places = [place for place, block in enumerate(content) if isinstance(block, dict) and block.get("type") == "image"]
    return {**message, "content": [block for place, block in enumerate(content) if place not in places[:-1]]}


def is_picture_in_result(body: Json) -> bool:
    """Return whether a result has a picture."""
    return "'type': 'tool_result'" in str(body.get("messages")) and has_block("image")(body)


DEFECTS = (
    lax(
        "drops_broken_pictures",
        "A picture that is not base64 is dropped.",
        "messages.image.bad",
        change=of_blocks(
            lambda block: DOT if block.get("type") == "image" and " " in str(source(block, "data")) else block
        ),
    ),
    lax(
        "takes_pictures_of_any_type",
        "A picture of any media type is accepted.",
        "messages.image.media_type",
        change=of_blocks(
            lambda block: (
                DOT if block.get("type") == "image" and source(block, "media_type") not in (None, *PICTURES) else block
            )
        ),
    ),
    strict(
        "fetches_no_pictures",
        "A picture at an address is refused.",
        "messages.image.url",
        wrong=lambda body: "'type': 'url'" in str(body.get("messages")),
    ),
    lax(
        "drops_pictures_in_results",
        "A picture in the result of a call never reaches the model.",
        "messages.image.in_tool_result",
        reports=("C37",),
        change=of_blocks(without_pictures),
    ),
    lax(
        "sends_last_of_several_pictures",
        "Of several pictures in a message only the last reaches the model.",
        "messages.image.base64",
        change=of_turns(with_last_picture),
    ),
    lax(
        "drops_pictures",
        "Pictures never reach the model.",
        "messages.image.base64",
        "messages.image.url",
        change=without_blocks("image"),
    ),
    strict(
        "refuses_pictures_in_results",
        "A picture in the result of a call is refused.",
        "messages.image.in_tool_result",
        reports=("N091", "N092"),
        wrong=is_picture_in_result,
    ),
)
