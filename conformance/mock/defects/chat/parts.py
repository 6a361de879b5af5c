"""Content parts that are dropped, read as something else or not checked."""

from collections.abc import Callable, Iterable

from conformance.mock.defects.chat.conversations import in_body, rewritten
from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import invalid_value
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.messages import PARTS

DETAILS = (None, "low", "high", "auto")


def each_part(change: Callable[[Json], Iterable[Json]]) -> Callable[[Json], Json]:
    """Messages with every part replaced by what the change makes of it."""

    def message_with(message: Json) -> Json:
        content = message.get("content")
        if not isinstance(content, list):
            return message
        return {**message, "content": [new for part in content for new in change(part)]}

    return message_with


def no_images(part: Json) -> Iterable[Json]:
    """Any part but an image."""
    return () if part["type"] == "image_url" else (part,)


def image_as_text(part: Json) -> Iterable[Json]:
    """The address of an image as a text, other parts as they are."""
    return ({"type": "text", "text": part["image_url"]["url"]} if part["type"] == "image_url" else part,)


def known_parts(part: Json) -> Iterable[Json]:
    """Parts of a known type only."""
    return (part,) if part.get("type") in PARTS else ()


def with_detail(detail: Callable[[str | None], str | None]) -> Callable[[Json], Iterable[Json]]:
    """A part whose detail, where it is an image, is what the function makes of it."""

    def part_with(part: Json) -> Iterable[Json]:
        if part.get("type") != "image_url":
            return (part,)
        return ({**part, "image_url": {**part["image_url"], "detail": detail(part["image_url"].get("detail"))}},)

    return part_with


def no_low(detail: str | None) -> str | None:
    """Any detail but low, which is refused."""
    if detail == "low":
        raise invalid_value("messages[0].content[1].image_url.detail", detail, "high or auto")
    return detail


DEFECTS = (
    ChatDefect(
        "drops_images",
        "Image parts never reach the model.",
        claims=("chat.image.data_url", "chat.image.tokens"),
        reports=("D341",),
        request=rewritten(each_part(no_images)),
    ),
    ChatDefect(
        "reads_images_as_text",
        "The address of an image is given to the model as text and billed as such.",
        claims=("chat.image.data_url", "chat.image.tokens"),
        reports=("D019",),
        request=rewritten(each_part(image_as_text)),
    ),
    ChatDefect(
        "refuses_detail_low",
        "An image with detail low is refused.",
        claims=("chat.image.detail",),
        body=in_body(each_part(with_detail(no_low))),
    ),
    ChatDefect(
        "takes_no_detail_as_low",
        "An image without a detail is treated as one with detail low.",
        claims=("chat.image.detail_default",),
        body=in_body(each_part(with_detail(lambda detail: detail or "low"))),
    ),
    ChatDefect(
        "accepts_any_detail",
        "A detail that nobody knows is taken as auto.",
        claims=("chat.image.unknown_detail",),
        kinds=("chat", "reasoning"),
        body=in_body(each_part(with_detail(lambda detail: detail if detail in DETAILS else "auto"))),
    ),
    ChatDefect(
        "drops_unknown_parts",
        "Content parts of a type that nobody knows are left out without a word.",
        claims=("chat.messages.unknown_part",),
        body=in_body(each_part(known_parts)),
    ),
)
