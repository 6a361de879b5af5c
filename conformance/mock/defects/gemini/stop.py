"""Defects of stop sequences."""

from dataclasses import replace

from conformance.mock.defects.gemini.building import checked_by
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.request import GeminiRequest
from conformance.mock.surfaces.gemini.settings import (
    stop_sequences,
)


def any_stops(path: str, value: object) -> tuple[str, ...]:
    """Return stop sequences, however many, or the one that a text is."""
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else ()


def few_stops(path: str, value: object) -> tuple[str, ...]:
    """Return at most four stop sequences, without those that come after them."""
    return stop_sequences(path, value)[:4]


def without_stop(request: GeminiRequest) -> GeminiRequest:
    """Return a request whose stop sequences are forgotten."""
    return replace(request, stop=())


DEFECTS = (
    GeminiDefect(
        "gemini_forgets_stops",
        "Stop sequences have no effect.",
        ("gemini.stop.cuts", "gemini.stop.stream", "gemini.stop.five"),
        request=without_stop,
    ),
    GeminiDefect(
        "gemini_takes_any_stops",
        "More than five stop sequences, or a text in place of a list, are taken.",
        ("gemini.stop.six", "gemini.stop.string"),
        profile=checked_by(stopSequences=any_stops),
    ),
    GeminiDefect(
        "gemini_keeps_four_stops",
        "Of five stop sequences the last one is dropped.",
        ("gemini.stop.five",),
        profile=checked_by(stopSequences=few_stops),
    ),
)
