"""One test over many rows: it fails once, and names every row that is wrong."""

import inspect

import pytest

from tests.support.collecting import over


def test_every_faulty_row_is_named() -> None:
    """With what it raised, whatever that is."""

    @over("number, letter", [(1, "a"), (0, "b"), (2, "c")])
    def check(number: int, letter: str) -> None:
        """Break on b, and find c wrong."""
        assert 1 // number < 2
        assert letter != "c", "it is c"

    with pytest.raises(AssertionError) as failed:
        check()
    lines = str(failed.value).splitlines()
    assert lines[0].endswith("2 of 3 rows:")
    assert [line.split(":")[:2] for line in lines[1:3]] == [["0, b", " ZeroDivisionError"], ["2, c", " AssertionError"]]


def test_what_a_row_does_not_fill_is_a_fixture() -> None:
    """Its value comes from outside, the same for every row."""
    seen = []

    @over("number", [1, 2])
    def check(number: int, fixture: str) -> None:
        """Note what comes."""
        seen.append((number, fixture))

    assert list(inspect.signature(check).parameters) == ["fixture"]
    check(fixture="given")
    assert seen == [(1, "given"), (2, "given")]


def test_no_rows_are_a_mistake() -> None:
    """A check of nothing would always pass."""
    with pytest.raises(AssertionError, match="there are no rows to check"):
        over("number", [])
