"""Defects of versions: what of the header is not looked at."""

from conformance.mock.defects.messages.building.bodies import strict
from conformance.mock.surfaces.messages.answering import VERSION
from conformance.mock.surfaces.messages.defect import Headers, MessagesDefect
from conformance.mock.surfaces.messages.request import FIRST, SECOND


def always_first(headers: Headers) -> Headers:
    """Return the headers with the first version, whatever they name."""
    return {**headers, VERSION: FIRST} if headers.get(VERSION) == SECOND else headers


def first_unless_known(headers: Headers) -> Headers:
    """Return the headers with the first version in the place of an unknown one."""
    return headers if headers.get(VERSION) in (SECOND, None) else {**headers, VERSION: FIRST}


def without_second(headers: Headers) -> Headers:
    """Return the headers with a version that does not exist in the place of the second one."""
    return {**headers, VERSION: "unknown"} if headers.get(VERSION) == SECOND else headers


FEW = 16  # tokens

DEFECTS = (
    MessagesDefect(
        "serves_only_the_first_version",
        "A request in the second version is answered as one in the first.",
        tuple(
            f"messages.version.v2_{name}"
            for name in ("temperature", "top_p", "top_k", "document_in_assistant", "user_citations")
        ),
        headers=always_first,
    ),
    MessagesDefect(
        "takes_any_version",
        "A version that never was is accepted.",
        ("messages.version.unknown",),
        headers=first_unless_known,
    ),
    MessagesDefect(
        "knows_no_second_version", "The second version is refused.", ("messages.version.v2",), headers=without_second
    ),
    MessagesDefect(
        "needs_no_version",
        "A request without a version is answered.",
        ("messages.version.missing",),
        headers=lambda headers: {VERSION: FIRST, **headers},
    ),
    strict(
        "refuses_streams_of_messages",
        "A request for a stream of a few tokens is refused.",
        "messages.version.v1",
        "messages.version.v2",
        "messages.cross.catalogue",
        "messages.auth.x_api_key",
        "messages.max_tokens.stream",
        "messages.stream.cache_counts",
        "messages.stream.text_equal",
        wrong=lambda body: body.get("stream") is True and body.get("max_tokens") == FEW,
    ),
)
