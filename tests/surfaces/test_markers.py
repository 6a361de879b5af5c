"""Markers: words by which an answer to another request is recognised."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.surfaces.markers import foreign_markers, marker, markers_in

ONE, OTHER = marker("one"), marker("another")


@given(st.text())
def test_a_marker_follows_from_its_text(text: str) -> None:
    """Five letters and two digits, the same each time, found in whatever stands around them."""
    word = marker(text)
    assert word == marker(text)
    assert re.fullmatch(r"[a-z]{5}\d\d", word)
    assert markers_in(f"He said: {word.upper()}.") == {word}


def test_texts_have_markers_of_their_own() -> None:
    """There are 68,600, so that of 2,000 requests some 30 share one with another, as chance has it."""
    assert 1940 < len({marker(str(number)) for number in range(2000)}) < 1990


@pytest.mark.parametrize(
    "text", ["", "ready", "model gpt41", "tokyo2024", f"x{ONE}", f"{ONE}0", "babab00 babab01 babab02"]
)
def test_other_words_are_none(text: str) -> None:
    """The digits are a checksum; at most one in a hundred words of this shape has the right one."""
    assert markers_in(text) <= {"babab00", "babab01", "babab02"}
    assert len(markers_in(text)) <= 1


def test_a_marker_behind_another_is_found() -> None:
    """As where two answers are run together."""
    assert markers_in(f"{ONE}{OTHER}") == {ONE, OTHER}


def test_a_foreign_marker_is_one_that_the_prompt_does_not_hold() -> None:
    """Nor one that is the prompt's own with a letter or digit misread."""
    assert foreign_markers(f"{ONE} {OTHER}", f"Reply with {ONE}") == {OTHER}
    assert foreign_markers(f"{ONE} {OTHER}", f"{OTHER} and {ONE}") == set()
    assert foreign_markers(OTHER, "") == {OTHER}
    near = next(word for number in range(99_999) if 0 < _apart(word := marker(str(number)), ONE) <= 2)
    assert foreign_markers(near, f"Reply with {ONE}") == set()


def _apart(word: str, other: str) -> int:
    return sum(a != b for a, b in zip(word, other, strict=True))
