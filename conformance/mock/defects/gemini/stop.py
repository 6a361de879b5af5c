"""Defects of stop sequences."""

from dataclasses import replace

from conformance.mock.defects.gemini.building import checked_by
from conformance.mock.engine.answer import Choice
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


def only_without_streams(request: GeminiRequest) -> GeminiRequest:
    """Return a request whose stop sequences are forgotten if it asks for a stream."""
    return replace(request, stop=()) if request.stream else request


def cut(request: GeminiRequest, choice: Choice) -> Choice:
    """Return an answer that ended at a stop sequence as one that was cut."""
    return choice if choice.stopped_by is None else replace(choice, finish_reason="length")


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
    GeminiDefect(
        "gemini_forgets_stops_in_streams",
        "Stop sequences have no effect on streams.",
        ("gemini.stop.stream", "gemini.stop.every_answer"),
        request=only_without_streams,
    ),
    GeminiDefect(
        "gemini_ends_stopped_answers_with_max_tokens",
        "An answer that ended at a stop sequence ends with MAX_TOKENS.",
        ("gemini.stop.finish_reason",),
        choice=cut,
    ),
)
