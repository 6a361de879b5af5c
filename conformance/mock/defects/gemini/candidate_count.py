"""Defects of the number of candidates."""

from dataclasses import replace

from conformance.mock.defects.gemini.building import checked_by
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.settings import (
    Number,
)


def least_one(path: str, value: object) -> int:
    """Return a whole number, at least 1 and at most 8."""
    return min(max(int(Number(whole=True)(path, value)), 1), 8)


DEFECTS = (
    GeminiDefect(
        "gemini_takes_any_candidate_count",
        "A candidateCount outside the range is taken, and brought into it.",
        ("gemini.candidate_count.zero", "gemini.candidate_count.nine"),
        profile=checked_by(candidateCount=least_one),
    ),
    GeminiDefect(
        "gemini_answers_once",
        "One candidate comes, however many are asked for.",
        ("gemini.candidate_count.two",),
        request=lambda request: replace(request, n=1),
    ),
)
