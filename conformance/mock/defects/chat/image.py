"""Defects of images and their detail."""

from collections.abc import Callable, Iterable

from conformance.mock.defects.chat.building.messages import change_body_messages, change_checked_messages, change_parts
from conformance.mock.defects.defect import Json
from conformance.mock.defects.pictures import with_last_picture
from conformance.mock.engine.errors import invalid_value
from conformance.mock.surfaces.chat.defect import ChatDefect

DETAILS = (None, "low", "high", "auto")


def without_images(part: Json) -> Iterable[Json]:
    """Return no part for an image, other parts as they are."""
    return () if part["type"] == "image_url" else (part,)


def image_as_text(part: Json) -> Iterable[Json]:
    """Return the URL of an image as a text part, other parts as they are."""
    return ({"type": "text", "text": part["image_url"]["url"]} if part["type"] == "image_url" else part,)


def with_detail(detail: Callable[[str | None], str | None]) -> Callable[[Json], Iterable[Json]]:
    """Return a change of image parts that replaces their detail by what `detail` returns."""

    def part_with(part: Json) -> Iterable[Json]:
        if part.get("type") != "image_url":
            return (part,)
        return ({**part, "image_url": {**part["image_url"], "detail": detail(part["image_url"].get("detail"))}},)

    return part_with


def refuse_low(detail: str | None) -> str | None:
    """Return the detail; raise ApiError if it is low."""
    if detail == "low":
        raise invalid_value("messages[0].content[1].image_url.detail", detail, "high or auto")
    return detail


DEFECTS = (
    ChatDefect(
        "drops_images",
        "Images never reach the model.",
        claims=("chat.image.data_url", "chat.image.tokens", "chat.messages.tool_image"),
        reports=("D341",),
        request=change_checked_messages(change_parts(without_images)),
    ),
    ChatDefect(
        "sends_last_of_several_images",
        "Of several images in a message only the last reaches the model.",
        claims=("chat.image.data_url",),
        reports=("C22",),
        request=with_last_picture,
    ),
    ChatDefect(
        "reads_images_as_text",
        "The URL of an image is passed to the model as text and billed as text.",
        claims=("chat.image.data_url", "chat.image.tokens", "chat.messages.tool_image"),
        reports=("D019",),
        request=change_checked_messages(change_parts(image_as_text)),
    ),
    ChatDefect(
        "refuses_detail_low",
        "An image with detail low is refused.",
        claims=("chat.image.detail",),
        body=change_body_messages(change_parts(with_detail(refuse_low))),
    ),
    ChatDefect(
        "takes_no_detail_as_low",
        "An image without detail is treated as one with detail low.",
        claims=("chat.image.detail_default",),
        body=change_body_messages(change_parts(with_detail(lambda detail: detail or "low"))),
    ),
    ChatDefect(
        "accepts_any_detail",
        "An unknown detail is treated as auto.",
        claims=("chat.image.unknown_detail",),
        kinds=("chat", "reasoning"),
        body=change_body_messages(change_parts(with_detail(lambda detail: detail if detail in DETAILS else "auto"))),
    ),
)
