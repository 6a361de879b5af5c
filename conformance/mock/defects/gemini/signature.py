"""Defects of signatures."""

from conformance.mock.defects.defect import Json
from conformance.mock.defects.gemini.building import (
    counts_up,
    everywhere,
    of_given_parts,
    of_parts,
    plainly,
    without,
)
from conformance.mock.defects.gemini.building.contents import unchecked
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.gemini import conversation
from conformance.mock.surfaces.gemini.conversation import ANY_SIGNATURE, signature
from conformance.mock.surfaces.gemini.defect import GeminiDefect

UNSIGNED = of_parts(lambda parts: [without(part, "thoughtSignature") for part in parts])


def signed(parts: list[Json]) -> list[Json]:
    """Return parts with a signature at each call."""
    return [
        {**part, "thoughtSignature": signature(without(part["functionCall"], "id"))} if "functionCall" in part else part
        for part in parts
    ]


def refusing_signatures(parts: list[Json]) -> list[Json]:
    """Refuse calls with a signature of a model."""
    if any("functionCall" in part and part.get("thoughtSignature") not in (None, ANY_SIGNATURE) for part in parts):
        raise ApiError("Corrupted thought signature.", param="contents")
    return parts


RESULT = "18 degrees"  # of the call whose signature is changed


def refusing_any_signature(body: Json) -> Json:
    """Refuse the word that stands for any signature."""
    if RESULT in str(body.get("contents")) and ANY_SIGNATURE in str(body.get("contents")):
        raise ApiError("Corrupted thought signature.", param="contents")
    return body


DEFECTS = (
    GeminiDefect(
        "gemini_checks_no_signatures",
        "Signatures are not checked.",
        ("gemini.signature.stripped", "gemini.signature.corrupted"),
        profile=unchecked(conversation.signatures, conversation.signatures_of_first_calls),
    ),
    GeminiDefect(
        "gemini_signs_nothing",
        "No part has a signature.",
        (
            "gemini.signature.present",
            "gemini.signature.stream",
            "gemini.signature.parallel_first",
            "gemini.signature.text_part",
            "gemini.contents.sent_back",
        ),
        kinds=("gemini-3",),
        **everywhere(UNSIGNED),
    ),
    GeminiDefect(
        "gemini_signs_every_call",
        "Each of several calls has a signature.",
        ("gemini.signature.parallel_first",),
        whole=plainly(of_parts(signed)),
    ),
    GeminiDefect(
        "gemini_forgets_signatures",
        "A signature of the endpoint's own is refused.",
        ("gemini.signature.round_trip", "gemini.contents.sent_back"),
        body=of_given_parts(refusing_signatures),
    ),
    GeminiDefect(
        "gemini_breaks_base64",
        "Signatures are no base64.",
        ("gemini.signature.base64",),
        whole=plainly(
            of_parts(lambda parts: [{**p, "thoughtSignature": "***"} if "thoughtSignature" in p else p for p in parts]),
            counts_up,
        ),
    ),
    GeminiDefect(
        "gemini_knows_no_word_for_signatures",
        "The word that stands for any signature is refused.",
        ("gemini.signature.bypass",),
        body=refusing_any_signature,
    ),
)
